#include "app/runner.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "app/event_text.h"
#include "app/standing.h"
#include "app/stopwatch.h"
#include "app/verify.h"

namespace dn::app {
namespace {

constexpr std::int64_t kPollUs = 50'000;         // how often requests of other processes and the kill switch are looked for
constexpr std::int64_t kProgressUs = 200'000;    // how often the progress line is drawn
constexpr std::int64_t kWithdrawUs = 1'000'000;  // how long cancels get that nothing waits for
constexpr int kStepsPerLook = 256;               // without a pace: steps between two looks at the clock

}  // namespace

Runner::Runner(const RunRequest& request, Output& output, Alerts& alerts)
    : request_(request),
      output_(output),
      alerts_(alerts),
      roster_(request_, output, [this](const RunRequest& one, const ToolError& e) { return rescue(one, e, output_, alerts_); }) {}

Expected<RunOutcome, ToolError> Runner::run() {
  auto done = run_to_end();
  if (done) done = check_pages(request_.session.db);
  output_.progress("");
  output_.flush();
  if (!done) {
    withdraw();
    metrics_.settle(output_);
    alerts_.settle(output_);
    return Unexpected{done.error()};
  }
  metrics_.settle(output_);
  alerts_.settle(output_);
  return outcome();
}

Expected<void, ToolError> Runner::run_to_end() {
  auto tasks = roster_.collect();
  if (!tasks) return Unexpected{tasks.error()};
  if (auto held = hold_triggers(*tasks); !held) return held;
  if (auto ready = open_grounds(*tasks); !ready) return ready;
  auto opened = roster_.open(*tasks, *grounds_);
  if (!opened) return Unexpected{opened.error()};
  sessions_ = std::move(*opened);
  for (const auto& s : sessions_) kill_switches_.emplace_back(std::in_place, request_.halt_files, s->record().spec);
  if (auto set = roster_.enter_portfolio(names(), names()); !set) return set;
  tell_of(names());
  if (auto done = begin_all(); !done) return done;
  if (auto done = open_watches(); !done) return done;
  for (;;) {
    if (auto done = begin_waiting(); !done) return done;
    if (auto done = retire_triggered(); !done) return done;
    Session* next = soonest();
    TriggerWatch* watch = soonest_watch();
    if (watch != nullptr && (next == nullptr || left_us(*watch) <= left_us(*next))) {
      if (auto done = mind(*watch); !done) return done;
      continue;
    }
    if (next == nullptr && (is_late() || !someone_waits())) return give_up_places();
    if (next == nullptr) {
      if (auto looked = look(kPollUs); !looked) return looked;
      continue;
    }
    auto due = wait_for(left_us(*next), next);
    if (!due) return Unexpected{due.error()};
    if (!*due || next->finished()) continue;
    if (auto stepped = next->step(); !stepped) return Unexpected{of_task(stepped.error(), next->record().spec.name, next->run_id())};
    stepped_ = true;
    places_may_be_free_ = places_may_be_free_ || next->finished();
  }
}

void Runner::drop(std::size_t i) {
  sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(i));
  kill_switches_.erase(kill_switches_.begin() + static_cast<std::ptrdiff_t>(i));
  if (i < begun_) --begun_;
}

std::vector<std::string> Runner::names() const {
  std::vector<std::string> out;
  for (const auto& s : sessions_) out.push_back(s->record().spec.name);
  return out;
}

void Runner::withdraw() {
  if (!grounds_ || !grounds_->now() || begun_ == 0) return;
  for (const auto& s : begun()) s->withdraw();
  for (const std::int64_t end = real_us() + kWithdrawUs; real_us() < end;) grounds_->wait(kPollUs);
}

std::int64_t Runner::left_us(const Session& s) const {
  const Time next = s.next_time();
  if (next.is_never()) return INT64_MAX;
  if (const auto present = grounds_->now()) return (next - *present).us;
  return paced_us(next - s.paced_from());
}

std::int64_t Runner::paced_us(Dur ahead) const {
  if (!request_.speed) return ahead.us;  // only their order counts
  return static_cast<std::int64_t>(Decimal(ahead.us).divided_by(*request_.speed, 0, Rounding::Zero).mantissa()) - (real_us() - began_us_);
}

Session* Runner::soonest() {
  Session* best = nullptr;
  std::int64_t least = 0;
  for (const auto& s : begun()) {
    if (s->finished()) continue;
    const std::int64_t left = left_us(*s);
    if (best == nullptr || left < least) best = s.get();
    if (best == s.get()) least = left;
  }
  return best;
}

Expected<bool, ToolError> Runner::wait_for(std::int64_t left, const Session* next) {
  // Before every step, whatever the pace. On real venues every order looks for the switch itself, and `look` does for what rests.
  if (!grounds_->live()) {
    if (auto done = mind_kill_switch(next); !done) return Unexpected{done.error()};
  }
  const bool paced = request_.speed || grounds_->now();
  if (!paced) {
    if (++steps_ % kStepsPerLook == 0) {
      if (auto looked = look(0); !looked) return Unexpected{looked.error()};
    }
    return true;
  }
  if (left <= 0 && real_us() < next_look_us_) {
    // What has arrived is acted upon first; the sockets have their turn after that, and at once where nothing is to be done.
    if (std::exchange(stepped_, false)) grounds_->wait(0);
    return true;
  }
  if (auto looked = look(std::clamp<std::int64_t>(left, 0, kPollUs)); !looked) return Unexpected{looked.error()};
  return left <= 0;
}

Expected<void, ToolError> Runner::mind_kill_switch(const Session* only) {
  for (std::size_t i = 0; i < begun_; ++i) {
    if (only != nullptr && sessions_[i].get() != only) continue;
    if (!sessions_[i]->is_running()) continue;
    const std::string* file = kill_switches_[i] ? kill_switches_[i]->pulled() : nullptr;
    if (file == nullptr) continue;
    const Reason why(reason_of_halt(*file));
    kill_switches_[i].reset();
    if (auto done = sessions_[i]->inject(HaltTask{Code("halt_file"), why}); !done) return done;
  }
  return {};
}

Expected<void, ToolError> Runner::mind_stray_halts() {
  const std::vector<std::string> stray = stray_halts(request_.halt_files);
  if (stray.empty()) return {};
  for (std::size_t i = 0; i < begun_; ++i) {
    if (!kill_switches_[i] || !sessions_[i]->is_running()) continue;
    kill_switches_[i].reset();
    const HaltTask halt{Code("halt_file"), Reason(reason_of_halt(stray.front()) + " (not HALT, not HALT-<venue>: it halts everything)")};
    if (auto done = sessions_[i]->inject(halt); !done) return done;
  }
  return {};
}

Expected<void, ToolError> Runner::look(std::int64_t wait_us) {
  // Not beyond the next look: what arrives meanwhile is acted upon before anything else is looked at.
  const bool waited = grounds_->wait(std::clamp<std::int64_t>(next_look_us_ - real_us(), 0, wait_us));
  stepped_ = false;
  const std::int64_t now = real_us();
  if (waited && now < next_look_us_) return {};
  for (const int signal : signals_.wait(waited ? 0 : wait_us)) {
    if (auto done = on_signal(signal); !done) return done;
  }
  if (now < next_look_us_) return {};
  next_look_us_ = now + kPollUs;
  if (auto done = mind_stray_halts(); !done) return done;
  if (auto done = mind_kill_switch(nullptr); !done) return done;
  alerts_.tell(output_);
  metrics_.tell(output_);
  show_life();
  places_may_be_free_ = true;
  for (const auto& s : begun()) {
    if (auto polled = s->poll_requests(); !polled) return polled;
  }
  if (now >= next_progress_us_) {
    next_progress_us_ = now + kProgressUs;
    std::string line;
    for (const auto& s : sessions_) line += (line.empty() ? "" : " | ") + s->progress_line();
    output_.progress(line);
    output_.flush();
  }
  return {};
}

void Runner::show_life() {
  if (!heartbeat_.is_due(real_us())) return;
  if (begun_ < sessions_.size() || sessions_.empty()) {
    for (const std::string& task : roster_.held()) heartbeat_.touch(task);
  }
  for (const auto& s : begun()) {
    if (!s->finished()) heartbeat_.touch(s->record().spec.name);
  }
}

Expected<void, ToolError> Runner::on_signal(int signal) {
  if (signal == SIGHUP) return reload();
  const ExitCode code = signal == SIGINT ? ExitCode::Interrupted : ExitCode::Terminated;
  output_.message(interrupted_ ? "a second signal: what is proven is saved, the rest is the next run's"
                               : "a signal: cancelling what rests, proving, saving (once more to stop at once)");
  interrupted_ = true;
  signalled_ = code;
  for (const auto& s : begun()) {
    if (auto done = s->inject(Drain{code, request_.session.leave_orders}); !done) return done;
  }
  return {};
}

Expected<void, ToolError> Runner::reload() {
  auto read = read_files(request_.files);
  if (!read) {
    output_.message("reload refused: " + read.error().message);
    return {};
  }
  if (read->portfolio) {
    roster_.use(read->portfolio->limits);
    if (auto set = roster_.enter_portfolio(names(), {}); !set) return set;
  }
  for (const TriggerSource& source : read->triggers) {
    for (const auto& w : watches_) {
      if (w->reload(source)) break;
    }
  }
  for (const TaskSource& source : read->tasks) {
    for (const auto& s : begun()) {
      if (s->record().spec.name != source.spec.name) continue;
      if (auto done = s->reload(source); !done) return done;
    }
  }
  return {};
}

void Runner::add(RunOutcome& out, const Session& s) {
  out.code = worse(out.code, s.exit_code());
  out.json.push_back(s.summary_json());
  out.text.push_back(s.summary_text());
  if (std::string t = s.trouble(); !t.empty()) out.trouble.push_back(std::move(t));
}

RunOutcome Runner::outcome() const {
  RunOutcome out = retired_;
  for (const auto& s : sessions_) add(out, *s);
  if (!watches_.empty() && signalled_) out.code = worse(out.code, *signalled_);
  if (!watches_.empty() && out.json.empty() && out.code == ExitCode::Ok) out.code = ExitCode::Waiting;
  if (signalled_ && someone_waits()) out.code = worse(out.code, *signalled_);  // those that had begun carry it themselves
  for (const auto& [task, e] : roster_.left_out()) out.code = worse(out.code, e.code);
  return out;
}

}  // namespace dn::app
