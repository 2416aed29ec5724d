// One task run against its world: the shell of the engine in virtual time. Paper trading, replay and the simulated
// lives of tests are this same loop.
#pragma once

#include <optional>

#include "engine/bookkeeper.h"
#include "engine/driver.h"
#include "sim/world.h"

namespace dn::sim {

class TaskRun final : public TaskDriver {
 public:
  // All are borrowed and outlive the run. `engine` is not started yet.
  TaskRun(World& world, TaskEngine& engine, Journal& journal, RunObserver& observer);

  // `now` >= world.now().
  Expected<void, JournalError> start(Time now, const std::vector<Event>& known = {}) override;
  // The world's or the engine's next moment.
  Time next_time() const override;
  Expected<void, JournalError> step() override;
  Expected<void, JournalError> inject(const Event& event, Time now) override;
  Expected<void, JournalError> settle() override { return books_.commit(now_); }

  bool finished() const override { return engine_.finished(); }
  bool crashed() const override { return crashed_; }
  Time now() const override { return now_; }

 private:
  Expected<void, JournalError> handle(const Event& event, Time now);
  Expected<void, JournalError> carry_out();
  Time next_event() const;
  bool send_all(std::optional<int> crash);

  World& world_;
  TaskEngine& engine_;
  RunObserver& observer_;
  Bookkeeper books_;
  Commands commands_;
  Time now_;
  bool crashed_ = false;
};

}  // namespace dn::sim
