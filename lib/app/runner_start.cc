// How the tasks of a run begin, one after the other, and those that wait for a place.
#include <csignal>

#include "app/runner.h"

namespace dn::app {
namespace {

constexpr int kStepsOfOthers = 32;  // while a task starts: steps of those that have begun, in one go

std::string what_it_trades_on(const RunRequest& request) {
  if (request.live)
    return request.live->orders ? "live: orders go to the venues" : "paper: the venues' real prices, simulated fills; no order leaves this machine";
  if (request.paper.replay_dir) return "paper: recorded prices, simulated fills; no order leaves this machine";
  return "paper: made-up prices that suit every task, simulated fills; what it earns here says nothing of the real market";
}

}  // namespace

Expected<void, ToolError> Runner::begin_all() {
  began_us_ = real_us();
  while (begun_ < sessions_.size() && !interrupted_) {
    auto one = begin(begun_);
    if (!one && !interrupted_) return Unexpected{one.error()};
    if (one && *one) ++begun_;
    if (auto done = mind_stray_halts(); !done) return done;
    if (auto done = tend(); !done) return done;
  }
  while (sessions_.size() > begun_) drop(begun_);  // a signal came before their turn
  grounds_->begun();
  began_us_ = real_us();
  return {};
}

Expected<void, ToolError> Runner::tend() {
  if (!grounds_->now()) return {};
  for (int i = 0; i < kStepsOfOthers; ++i) grounds_->wait(0);  // what was paid for from a venue's budget leaves now, not later together with other things
  for (int i = 0; i < kStepsOfOthers; ++i) {
    Session* next = soonest();
    if (next == nullptr || left_us(*next) > 0) break;
    auto due = wait_for(left_us(*next), next);
    if (!due) return Unexpected{due.error()};
    if (!*due || next->finished()) continue;
    if (auto stepped = next->step(); !stepped) return Unexpected{of_task(stepped.error(), next->record().spec.name, next->run_id())};
    places_may_be_free_ = places_may_be_free_ || next->finished();
  }
  return look(0);
}

std::optional<ExitCode> Runner::while_waiting() {
  show_life();
  if (begun_ > 0) {
    if (auto done = tend(); !done) trouble_ = done.error();
    if (trouble_) return trouble_->code;
    return interrupted_ ? signalled_ : std::nullopt;
  }
  for (const int signal : signals_.wait(0)) {
    if (signal != SIGHUP && !start_ended_) start_ended_ = signal == SIGINT ? ExitCode::Interrupted : ExitCode::Terminated;
  }
  return start_ended_;
}

Expected<bool, ToolError> Runner::begin(std::size_t i) {
  const bool in_real_time = request_.speed || grounds_->now();
  auto started = sessions_[i]->start(in_real_time ? Dur::micros(real_us() - began_us_) : Dur{});
  if (trouble_) return Unexpected{*trouble_};
  if (started && interrupted_) {
    if (auto done = sessions_[i]->inject(Drain{*signalled_, request_.session.leave_orders}); !done) return Unexpected{done.error()};
  }
  if (started) return true;
  const std::string name = sessions_[i]->record().spec.name;
  const ToolError why = of_task(started.error(), name, sessions_[i]->run_id());
  if (!Roster::is_its_own(why) || (watches_.empty() && sessions_.size() + roster_.left_out().size() == 1)) return Unexpected{why};
  drop(i);
  roster_.leave_out(name, why);
  if (sessions_.empty() && watches_.empty()) return Unexpected{roster_.first_trouble()};
  return false;
}

Expected<void, ToolError> Runner::begin_waiting() {
  if (!std::exchange(places_may_be_free_, false) || is_late()) return {};
  for (std::size_t i = 0; i < sessions_.size();) {
    const bool waits = sessions_[i]->waits_for_place();
    const auto begun = waits ? begin(i) : Expected<bool, ToolError>(true);
    if (!begun && interrupted_) {
      drop(i);  // a signal came meanwhile
      continue;
    }
    if (!begun) return Unexpected{begun.error()};
    if (*begun && sessions_[i]->waits_for_place()) return {};
    if (*begun) ++i;
  }
  return {};
}

bool Runner::someone_waits() const {
  return std::any_of(sessions_.begin(), sessions_.end(), [](const auto& s) { return s->waits_for_place(); });
}

bool Runner::is_late() const {
  const std::int64_t budget = request_.session.max_runtime.us;
  return interrupted_ || request_.session.max_cycles > 0 || (budget > 0 && real_us() - began_us_ >= budget);
}

Expected<void, ToolError> Runner::give_up_places() {
  for (const auto& s : sessions_) {
    if (!s->waits_for_place()) continue;
    if (auto told = s->give_up_place(); !told) return told;
  }
  return {};
}

Expected<void, ToolError> Runner::open_grounds(const Roster::Tasks& tasks) {
  std::vector<TaskSource> sources;
  for (const auto& [source, from_file] : tasks) sources.push_back(source);
  for (TaskSource& source : trigger_tasks(roster_.triggers())) sources.push_back(std::move(source));
  auto grounds = make_grounds(request_, sources, output_, [this] { return while_waiting(); });
  if (!grounds) return Unexpected{grounds.error()};
  grounds_ = std::move(*grounds);
  if (grounds_->now()) output_.never_wait();
  if (!request_.session.errand) output_.message(what_it_trades_on(request_));
  return {};
}

}  // namespace dn::app
