#include "app/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <span>

#include "app/control.h"
#include "app/event_text.h"
#include "app/halt_files.h"
#include "app/heartbeat.h"
#include "app/plan_run.h"
#include "app/roster.h"
#include "app/signals.h"
#include "app/standing.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::int64_t kPollUs = 50'000;         // how often requests of other processes and the kill switch are looked for
constexpr std::int64_t kProgressUs = 200'000;    // how often the progress line is drawn
constexpr std::int64_t kWithdrawUs = 1'000'000;  // how long cancels get that nothing waits for
constexpr int kStepsPerLook = 256;               // without a pace: steps between two looks at the clock
constexpr int kStepsOfOthers = 32;               // while a task starts: steps of those that have begun, in one go

std::int64_t real_us() { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

ToolError rescue(const RunRequest& request, ToolError e, Output& output, Alerts& alerts);

std::string what_it_trades_on(const RunRequest& request) {
  if (request.live)
    return request.live->orders ? "live: orders go to the venues" : "paper: the venues' real prices, simulated fills; no order leaves this machine";
  if (request.paper.replay_dir) return "paper: recorded prices, simulated fills; no order leaves this machine";
  return "paper: made-up prices that suit every task, simulated fills; what it earns here says nothing of the real market";
}

// The sessions of a run and what drives them.
class Runner {
 public:
  Runner(const RunRequest& request, Output& output, Alerts& alerts)
      : request_(request),
        output_(output),
        alerts_(alerts),
        roster_(request, output, [this](const RunRequest& one, const ToolError& e) { return rescue(one, e, output_, alerts_); }) {}

  Expected<RunOutcome, ToolError> run() {
    auto done = run_to_end();
    output_.progress("");
    output_.flush();
    if (!done) {
      withdraw();
      alerts_.settle(output_);
      return Unexpected{done.error()};
    }
    alerts_.settle(output_);
    return outcome();
  }

 private:
  Expected<void, ToolError> run_to_end() {
    auto tasks = roster_.collect();
    if (!tasks) return Unexpected{tasks.error()};
    if (auto ready = open_grounds(*tasks); !ready) return ready;
    auto opened = roster_.open(*tasks, *grounds_);
    if (!opened) return Unexpected{opened.error()};
    sessions_ = std::move(*opened);
    for (const auto& s : sessions_) kill_switches_.emplace_back(std::in_place, request_.halt_files, s->record().spec);
    if (auto set = roster_.enter_portfolio(names(), true); !set) return set;
    watch_alerts();
    if (auto done = begin_all(); !done) return done;
    for (;;) {
      if (auto done = begin_waiting(); !done) return done;
      Session* next = soonest();
      if (next == nullptr && (is_late() || !someone_waits())) return give_up_places();
      if (next == nullptr) {
        if (auto looked = look(kPollUs); !looked) return looked;
        continue;
      }
      auto due = wait_for(*next);
      if (!due) return Unexpected{due.error()};
      if (!*due || next->finished()) continue;
      if (auto stepped = next->step(); !stepped) return stepped;
      places_may_be_free_ = places_may_be_free_ || next->finished();
    }
  }

  // One after the other, and those that have begun do not wait for the rest.
  Expected<void, ToolError> begin_all() {
    began_us_ = real_us();
    while (begun_ < sessions_.size() && !interrupted_) {
      auto one = begin(begun_);
      if (!one && !interrupted_) return Unexpected{one.error()};
      if (one && *one) ++begun_;
      if (auto done = mind_stray_halts(); !done) return done;
      if (auto done = tend(); !done) return done;
    }
    while (sessions_.size() > begun_) drop(begun_);  // a signal came before their turn
    began_us_ = real_us();
    return {};
  }

  // What is due of the sessions that have begun, in real time; others wait until all have.
  Expected<void, ToolError> tend() {
    if (!grounds_->now()) return {};
    for (int i = 0; i < kStepsOfOthers; ++i) grounds_->wait(0);  // what was paid for from a venue's budget leaves now, not later together with other things
    for (int i = 0; i < kStepsOfOthers; ++i) {
      Session* next = soonest();
      if (next == nullptr || left_us(*next) > 0) break;
      auto due = wait_for(*next);
      if (!due) return Unexpected{due.error()};
      if (!*due || next->finished()) continue;
      if (auto stepped = next->step(); !stepped) return stepped;
      places_may_be_free_ = places_may_be_free_ || next->finished();
    }
    return look(0);
  }

  // Asked all along while a venue is waited for. The code of what ends the wait, if anything does.
  std::optional<ExitCode> while_waiting() {
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

  std::span<const std::unique_ptr<Session>> begun() const { return {sessions_.data(), begun_}; }

  void drop(std::size_t i) {
    sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(i));
    kill_switches_.erase(kill_switches_.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < begun_) --begun_;
  }

  // Starts a session. False: it is left out, and another one stands in its place.
  Expected<bool, ToolError> begin(std::size_t i) {
    const bool in_real_time = request_.speed || grounds_->now();
    auto started = sessions_[i]->start(in_real_time ? Dur::micros(real_us() - began_us_) : Dur{});
    if (trouble_) return Unexpected{*trouble_};
    if (started && interrupted_) {
      if (auto done = sessions_[i]->inject(Drain{*signalled_, request_.session.leave_orders}); !done) return Unexpected{done.error()};
    }
    if (started) return true;
    const std::string name = sessions_[i]->record().spec.name;
    if (!Roster::is_its_own(started.error()) || sessions_.size() + roster_.left_out().size() == 1) return Unexpected{started.error()};
    drop(i);
    roster_.leave_out(name, started.error());
    if (sessions_.empty()) return Unexpected{roster_.first_trouble()};
    return false;
  }

  // Tasks that wait for a place in the portfolio begin as soon as one is free, in the order of the files.
  Expected<void, ToolError> begin_waiting() {
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

  bool someone_waits() const {
    return std::any_of(sessions_.begin(), sessions_.end(), [](const auto& s) { return s->waits_for_place(); });
  }

  bool is_late() const {
    const std::int64_t budget = request_.session.max_runtime.us;
    return interrupted_ || request_.session.max_cycles > 0 || (budget > 0 && real_us() - began_us_ >= budget);
  }

  Expected<void, ToolError> give_up_places() {
    for (const auto& s : sessions_) {
      if (!s->waits_for_place()) continue;
      if (auto told = s->give_up_place(); !told) return told;
    }
    return {};
  }

  // Before the first step, so that nothing of this run is missed.
  void watch_alerts() { alerts_.watch(names(), output_); }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& s : sessions_) out.push_back(s->record().spec.name);
    return out;
  }

  // The disk fails, or something else ends the run; the venues may not: what rests is asked to go, and the requests get the time to leave.
  void withdraw() {
    if (!grounds_ || !grounds_->now() || begun_ == 0) return;
    for (const auto& s : begun()) s->withdraw();
    for (const std::int64_t end = real_us() + kWithdrawUs; real_us() < end;) grounds_->wait(kPollUs);
  }

  Expected<void, ToolError> open_grounds(const Roster::Tasks& tasks) {
    std::vector<TaskSource> sources;
    for (const auto& [source, from_file] : tasks) sources.push_back(source);
    auto grounds = make_grounds(request_, sources, output_, [this] { return while_waiting(); });
    if (!grounds) return Unexpected{grounds.error()};
    grounds_ = std::move(*grounds);
    if (grounds_->now()) output_.never_wait();
    if (!request_.session.errand) output_.message(what_it_trades_on(request_));
    return {};
  }

  // Real time until a session's next step is due; 0 or less: now.
  std::int64_t left_us(const Session& s) const {
    const Time next = s.next_time();
    if (next.is_never()) return INT64_MAX;
    if (const auto present = grounds_->now()) return (next - *present).us;
    const Dur ahead = next - s.started();
    if (!request_.speed) return ahead.us;  // only their order counts
    return static_cast<std::int64_t>(Decimal(ahead.us).divided_by(*request_.speed, 0, Rounding::Zero).mantissa()) - (real_us() - began_us_);
  }

  Session* soonest() {
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

  // Waits for a while at most, and looks at signals, requests and the kill switch. True when the session's step is due; false when it is
  // time to see whose step is next.
  Expected<bool, ToolError> wait_for(const Session& next) {
    if (auto done = mind_kill_switch(&next); !done) return Unexpected{done.error()};  // before every step, whatever the pace
    const bool paced = request_.speed || grounds_->now();
    if (!paced) {
      if (++steps_ % kStepsPerLook == 0) {
        if (auto looked = look(0); !looked) return Unexpected{looked.error()};
      }
      return true;
    }
    const std::int64_t left = left_us(next);
    if (left <= 0 && real_us() < next_look_us_) {
      grounds_->wait(0);
      return true;
    }
    if (auto looked = look(std::clamp<std::int64_t>(left, 0, kPollUs)); !looked) return Unexpected{looked.error()};
    return left <= 0;
  }

  // Of one session, or of all: with many of them, one step does not look at the files of each.
  Expected<void, ToolError> mind_kill_switch(const Session* only) {
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

  // A name that says nothing halts everything; it takes a look at the directory, so it is not part of every step.
  Expected<void, ToolError> mind_stray_halts() {
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

  Expected<void, ToolError> look(std::int64_t wait_us) {
    const bool waited = grounds_->wait(wait_us);
    for (const int signal : signals_.wait(waited ? 0 : wait_us)) {
      if (auto done = on_signal(signal); !done) return done;
    }
    const std::int64_t now = real_us();
    if (now < next_look_us_) return {};
    next_look_us_ = now + kPollUs;
    if (auto done = mind_stray_halts(); !done) return done;
    if (auto done = mind_kill_switch(nullptr); !done) return done;
    alerts_.tell(output_);
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

  void show_life() {
    if (!heartbeat_.is_due(real_us())) return;
    if (begun_ < sessions_.size() || sessions_.empty()) {
      for (const std::string& task : roster_.held()) heartbeat_.touch(task);
    }
    for (const auto& s : begun()) {
      if (!s->finished()) heartbeat_.touch(s->record().spec.name);
    }
  }

  Expected<void, ToolError> on_signal(int signal) {
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

  Expected<void, ToolError> reload() {
    auto read = read_files(request_.files);
    if (!read) {
      output_.message("reload refused: " + read.error().message);
      return {};
    }
    if (read->portfolio) {
      roster_.use(read->portfolio->limits);
      if (auto set = roster_.enter_portfolio(names(), false); !set) return set;
    }
    for (const TaskSource& source : read->tasks) {
      for (const auto& s : begun()) {
        if (s->record().spec.name != source.spec.name) continue;
        if (auto done = s->reload(source); !done) return done;
      }
    }
    return {};
  }

  RunOutcome outcome() const {
    RunOutcome out;
    for (const auto& s : sessions_) {
      out.code = worse(out.code, s->exit_code());
      out.json.push_back(s->summary_json());
      out.text.push_back(s->summary_text());
      if (std::string t = s->trouble(); !t.empty()) out.trouble.push_back(std::move(t));
    }
    if (signalled_ && someone_waits()) out.code = worse(out.code, *signalled_);  // those that had begun carry it themselves
    for (const auto& [task, e] : roster_.left_out()) out.code = worse(out.code, e.code);
    return out;
  }

  const RunRequest& request_;
  Output& output_;
  Alerts& alerts_;
  Roster roster_;
  SignalReader signals_;
  std::unique_ptr<Grounds> grounds_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::size_t begun_ = 0;             // of them
  std::optional<ToolError> trouble_;  // of those that have begun, while another one starts
  Heartbeat heartbeat_{lock_directory(request_.session.db)};
  std::int64_t began_us_ = 0;
  std::int64_t next_look_us_ = 0;
  std::int64_t next_progress_us_ = 0;
  int steps_ = 0;
  bool places_may_be_free_ = true;
  std::vector<std::optional<KillSwitch>> kill_switches_;  // of each session, until it is pulled
  bool interrupted_ = false;
  std::optional<ExitCode> signalled_;
  std::optional<ExitCode> start_ended_;  // by a signal before the first session had begun
};

// Nothing of an earlier run stays at a venue because a new one could not begin. What is left is added to the error.
ToolError rescue(const RunRequest& request, ToolError e, Output& output, Alerts& alerts) {
  const bool by_venue = e.code == ExitCode::VenueDown || e.code == ExitCode::Config || e.code == ExitCode::Refused;
  if (!request.live || !request.live->orders || request.session.errand || !by_venue) return e;
  RunRequest prove = request;
  prove.names = tasks_with_orders(request);
  if (prove.names.empty()) return e;
  prove.files.clear();
  prove.from_flags.clear();
  prove.settings.clear();
  prove.all = false;
  prove.session = SessionOptions{};
  prove.session.db = request.session.db;
  prove.session.errand = Errand{};
  output.message(fmt::format("{}\nthe run does not begin; what an earlier one left is cancelled and proven where that can be done", e.message));
  const auto done = Runner(prove, output, alerts).run();
  const std::vector<std::string> left = tasks_with_orders(request);
  for (const std::string& task : left) e.message += fmt::format("\norders of task {} are not proven yet: dn-status orders {} --open", task, task);
  if (done && done->code != ExitCode::VenueDown) e.code = worse(e.code, done->code);
  return e;
}

}  // namespace

Expected<RunOutcome, ToolError> carry_out(const RunRequest& request, Output& output) {
  Alerts alerts(request.alerts, request.session.db);
  auto done = Runner(request, output, alerts).run();
  if (done) return done;
  ToolError e = rescue(request, done.error(), output, alerts);
  alerts.tell_error(e, output);
  return Unexpected{std::move(e)};
}

Expected<ExitCode, ToolError> run_tasks(const RunRequest& request, Output& output) {
  if (request.plan) return plan_tasks(request, output);
  const auto done = carry_out(request, output);
  if (!done) return Unexpected{done.error()};
  if (output.options().json) {
    output.data(fmt::format("{{\"schema\":\"dn.run/1\",\"exit_code\":{},\"tasks\":[{}]}}", number(done->code), fmt::join(done->json, ",")));
  } else if (output.options().quiet) {
    for (const std::string& text : done->trouble) output.error(text);
  } else if (!output.options().ndjson) {
    for (const std::string& text : done->text) output.data(text);
  }
  output.flush();
  return done->code;
}

}  // namespace dn::app
