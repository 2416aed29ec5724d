// One task run against real venues: the shell of the engine in real time. The loop brings what the venues say; each step hands one event
// to the engine, makes its answer durable and sends it.
//
// Ownership: clock, desks, engine, journal and observer outlive it. Thread rule: the loop's thread. Between steps the caller runs the loop
// until next_time(), which may come earlier when something arrives.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "engine/bookkeeper.h"
#include "engine/driver.h"
#include "live/link.h"

namespace dn::live {

struct LiveRunOptions {
  Dur dead_man = Dur::seconds(10);  // of a task that does not set its own; zero: off
  bool leave_orders = false;        // what rests at the end may stay: then the dead man's switch must not take it
  std::function<bool()> is_halted;  // the kill switch, looked at before every order; optional
  // Lets leave what was handed to sockets and is not written yet. Called behind the sends of a step, before anything is committed; optional.
  std::function<void()> flush;
};

class LiveRun final : public TaskDriver {
 public:
  LiveRun(const Clock& clock, TaskEngine& engine, Journal& journal, RunObserver& observer, LiveRunOptions options = {});

  // Where the events of a link go. The desks and links are woken by the run. What is sent to a venue without a link is answered as by a venue
  // that cannot be reached.
  Link::Emit emit();
  void use(std::unique_ptr<Link> link) { links_.push_back(std::move(link)); }
  void use(Desk& desk) { desks_.push_back(&desk); }

  Expected<void, JournalError> start(Time now, const std::vector<Event>& known) override;
  Time next_time() const override;
  Expected<void, JournalError> step() override;
  Expected<void, JournalError> inject(const Event& event, Time now) override;
  Expected<void, JournalError> settle() override { return books_.commit(now_); }
  void withdraw() override;
  // Also what has to be put right at the venues behind the task's end is done, or given up.
  bool finished() const override;
  Time now() const override { return now_; }

 private:
  void heard(Event event);
  void look_at_pulse();
  void mind_dead_man();
  bool may_have_resting(Venue venue) const;
  bool leaves_nothing_in_doubt(Venue venue) const;
  Expected<void, JournalError> advance();
  Expected<void, JournalError> handle(const Event& event);
  Expected<void, JournalError> carry_out();
  void send_all();
  void send(const Send& send);
  Link* link_of(const Send& send) const;  // null: no link of its venue
  bool leaves_by_stream(const Send& send) const;
  void refuse_for_halt(const PlaceOrder& order);
  void answer_for_absent(const Send& send);

  const Clock& clock_;
  TaskEngine& engine_;
  RunObserver& observer_;
  Bookkeeper books_;
  LiveRunOptions options_;
  Pulse pulse_;
  Time beat_;  // when it was last looked at
  std::vector<Desk*> desks_;
  std::vector<std::unique_ptr<Link>> links_;  // one a venue
  std::deque<Event> events_;                  // arrived, not yet handed to the engine
  Commands commands_;
  Time now_;
};

}  // namespace dn::live
