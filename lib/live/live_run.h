// One task run against real venues: the shell of the engine in real time. The loop brings what the venues say; each step hands one event
// to the engine, makes its answer durable and sends it.
//
// Ownership: clock, desks, engine, journal and observer outlive it. Thread rule: the loop's thread. Between steps the caller runs the loop
// until next_time(), which may come earlier when something arrives.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/driver.h"
#include "live/link.h"

namespace dn::live {

class LiveRun final : public TaskDriver {
 public:
  LiveRun(const Clock& clock, TaskEngine& engine, Journal& journal, RunObserver& observer);

  // Where the events of a link go. The desks and links are woken by the run. What is sent to a venue without a link is answered as by a venue
  // that cannot be reached.
  Link::Emit emit();
  void use(std::unique_ptr<Link> link) { links_.push_back(std::move(link)); }
  void use(Desk& desk) { desks_.push_back(&desk); }

  Expected<void, JournalError> start(Time now, const std::vector<Event>& known) override;
  Time next_time() const override;
  Expected<void, JournalError> step() override;
  Expected<void, JournalError> inject(const Event& event, Time now) override;
  void withdraw() override;
  bool finished() const override { return engine_.finished(); }
  Time now() const override { return now_; }

 private:
  void heard(Event event);
  Expected<void, JournalError> handle(const Event& event);
  Expected<void, JournalError> carry_out();
  void send(const Send& send);
  void answer_for_absent(const Send& send);

  const Clock& clock_;
  TaskEngine& engine_;
  Journal& journal_;
  RunObserver& observer_;
  std::vector<Desk*> desks_;
  std::vector<std::unique_ptr<Link>> links_;  // one a venue
  std::deque<Event> events_;                  // arrived, not yet handed to the engine
  Commands commands_;
  Time now_;
};

}  // namespace dn::live
