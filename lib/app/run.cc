#include "app/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>

#include "app/control.h"
#include "app/event_text.h"
#include "app/halt_files.h"
#include "app/plan_text.h"
#include "app/roster.h"
#include "app/signals.h"
#include "app/standing.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::int64_t kPollUs = 50'000;           // how often requests of other processes and the kill switch are looked for
constexpr std::int64_t kProgressUs = 200'000;      // how often the progress line is drawn
constexpr std::int64_t kHeartbeatUs = 1'000'000;   // how often a run shows that it is alive
constexpr std::int64_t kWithdrawUs = 1'000'000;    // how long cancels get that nothing waits for
constexpr Time kPlanStart{1'767'225'600'000'000};  // of a paper market that is only looked at
constexpr int kStepsPerLook = 256;                 // without a pace: steps between two looks at the clock

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
      if (done.error().code == ExitCode::Io) withdraw();
      alerts_.settle(output_);
      return Unexpected{done.error()};
    }
    alerts_.settle(output_);
    return outcome();
  }

  // The exit code is that of the pre-flight.
  Expected<ExitCode, ToolError> plan() {
    auto tasks = roster_.collect();
    if (!tasks) return Unexpected{tasks.error()};
    if (auto ready = open_grounds(*tasks); !ready) return Unexpected{ready.error()};
    ExitCode code = ExitCode::Ok;
    for (const auto& [source, from_file] : *tasks) {
      auto ground = grounds_->open(source.spec, kPlanStart, Absent::Refused);
      if (!ground) return Unexpected{ground.error()};
      const MarketView& view = (*ground)->view();
      const Plan sizes = make_plan(source.spec, view.instruments);
      if (auto fine = report_problems(source, check_plan(source.spec, view.instruments, sizes, view.mid)); !fine) return Unexpected{fine.error()};
      auto looks = grounds_->look(source.spec, kPlanStart);
      if (!looks) return Unexpected{looks.error()};
      code = worse(code, print_plan(source.spec, view, *looks));
    }
    return code;
  }

 private:
  ExitCode print_plan(const TaskSpec& spec, const MarketView& view, const std::vector<live::Look>& looks) {
    const Numbers numbers = numbers_of(spec, view);
    const TaskQuestion question{spec, view, numbers, depth_of(spec, looks), standing_of(request_.session.db, spec, true).progress};
    Checks checks;
    for (const live::Look& l : looks) check_venue(checks, spec, l);
    check_task(checks, question);
    const OutputOptions& o = output_.options();
    const bool machine = o.json || o.ndjson;
    std::string text = machine ? plan_json(question, checks) : plan_text(question, checks, !o.plain && is_rich(stdout));
    if (!machine) text.pop_back();
    output_.data(text);
    return exit_code(checks);
  }

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
    began_us_ = real_us();
    for (std::size_t i = 0; i < sessions_.size();) {
      auto begun = begin(i);
      if (!begun) return Unexpected{begun.error()};
      if (*begun) ++i;
    }
    began_us_ = real_us();
    if (auto done = mind_stray_halts(); !done) return done;
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

  // Starts a session. False: it is left out, and another one stands in its place.
  Expected<bool, ToolError> begin(std::size_t i) {
    const bool in_real_time = request_.speed || grounds_->now();
    auto started = sessions_[i]->start(in_real_time ? Dur::micros(real_us() - began_us_) : Dur{});
    if (started) return true;
    const std::string name = sessions_[i]->record().spec.name;
    if (!Roster::is_its_own(started.error()) || sessions_.size() + roster_.left_out().size() == 1) return Unexpected{started.error()};
    sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(i));
    kill_switches_.erase(kill_switches_.begin() + static_cast<std::ptrdiff_t>(i));
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

  // The disk fails, the venues may not: what rests is asked to go, and the requests get the time to leave.
  void withdraw() {
    if (!grounds_ || !grounds_->now()) return;
    for (auto& s : sessions_) s->withdraw();
    for (const std::int64_t end = real_us() + kWithdrawUs; real_us() < end;) grounds_->wait(kPollUs);
  }

  Expected<void, ToolError> open_grounds(const Roster::Tasks& tasks) {
    std::vector<TaskSource> sources;
    for (const auto& [source, from_file] : tasks) sources.push_back(source);
    auto grounds = make_grounds(request_, sources, output_, [this]() -> std::optional<ExitCode> {
      show_life_of_start();
      for (const int signal : signals_.wait(0)) {
        if (signal != SIGHUP) return signal == SIGINT ? ExitCode::Interrupted : ExitCode::Terminated;
      }
      return std::nullopt;
    });
    if (!grounds) return Unexpected{grounds.error()};
    grounds_ = std::move(*grounds);
    if (grounds_->now()) output_.never_wait();
    if (!request_.plan && !request_.session.errand) output_.message(what_it_trades_on(request_));
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
    for (const auto& s : sessions_) {
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
    for (std::size_t i = 0; i < kill_switches_.size(); ++i) {
      if (only != nullptr && sessions_[i].get() != only) continue;
      if (sessions_[i]->waits_for_place()) continue;
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
    for (std::size_t i = 0; i < kill_switches_.size(); ++i) {
      if (!kill_switches_[i] || sessions_[i]->waits_for_place()) continue;
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
    show_heartbeat(now);
    places_may_be_free_ = true;
    for (auto& s : sessions_) {
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

  void show_heartbeat(std::int64_t now) {
    if (now < next_heartbeat_us_) return;
    next_heartbeat_us_ = now + kHeartbeatUs;
    for (const auto& s : sessions_) {
      if (!s->finished()) touch_lock(s->record().spec.name);
    }
  }

  // While the venues are asked before the first step.
  void show_life_of_start() {
    const std::int64_t now = real_us();
    if (now < next_heartbeat_us_) return;
    next_heartbeat_us_ = now + kHeartbeatUs;
    for (const std::string& task : roster_.held()) touch_lock(task);
  }

  // The time of a task's lock file says to other programs when its run was last alive.
  void touch_lock(const std::string& task) const {
    std::error_code ignored;
    std::filesystem::last_write_time(lock_directory(request_.session.db) + "/" + task + ".lock", std::filesystem::file_time_type::clock::now(), ignored);
  }

  Expected<void, ToolError> on_signal(int signal) {
    if (signal == SIGHUP) return reload();
    const ExitCode code = signal == SIGINT ? ExitCode::Interrupted : ExitCode::Terminated;
    output_.message(interrupted_ ? "a second signal: what is proven is saved, the rest is the next run's"
                                 : "a signal: cancelling what rests, proving, saving (once more to stop at once)");
    interrupted_ = true;
    signalled_ = code;
    for (auto& s : sessions_) {
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
      for (auto& s : sessions_) {
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
  std::int64_t began_us_ = 0;
  std::int64_t next_look_us_ = 0;
  std::int64_t next_progress_us_ = 0;
  std::int64_t next_heartbeat_us_ = 0;
  int steps_ = 0;
  bool places_may_be_free_ = true;
  std::vector<std::optional<KillSwitch>> kill_switches_;  // of each session, until it is pulled
  bool interrupted_ = false;
  std::optional<ExitCode> signalled_;
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
  if (request.plan) {
    Alerts none({}, {});
    return Runner(request, output, none).plan();
  }
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
