#include "app/roster.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/control.h"
#include "app/membership.h"
#include "app/standing.h"
#include "app/trigger_watch.h"

namespace dn::app {
namespace {

constexpr std::size_t kWarmedUp = 4;  // tasks: of many, the last ones begin long after the first

}  // namespace

Expected<Roster::Tasks, ToolError> Roster::collect() {
  Tasks out;
  if (!request_.files.empty()) {
    auto read = read_files(request_.files);
    if (!read) return Unexpected{read.error()};
    if (read->portfolio) limits_ = read->portfolio->limits;
    for (TaskSource& s : read->tasks) out.emplace_back(std::move(s), true);
    triggers_ = std::move(read->triggers);
  }
  for (const TaskSource& s : request_.from_flags) out.emplace_back(s, true);
  if (!request_.names.empty() || request_.all) {
    auto known = of_database(request_.names, request_.all);
    if (!known) return Unexpected{known.error()};
    for (TaskSource& s : *known) out.emplace_back(std::move(s), false);
  }
  for (auto& [source, from_file] : out) {
    if (from_file) source.written = to_text(source.spec);
    source.settings = request_.settings;
    if (auto set = apply_settings(source, request_.settings); !set) return Unexpected{set.error()};
    const bool by_hand = request_.session.errand && request_.session.errand->kind == Errand::Kind::Order;  // half a task
    if (auto fine = report_problems(source, by_hand ? std::vector<SpecProblem>{} : check(source.spec)); !fine) return Unexpected{fine.error()};
    if (!request_.settings.empty()) from_file = true;
  }
  for (TriggerSource& t : triggers_) {
    if (auto set = apply_settings(t.task, request_.settings); !set) return Unexpected{set.error()};
    t.spec.task = t.task.spec;
    if (auto fine = report_problems(t.task, check(t.spec)); !fine) return Unexpected{fine.error()};
  }
  return out;
}

Expected<void, ToolError> Roster::hold_triggers(Tasks& tasks) {
  for (const TriggerSource& t : triggers_) {
    const std::string& name = t.spec.task.name;
    auto lock = TaskLock::acquire(lock_directory(request_.session.db), "trigger:" + name);
    if (!lock && lock.error().held) {
      return Unexpected{ToolError{ExitCode::Locked, fmt::format("trigger {}: another process watches it (pid {})", name, lock.error().holder_pid),
                                  "nothing: it is being watched; or end that process, or give this trigger another name"}};
    }
    if (!lock) return Unexpected{lock_failure(lock.error(), name)};
    trigger_locks_.push_back(std::move(*lock));
    const auto unfinished = unfinished_tasks(t.spec, request_.session.db);
    if (!unfinished) return Unexpected{unfinished.error()};
    if (unfinished->empty()) continue;
    auto known = of_database(*unfinished, false);
    if (!known) return Unexpected{known.error()};
    for (TaskSource& s : *known) {
      const bool named = std::ranges::any_of(tasks, [&](const auto& other) { return other.first.spec.name == s.spec.name; });
      if (!named) tasks.emplace_back(std::move(s), false);
    }
  }
  return {};
}

Expected<std::vector<TaskSource>, ToolError> Roster::of_database(const std::vector<std::string>& names, bool all) {
  auto store = Store::open(request_.session.db, Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  std::vector<TaskSource> out;
  auto tasks = (*store)->tasks();
  if (!tasks) return Unexpected{store_failure(tasks.error())};
  for (const std::string& name : names) {
    const auto at = std::find_if(tasks->begin(), tasks->end(), [&](const TaskRecord& t) { return t.spec.name == name; });
    if (at == tasks->end()) return Unexpected{no_such_task(name, request_.session.db)};
    out.push_back({at->spec, {}, {}});
  }
  if (!all) return out;
  for (const TaskRecord& t : *tasks) {
    if (t.verdict == Verdict::None) out.push_back({t.spec, {}, {}});
  }
  return out;
}

void Roster::leave_out(const std::string& task, const ToolError& e) {
  if (left_out_.empty()) first_trouble_ = e;
  RunRequest one = request_;
  one.files.clear();
  one.from_flags.clear();
  one.settings.clear();
  one.all = false;
  one.names = {task};
  const ToolError told = rescue_(one, e);
  output_.message(fmt::format("{}\nthe run goes on without task {}; next: {}", told.message, task, next_step(told)));
  left_out_.emplace_back(task, told);
}

Expected<std::vector<std::unique_ptr<Session>>, ToolError> Roster::open(Tasks& tasks, Grounds& grounds) {
  std::vector<std::unique_ptr<Session>> sessions;
  const bool alone = tasks.size() == 1 && triggers_.empty();
  const auto is_over = [&](const ToolError& e) { return alone || !is_its_own(e); };
  // What a killed run left in the log is read by the first connection, and by each later one again unless one stays open.
  const auto kept = Store::open(request_.session.db, Store::Mode::ReadOnly);
  // First of all: a task that another process holds costs the venues no request.
  std::vector<std::optional<TaskLock>> locks(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const std::string& name = tasks[i].first.spec.name;
    auto lock = TaskLock::acquire(lock_directory(request_.session.db), name);
    if (lock) {
      locks[i] = std::move(*lock);
      held_.push_back(name);
      continue;
    }
    const ToolError e = lock_failure(lock.error(), name);
    if (is_over(e)) return Unexpected{e};
    leave_out(name, e);
  }
  // Both venues of every task are checked before anything of any task is written.
  std::vector<TaskSpec> foreseen;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (locks[i]) foreseen.push_back(tasks[i].first.spec);
  }
  grounds.foresee(foreseen);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!locks[i]) continue;
    const auto trouble = check_begins(tasks[i].first, grounds);
    if (!trouble) return Unexpected{trouble.error()};
    if (!*trouble) continue;
    if (is_over(**trouble)) return Unexpected{of_task(**trouble, tasks[i].first.spec.name)};
    locks[i].reset();
    leave_out(tasks[i].first.spec.name, **trouble);
  }
  if (auto shared = open_portfolio(grounds); !shared) return Unexpected{shared.error()};
  std::vector<TaskSpec> begin;
  for (std::size_t i = 0; i < tasks.size() && begin.size() < kWarmedUp; ++i) {
    if (locks[i] && begins_at_once(kept ? kept->get() : nullptr, tasks[i].first.spec.name)) begin.push_back(tasks[i].first.spec);
  }
  grounds.warm_up(begin);
  SessionOptions options = request_.session;
  options.portfolio = portfolio_;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    auto& [source, from_file] = tasks[i];
    if (!locks[i]) continue;
    const std::string name = source.spec.name;
    auto session = Session::open(std::move(*locks[i]), std::move(source), from_file, options, grounds, output_);
    locks[i].reset();
    if (session) {
      sessions.push_back(std::move(*session));
    } else if (is_over(session.error())) {
      return Unexpected{of_task(session.error(), name)};
    } else {
      leave_out(name, session.error());
    }
  }
  if (sessions.empty() && !left_out_.empty() && triggers_.empty()) return Unexpected{first_trouble_};
  return sessions;
}

// Whether its run will trade, cancel or prove, and not only say that the task has ended or wait for a place.
bool Roster::begins_at_once(Store* books, const std::string& task) {
  if (request_.session.errand) return true;
  const auto row = portfolio_->portfolio().row();
  if ((limits_ && limits_->max_tasks > 0) || !row || (*row && (*row)->limits.max_tasks > 0)) return false;
  if (books == nullptr || request_.session.restart) return true;
  const auto found = books->find_task(task);
  return !found || !*found || (*found)->verdict == Verdict::None;
}

Expected<void, ToolError> Roster::open_portfolio(Grounds& grounds) {
  if (portfolio_) return {};
  auto portfolio = SharedPortfolio::open(request_.session.db, grounds.live());
  if (!portfolio) return Unexpected{portfolio.error()};
  portfolio_ = std::move(*portfolio);
  return {};
}

Expected<std::unique_ptr<Session>, ToolError> Roster::open_triggered(TaskSource source, const TriggeredStart& start, Grounds& grounds) {
  const std::string name = source.spec.name;
  auto lock = TaskLock::acquire(lock_directory(request_.session.db), name);
  if (!lock) return Unexpected{lock_failure(lock.error(), name)};
  const auto trouble = check_begins(source, grounds);
  if (!trouble) return Unexpected{trouble.error()};
  if (*trouble) return Unexpected{**trouble};
  if (auto shared = open_portfolio(grounds); !shared) return Unexpected{shared.error()};
  SessionOptions options = request_.session;
  options.portfolio = portfolio_;
  options.restart = true;  // the pair's last task has ended
  options.triggered = start;
  auto session = Session::open(std::move(*lock), std::move(source), false, options, grounds, output_);
  if (session) held_.push_back(name);
  return session;
}

// What keeps the task from beginning, of its venues or its account; none: nothing. Errors: what its owner wrote cannot be traded there.
Expected<std::optional<ToolError>, ToolError> Roster::check_begins(const TaskSource& source, Grounds& grounds) {
  const bool errand = request_.session.errand.has_value();
  auto ground = grounds.open(source.spec, Time{}, errand ? Absent::Allowed : Absent::Refused);
  if (!ground) return std::optional(ground.error());
  if (errand) return std::optional<ToolError>();
  const MarketView& view = (*ground)->view();
  const auto spec = begins_with(request_.session.db, source, view);
  if (!spec) {
    // A market that is closed is its venue's doing, and no mistake in the file.
    const bool closed = std::ranges::any_of(kSides, [&](Side leg) { return view.instruments[leg].status != TradingStatus::Trading; });
    if (closed) return std::optional(spec.error());
    return Unexpected{spec.error()};
  }
  auto funded = check_funds(request_.session.db, *spec, request_.session.restart, view, output_);
  return funded ? std::optional<ToolError>() : std::optional(funded.error());
}

Expected<void, ToolError> Roster::enter_portfolio(const std::vector<std::string>& names, const std::vector<std::string>& fresh) {
  if (request_.session.errand || names.empty()) return {};
  Portfolio& portfolio = portfolio_->portfolio();
  const auto row = portfolio.row();
  if (!row) return Unexpected{store_failure(row.error())};
  if (*row && !fresh.empty()) {
    if (auto freed = portfolio.free_rooms(fresh); !freed) return Unexpected{store_failure(freed.error())};
  }
  if (!limits_) return {};
  const auto set = portfolio.set_limits(*limits_, names);
  if (!set) return Unexpected{store_failure(set.error())};
  if (!(set->limits == *limits_)) {
    output_.message("portfolio: other runs hold this database to stricter limits; they count for this run as well (dn-status shows them)");
  }
  return {};
}

}  // namespace dn::app
