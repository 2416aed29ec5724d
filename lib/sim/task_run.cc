#include "sim/task_run.h"

#include <algorithm>

#include "model/intents.h"

namespace dn::sim {

TaskRun::TaskRun(World& world, TaskEngine& engine, Journal& journal, RunObserver& observer)
    : world_(world), engine_(engine), journal_(journal), observer_(observer) {}

Expected<void, JournalError> TaskRun::start(Time now, const std::vector<Event>& known) {
  now_ = now;
  commands_.clear();
  engine_.start(now_, commands_, known);
  return carry_out();
}

Time TaskRun::next_time() const {
  if (engine_.finished()) return Time::never();
  return std::max(now_, std::min(world_.next_time(), engine_.next_deadline()));
}

Expected<void, JournalError> TaskRun::step() {
  const Time due = next_time();
  if (world_.next_time() <= due) {
    const std::optional<Event> heard = world_.advance();
    now_ = std::max(now_, world_.now());
    return heard ? handle(*heard, now_) : Expected<void, JournalError>();
  }
  return handle(Wake{}, due);
}

Expected<void, JournalError> TaskRun::inject(const Event& event, Time now) { return handle(event, std::max(now, now_)); }

Expected<void, JournalError> TaskRun::handle(const Event& event, Time now) {
  now_ = now;
  commands_.clear();
  observer_.heard(now_, event);
  engine_.handle(now_, event, commands_);
  return carry_out();
}

// Durable first, then sent, in order. Where the intents of quotes are durable by themselves, the rest of their step follows. A drawn crash ends it
// anywhere: before the first, behind each of the sends, or at the end of both.
Expected<void, JournalError> TaskRun::carry_out() {
  observer_.after_handle(now_, engine_, commands_);
  if (commands_.empty()) return {};
  const bool can_follow = can_follow_sends(commands_.journal);
  const std::optional<int> crash = world_.draw_crash(commands_.sends.size() + (can_follow ? 1 : 0), now_);
  if (crash) crashed_ = true;
  if (crash == -1) return {};
  const bool promised = can_follow && journal_.promise(engine_.record(), commands_.journal);
  if (promised) {
    observer_.promised(now_, engine_, commands_);
    if (!send_all(crash)) return {};
  }
  if (!commands_.journal.empty()) {
    if (auto done = journal_.commit(engine_.record(), commands_.journal); !done) return done;
  }
  observer_.committed(now_, engine_, commands_);
  if (!promised) (void)send_all(crash);
  return {};
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
