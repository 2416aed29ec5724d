#include "app/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>

#include "app/control.h"
#include "app/credentials.h"
#include "app/event_text.h"
#include "app/halt_files.h"
#include "app/plan_text.h"
#include "app/signals.h"
#include "app/standing.h"
#include "base/text.h"
#include "store/files.h"

namespace dn::app {
namespace {

constexpr std::int64_t kPollUs = 50'000;           // how often requests of other processes and the kill switch are looked for
constexpr std::int64_t kProgressUs = 200'000;      // how often the progress line is drawn
constexpr std::int64_t kHeartbeatUs = 1'000'000;   // how often a run shows that it is alive
constexpr std::int64_t kWithdrawUs = 1'000'000;    // how long cancels get that nothing waits for
constexpr Time kPlanStart{1'767'225'600'000'000};  // of a paper market that is only looked at
constexpr int kStepsPerLook = 256;                 // without a pace: steps between two looks at the clock

std::int64_t real_us() { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// The sessions of a run and what drives them.
class Runner {
 public:
  Runner(const RunRequest& request, Output& output, Alerts& alerts) : request_(request), output_(output), alerts_(alerts) {}

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
    auto tasks = collect();
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
    auto tasks = collect();
    if (!tasks) return Unexpected{tasks.error()};
    if (auto ready = open_grounds(*tasks); !ready) return ready;
    if (auto opened = open_all(*tasks); !opened) return opened;
    watch_alerts();
    for (auto& s : sessions_) {
      if (auto started = s->start(); !started) return started;
    }
    began_us_ = real_us();
    if (auto done = mind_stray_halts(); !done) return done;
    for (;;) {
      Session* next = soonest();
      if (next == nullptr) return {};
      auto due = wait_for(*next);
      if (!due) return Unexpected{due.error()};
      if (!*due || next->finished()) continue;
      if (auto stepped = next->step(); !stepped) return stepped;
    }
  }

  // Before the first step, so that nothing of this run is missed.
  void watch_alerts() {
    std::vector<std::string> names;
    for (const auto& s : sessions_) names.push_back(s->record().spec.name);
    alerts_.watch(names, output_);
  }

  // The disk fails, the venues may not: what rests is asked to go, and the requests get the time to leave.
  void withdraw() {
    if (!grounds_ || !grounds_->now()) return;
    for (auto& s : sessions_) s->withdraw();
    for (const std::int64_t end = real_us() + kWithdrawUs; real_us() < end;) grounds_->wait(kPollUs);
  }

  // Every task of this run, with whether its owner wrote it just now.
  using Tasks = std::vector<std::pair<TaskSource, bool>>;
  Expected<Tasks, ToolError> collect() {
    Tasks out;
    if (!request_.files.empty()) {
      auto read = read_task_files(request_.files);
      if (!read) return Unexpected{read.error()};
      for (TaskSource& s : *read) out.emplace_back(std::move(s), true);
    }
    for (const TaskSource& s : request_.from_flags) out.emplace_back(s, true);
    if (!request_.names.empty() || request_.all) {
      auto known = of_database();
      if (!known) return Unexpected{known.error()};
      for (TaskSource& s : *known) out.emplace_back(std::move(s), false);
    }
    for (auto& [source, from_file] : out) {
      if (auto set = apply_settings(source, request_.settings); !set) return Unexpected{set.error()};
      const bool by_hand = request_.session.errand && request_.session.errand->kind == Errand::Kind::Order;  // half a task
      if (auto fine = report_problems(source, by_hand ? std::vector<SpecProblem>{} : check(source.spec)); !fine) return Unexpected{fine.error()};
      if (!request_.settings.empty()) from_file = true;
    }
    return out;
  }

  Expected<std::vector<TaskSource>, ToolError> of_database() {
    auto store = Store::open(request_.session.db, Store::Mode::ReadOnly);
    if (!store) return Unexpected{store_failure(store.error())};
    std::vector<TaskSource> out;
    auto tasks = (*store)->tasks();
    if (!tasks) return Unexpected{store_failure(tasks.error())};
    for (const std::string& name : request_.names) {
      const auto at = std::find_if(tasks->begin(), tasks->end(), [&](const TaskRecord& t) { return t.spec.name == name; });
      if (at == tasks->end()) {
        return Unexpected{no_such_task(name, request_.session.db)};
      }
      out.push_back({at->spec, {}, {}});
    }
    if (!request_.all) return out;
    for (const TaskRecord& t : *tasks) {
      if (t.verdict == Verdict::None) out.push_back({t.spec, {}, {}});
    }
    return out;
  }

  Expected<void, ToolError> open_grounds(const Tasks& tasks) {
    std::vector<TaskSource> sources;
    for (const auto& [source, from_file] : tasks) sources.push_back(source);
    auto grounds = make_grounds(request_, sources, output_, [this]() -> std::optional<ExitCode> {
      for (const int signal : signals_.wait(0)) {
        if (signal != SIGHUP) return signal == SIGINT ? ExitCode::Interrupted : ExitCode::Terminated;
      }
      return std::nullopt;
    });
    if (!grounds) return Unexpected{grounds.error()};
    grounds_ = std::move(*grounds);
    return {};
  }

  Expected<void, ToolError> open_all(Tasks& tasks) {
    // First of all: a task that another process holds costs the venues no request.
    std::vector<TaskLock> locks;
    for (const auto& [source, from_file] : tasks) {
      auto lock = TaskLock::acquire(lock_directory(request_.session.db), source.spec.name);
      if (!lock) return Unexpected{lock_failure(lock.error(), source.spec.name)};
      locks.push_back(std::move(*lock));
    }
    // Both venues of every task are checked before anything of any task is written.
    for (const auto& [source, from_file] : tasks) {
      const bool errand = request_.session.errand.has_value();
      auto ground = grounds_->open(source.spec, Time{}, errand ? Absent::Allowed : Absent::Refused);
      if (!ground) return Unexpected{ground.error()};
      if (errand) continue;
      const MarketView& view = (*ground)->view();
      const Plan sizes = make_plan(source.spec, view.instruments);
      if (auto fine = report_problems(source, check_plan(source.spec, view.instruments, sizes, view.mid)); !fine) return Unexpected{fine.error()};
      if (auto funded = check_funds(request_.session.db, source.spec, request_.session.restart, view, output_); !funded) return funded;
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      auto& [source, from_file] = tasks[i];
      auto session = Session::open(std::move(locks[i]), std::move(source), from_file, request_.session, *grounds_, output_);
      if (!session) return Unexpected{session.error()};
      sessions_.push_back(std::move(*session));
      kill_switches_.emplace_back(std::in_place, request_.halt_files, sessions_.back()->record().spec);
    }
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
    if (auto done = mind_kill_switch(); !done) return Unexpected{done.error()};  // before every step, whatever the pace
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

  Expected<void, ToolError> mind_kill_switch() {
    for (std::size_t i = 0; i < kill_switches_.size(); ++i) {
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
      if (!kill_switches_[i]) continue;
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
    alerts_.tell(output_);
    show_heartbeat(now);
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

  // The time of a task's lock file says to other programs when its run was last alive.
  void show_heartbeat(std::int64_t now) {
    if (now < next_heartbeat_us_) return;
    next_heartbeat_us_ = now + kHeartbeatUs;
    for (const auto& s : sessions_) {
      std::error_code ignored;
      if (s->finished()) continue;
      const std::string lock = lock_directory(request_.session.db) + "/" + s->record().spec.name + ".lock";
      std::filesystem::last_write_time(lock, std::filesystem::file_time_type::clock::now(), ignored);
    }
  }

  Expected<void, ToolError> on_signal(int signal) {
    if (signal == SIGHUP) return reload();
    const ExitCode code = signal == SIGINT ? ExitCode::Interrupted : ExitCode::Terminated;
    output_.message(interrupted_ ? "a second signal: what is proven is saved, the rest is the next run's"
                                 : "a signal: cancelling what rests, proving, saving (once more to stop at once)");
    interrupted_ = true;
    for (auto& s : sessions_) {
      if (auto done = s->inject(Drain{code, request_.session.leave_orders}); !done) return done;
    }
    return {};
  }

  Expected<void, ToolError> reload() {
    auto read = read_task_files(request_.files);
    if (!read) {
      output_.message("reload refused: " + read.error().message);
      return {};
    }
    for (const TaskSource& source : *read) {
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
    }
    return out;
  }

  const RunRequest& request_;
  Output& output_;
  Alerts& alerts_;
  SignalReader signals_;
  std::unique_ptr<Grounds> grounds_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::int64_t began_us_ = 0;
  std::int64_t next_look_us_ = 0;
  std::int64_t next_progress_us_ = 0;
  std::int64_t next_heartbeat_us_ = 0;
  int steps_ = 0;
  std::vector<std::optional<KillSwitch>> kill_switches_;  // of each session, until it is pulled
  bool interrupted_ = false;
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

Expected<std::unique_ptr<Grounds>, ToolError> make_grounds(const RunRequest& request, const std::vector<TaskSource>& tasks, Output& output,
                                                           std::function<std::optional<ExitCode>()> stop) {
  if (!request.live) return std::unique_ptr<Grounds>(std::make_unique<PaperGrounds>(request.paper));
  LiveOptions live = *request.live;
  live.paper = request.paper;
  if (live.orders) {
    const bool sends = !request.session.errand || request.session.errand->kind != Errand::Kind::Prove;
    std::set<std::string> accounts;
    for (const TaskSource& source : tasks) {
      for (const Side leg : kSides) accounts.insert(venues::registered(*source.spec.leg[leg].exchange).account);
      if (!sends || source.spec.risk.max_order_notional) continue;
      Problems problems;
      problems.add(source.place_of("risk.max_order_notional"), "risk.max_order_notional",
                   fmt::format("task \"{}\": live trading needs this limit; write max_order_notional = VALUE under [risk], the most that one order may be "
                               "worth in {}",
                               source.spec.name, source.spec.symbol.quote.view()));
      return Unexpected{problems.error()};
    }
    auto keys = load_credentials(request.config, request.credentials_file, accounts);
    if (!keys) return Unexpected{keys.error()};
    for (auto& [venue, access] : live.access) access.credentials = (*keys)[venues::registered(venue).account];
  }
  // The request budget lies with the tasks' locks. When it cannot, the run goes on and says so.
  (void)make_private_directory(lock_directory(request.session.db));
  if (!output.options().quiet) live.note = [&output](const std::string& note) { output.message(note); };
  live.stop = std::move(stop);
  live.leave_orders = request.session.leave_orders;
  live.halt_files = request.halt_files;
  return std::unique_ptr<Grounds>(std::make_unique<LiveGrounds>(std::move(live)));
}

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
  } else if (!output.options().ndjson && !output.options().quiet) {
    for (const std::string& text : done->text) output.data(text);
  }
  output.flush();
  return done->code;
}

}  // namespace dn::app
