#include "sim/task_run.h"

#include <algorithm>

namespace dn::sim {

TaskRun::TaskRun(World& world, TaskEngine& engine, Journal& journal, RunObserver& observer)
    : world_(world), engine_(engine), observer_(observer), books_(engine, journal, observer) {}

Expected<void, JournalError> TaskRun::start(Time now, const std::vector<Event>& known) {
  now_ = now;
  commands_.clear();
  engine_.start(now_, commands_, known);
  if (auto done = carry_out(); !done || crashed_) return done;
  return books_.commit(now_);
}

Time TaskRun::next_event() const { return std::min(world_.next_time(), engine_.next_deadline()); }

Time TaskRun::next_time() const {
  if (engine_.finished()) return Time::never();
  return std::max(now_, std::min(next_event(), books_.due()));
}

Expected<void, JournalError> TaskRun::step() {
  const Time due = next_time();
  if (books_.due() <= due && books_.due() < next_event()) {
    now_ = due;
    return books_.commit(now_);
  }
  if (world_.next_time() <= due) {
    const std::optional<Event> heard = world_.advance();
    now_ = std::max(now_, world_.now());
    return heard ? handle(*heard, now_) : Expected<void, JournalError>();
  }
  return handle(Wake{}, due);
}

Expected<void, JournalError> TaskRun::inject(const Event& event, Time now) {
  if (auto done = handle(event, std::max(now, now_)); !done || crashed_) return done;
  return books_.commit(now_);
}

Expected<void, JournalError> TaskRun::handle(const Event& event, Time now) {
  now_ = now;
  commands_.clear();
  observer_.heard(now_, event);
  engine_.handle(now_, event, commands_);
  return carry_out();
}

// What the sends need is durable first (engine/bookkeeper.h); then they leave, in order. A drawn crash ends it anywhere: before the first, behind each of
// the sends, or when all have left and what waits is not committed.
Expected<void, JournalError> TaskRun::carry_out() {
  observer_.after_handle(now_, engine_, commands_);
  if (commands_.empty()) return books_.before_sends(now_, commands_);
  const std::optional<int> crash = world_.draw_crash(commands_.sends.size() + 1, now_);
  if (crash) crashed_ = true;
  if (crash == -1) return {};
  if (auto done = books_.before_sends(now_, commands_); !done) return done;
  if (!send_all(crash)) return {};
  return books_.after_sends(now_);
}

// False: the crash came while they were sent, or right behind the last one.
bool TaskRun::send_all(std::optional<int> crash) {
  int sent = 0;
  for (const Send& send : commands_.sends) {
    if (crash && sent++ == *crash) return false;
    observer_.sending(now_, send);
    world_.send(send, now_);
  }
  if (!commands_.sends.empty()) observer_.sent(now_);
  return !crash || *crash > sent;
}

}  // namespace dn::sim
