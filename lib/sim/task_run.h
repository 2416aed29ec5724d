// One task run against its world: the shell of the engine in virtual time. Paper trading, replay and the simulated
// lives of tests are this same loop.
#pragma once

#include <optional>

#include "engine/task.h"
#include "model/task_record.h"
#include "sim/world.h"

namespace dn::sim {

// Told what happens, in the order in which it happens. All calls are made during TaskRun::step.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void heard(Time /*now*/, const Event& /*event*/) {}
  // The engine answered; nothing is durable or sent yet.
  virtual void after_handle(Time /*now*/, const TaskEngine& /*engine*/, const Commands& /*commands*/) {}
  // `commands` are durable; they will be sent now.
  virtual void committed(Time /*now*/, const TaskEngine& /*engine*/, const Commands& /*commands*/) {}
  virtual void sending(Time /*now*/, const Send& /*send*/) {}
};

class TaskRun {
 public:
  // All are borrowed and outlive the run. `engine` is not started yet.
  TaskRun(World& world, TaskEngine& engine, Journal& journal, RunObserver& observer);

  // The engine's first step; `now` >= world.now().
  Expected<void, JournalError> start(Time now);
  // When the next step is due: the world's or the engine's next moment. never() when the engine has finished.
  Time next_time() const;
  // Carries out what is due at next_time().
  Expected<void, JournalError> step();
  // An event from outside the world (a person, a signal, the end of the budget), as of `now`.
  Expected<void, JournalError> inject(const Event& event, Time now);

  bool finished() const { return engine_.finished(); }
  // Set by a drawn crash: the process would be dead now; nothing more must be called.
  bool crashed() const { return crashed_; }
  Time now() const { return now_; }

 private:
  Expected<void, JournalError> handle(const Event& event, Time now);
  Expected<void, JournalError> carry_out();

  World& world_;
  TaskEngine& engine_;
  Journal& journal_;
  RunObserver& observer_;
  Commands commands_;
  Time now_;
  bool crashed_ = false;
};

}  // namespace dn::sim
