#include "app/session.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "app/account_facts.h"
#include "app/books.h"
#include "app/control.h"
#include "app/event_text.h"
#include "app/kpi.h"
#include "app/preflight_numbers.h"
#include "app/roster.h"
#include "app/standing.h"
#include "app/verify.h"
#include "base/text.h"
#include "model/exit_code.h"

namespace dn::app {
namespace {

// How long before the books' newest entry the venues are asked: clocks differ, and a power cut takes the newest entries.
constexpr Dur kBeforeLast = Dur::minutes(2);
// How far back a task that begins looks for traces of itself.
constexpr Dur kFirstLook = Dur::hours(24);
// What the gate holds max_capital_fraction against; nothing on paper.
PerSide<std::optional<Money>> capital(const MarketView& view) {
  PerSide<std::optional<Money>> out;
  for (const Side leg : kSides) {
    if (view.funds[leg]) out[leg] = capital_of(view, leg, view.mid[leg]);
  }
  return out;
}

}  // namespace

Time present_of(const TaskRecord& task) { return task.created == kFixedStart ? task.updated + Dur::millis(1) : std::max(task.updated, wall_clock()); }

ToolError store_failure(const StoreError& e) {
  using Kind = StoreError::Kind;
  switch (e.kind) {
    case Kind::NotFound: return {ExitCode::NotFound, e.message, "dn-run FILE makes a database; dn-status --db FILE reads another"};
    case Kind::NewerSchema: return {ExitCode::BadData, e.message, "use the newer dn that wrote it, or another --db"};
    case Kind::OlderSchema: return {ExitCode::BadData, e.message, "run dn-recover: it brings the file up to date, as dn-run and dn-rebalance do"};
    case Kind::NotADatabase: return {ExitCode::BadData, e.message, "give another --db"};
    case Kind::Damaged: return {ExitCode::Io, e.message, "where that is not dn's file, give the right --db; else " + std::string(kMakeBooksAnew)};
    case Kind::DiskFull: return {ExitCode::Io, e.message, "free space, then run the same command again"};
    case Kind::ReadOnly: return {ExitCode::Io, e.message, "check the owner and mode of the file and its directory"};
    case Kind::Busy: return {ExitCode::Temporary, e.message, "run the same command again"};
    case Kind::Exists: return {ExitCode::Io, e.message, "name a file that is not there yet, for example with the date in its name"};
    case Kind::Stopped: return {ExitCode::Interrupted, e.message, "run the same command again"};
    case Kind::Other: break;
  }
  return {ExitCode::Io, e.message, "check the disk, then run the same command again"};
}

ToolError journal_failure(const JournalError& e, const std::string& task) {
  const ExitCode code = e.kind == JournalError::Kind::Busy ? ExitCode::Temporary : ExitCode::Io;
  return {code, fmt::format("task {}: the journal cannot be written ({}); nothing was sent after that", task, e.message),
          "free space or mend the disk, then run the same command again: it goes on from what is stored; where the database is "
          "gone, dn-recover --from-venue FILE --apply makes it anew"};
}

ToolError no_such_task(std::string_view task, const std::string& db) {
  std::vector<std::string> known;
  if (auto store = Store::open(db, Store::Mode::ReadOnly)) {
    if (const auto tasks = (*store)->tasks()) {
      for (const TaskRecord& t : *tasks) known.push_back(t.spec.name);
    }
  }
  const std::string near = closest(task, known);
  return {ExitCode::NotFound,
          fmt::format("there is no task {} in {}{}", printable_excerpt(task), printable(db), near.empty() ? "" : fmt::format("; did you mean {}?", near)),
          "dn-status lists the tasks", std::string(task)};
}

ToolError lock_failure(const TaskLock::Error& e, const std::string& task) {
  if (!e.held) return {ExitCode::Io, e.message, "check the directory of --db", task};
  return {ExitCode::Locked, e.message, fmt::format("nothing: it is being worked on; dn-status show {} tells how far", task), task};
}

Expected<std::unique_ptr<Session>, ToolError> Session::open(TaskLock lock, TaskSource source, bool from_file, const SessionOptions& options, Grounds& grounds,
                                                            Output& output) {
  std::unique_ptr<Session> s(new Session(std::move(lock), std::move(source), options, grounds, output));
  s->store_ = options.portfolio->store();
  if (auto taken = s->store_->take_up_intents(s->source_.spec.name); !taken) return Unexpected{store_failure(taken.error())};
  if (auto found = s->find_or_add(from_file); !found) return Unexpected{found.error()};
  return s;
}

// Finds the task or adds it. A finished one is left alone unless a new round is asked for.
Expected<void, ToolError> Session::find_or_add(bool from_file) {
  auto found = store_->find_task(source_.spec.name);
  if (!found) return Unexpected{store_failure(found.error())};
  if (found->has_value() && (*found)->verdict != Verdict::None && !options_.errand) {
    const auto stored = store_->load_task(source_.spec.name);
    if (!stored) return Unexpected{store_failure(stored.error())};
    if (has_unclosed(*stored)) {
      return Unexpected{ToolError{ExitCode::UnknownOrder,
                                  fmt::format("task {} has ended, and orders that a person sent for it since are not proven yet", source_.spec.name),
                                  fmt::format("dn-recover --task {} --apply proves them", source_.spec.name)}};
    }
  }
  const bool add = !found->has_value() || ((*found)->verdict != Verdict::None && options_.restart);
  if (!add) {
    if ((*found)->verdict == Verdict::None && (*found)->live != grounds_.live()) {
      return Unexpected{ToolError{ExitCode::Config,
                                  fmt::format("task {} was begun {} and this run is {}: fills on paper and real ones do not mix", source_.spec.name,
                                              (*found)->live ? "live" : "on paper", grounds_.live() ? "live" : "on paper"),
                                  fmt::format("run it with --mode {}, or give this task another name or another --db", (*found)->live ? "live" : "paper")}};
    }
    if (from_file) {
      if (auto adopted = adopt_file(**found); !adopted) return adopted;
    }
    source_.spec = (*found)->spec;
    idle_ = **found;
    return {};
  }
  if (found->has_value()) {
    if (auto done = drop_wishes(**found, {}, "the round that it was for has ended"); !done) return done;
  }
  TaskRecord fresh;
  fresh.spec = source_.spec;
  fresh.source = source_.written.empty() ? to_text(source_.spec) : source_.written;
  fresh.live = grounds_.live();
  // At a venue ids live longer than a database: one that is begun anew must not use those of its predecessor again.
  if (fresh.live) fresh.run_epoch = static_cast<std::uint32_t>(std::max<std::int64_t>((wall_clock() - kFixedStart).us / 1'000'000, 0));
  fresh.created = fresh.updated = options_.fixed_time ? kFixedStart : wall_clock();
  if (options_.errand && options_.errand->kind == Errand::Kind::Order) {
    fresh.mode = TaskMode::Halted;  // no run of dn-run may take it for a task that lags behind
    fresh.reason = "an order by hand";
  }
  std::optional<TaskEvent> first;
  if (options_.triggered) first = TaskEvent{options_.triggered->at, options_.triggered->why};
  auto added = store_->add_task(std::move(fresh), first);
  if (!added) return Unexpected{store_failure(added.error())};
  idle_ = *added;
  if (!first) return {};
  if (output_.options().ndjson) output_.data(to_json(*first, run_id_of(idle_), idle_.spec.name));
  output_.message(event_line(*first, idle_.spec, output_.plain(), output_.options().verbose));
  return {};
}

Expected<void, ToolError> Session::start(Dur late) {
  const std::string name = idle_.spec.name;
  const bool by_hand = options_.errand && options_.errand->kind == Errand::Kind::Order;
  if (idle_.verdict != Verdict::None && (!options_.errand || by_hand)) {
    started_ = idle_.updated;
    run_id_ = run_id_of(idle_);
    if (output_.options().ndjson) output_.data(summary_json());
    output_.message(fmt::format("task {} is {}: nothing to do (--restart begins a new round)", name, dn::name(idle_.verdict)));
    return {};
  }
  membership_.emplace(options_.portfolio);
  if (!options_.errand) {
    auto entered = membership_->enter(idle_);
    if (!entered) return Unexpected{entered.error()};
    waits_for_place_ = !*entered;
    if (waits_for_place_) return {};
  }
  if (options_.max_runtime.us > 0) options_.max_runtime = std::max(Dur::micros(1), options_.max_runtime - late);
  if (auto built = build(); !built) return built;
  const std::string label = task_label(record().spec);
  output_.message(options_.errand ? fmt::format("task {} ({}): its orders are proven first", name, label)
                                  : sign(Sign::Start, output_.plain()) + "Initializing DeltaNeutralTask " + label);
  const std::string head = run_start_json();
  if (output_.options().ndjson) output_.data(head);
  if (auto done = store_->append_event(record(), started_, "run_start", head); !done) return Unexpected{journal_failure(done.error(), name)};
  return after_step(run_->start(started_, known_));
}

Expected<void, ToolError> Session::give_up_place() {
  const std::string name = record().spec.name;
  const std::int64_t most = membership_->most_tasks();
  const Reason why("max_concurrent_tasks of the portfolio: with this task " + std::to_string(most + 1) + " against " + std::to_string(most) + " that run");
  const TaskEvent event{present_of(record()), Alerted{AlertKind::Limit, AlertLevel::Info, Code("max_concurrent_tasks"), why, Code(std::to_string(most + 1)),
                                                      Code(std::to_string(most))}};
  const std::string json = to_json(event, run_id_of(idle_), name);
  if (output_.options().ndjson) output_.data(json);
  output_.message(fmt::format("task {}: {}", name, why.view()));
  if (auto done = store_->append_event(idle_, event.ts, type_name(event), json); !done) return Unexpected{journal_failure(done.error(), name)};
  return {};
}

Expected<void, ToolError> Session::build() {
  const std::string name = idle_.spec.name;
  // A task that began on the clock of seeded runs stays on it.
  const bool fixed = options_.fixed_time || idle_.created == kFixedStart;
  const Time not_before = std::max(fixed ? kFixedStart : wall_clock(), idle_.runs > 0 ? idle_.updated + Dur::millis(1) : Time{});
  // A person's errand does what can be done where a venue is down; trading needs both.
  const bool joins = options_.triggered && options_.triggered->join;
  auto ground =
      joins ? grounds_.join(idle_.spec, *options_.triggered->join) : grounds_.open(idle_.spec, not_before, options_.errand ? Absent::Allowed : Absent::Refused);
  if (!ground) return Unexpected{ground.error()};
  ground_ = std::move(*ground);
  for (const ToolError& e : ground_->view().absent) output_.message(fmt::format("{}; what it has cannot be proven now", e.message));
  if (!options_.errand) {
    if (auto spec = begins_with(options_.db, source_, ground_->view()); !spec) return Unexpected{spec.error()};
  }
  started_ = ground_->view().start;
  auto begun = store_->begin_run(idle_.id, started_);
  if (!begun) return Unexpected{store_failure(begun.error())};
  auto stored = store_->load_task(name);
  if (!stored) return Unexpected{store_failure(stored.error())};
  // What rests is cancelled and proven all the same.
  if (auto sound = check_books(*stored); !sound && !only_proves()) return sound;
  run_id_ = run_id_of(stored->task);
  store_->set_run_id(run_id_);
  // On paper nothing leaves: there the order of the two would be seen by nobody.
  if (grounds_.live()) (void)store_->promise_in_file(name);
  for (const std::string& note : ground_->prepare(*stored)) output_.message(note);
  if (!options_.errand) output_.message(loss_at_these_prices(stored->task.spec, ground_->view()));
  if (grounds_.live()) {
    if (auto done = reconcile_with_venues(*stored); !done) return done;
  }
  auto pending = store_->pending_requests(name);
  if (!pending) return Unexpected{store_failure(pending.error())};
  for (const ControlRequest& r : *pending) {
    if (r.verb == ControlRequest::Verb::Cancel) cancels_.insert(r.id);
    if (r.verb != ControlRequest::Verb::Set || options_.errand) continue;
    if (auto done = change_before_start(*stored, r); !done) return done;
  }
  if (!options_.errand) {
    if (auto fine = check_tradable(TaskSource{stored->task.spec, source_.place, source_.keys}); !fine) return fine;
  }
  engine_ = std::make_unique<TaskEngine>(
      std::move(*stored), ground_->view().instruments,
      RunOptions{options_.max_cycles, options_.leave_orders, !cancels_.empty(), options_.errand, capital(ground_->view()), membership_->room()});
  run_ = ground_->drive(*engine_, *store_, *this);
  return {};
}

// What the venues show and the books do not: orders whose intent a power cut took, and what became of those in the books meanwhile.
Expected<void, ToolError> Session::reconcile_with_venues(StoredTask& stored) {
  const bool rebuild = options_.rebuild.us > 0;
  // Until the books hold an order: an earlier run may have been stopped, or killed, before it got so far.
  const bool beginning = stored.task.orders == 0 && stored.orders.empty() && !rebuild;
  Time since = beginning ? started_ - kFirstLook : idle_.updated - kBeforeLast;
  for (const OrderRecord& o : stored.orders) {
    if (o.status != OrderStatus::Closed) since = std::min(since, o.request.created - kBeforeLast);
  }
  if (rebuild) since = started_ - options_.rebuild;
  const AccountViews views = ground_->survey(since);
  for (const ToolError& e : views.failed) {
    if (options_.errand && Roster::is_its_own(e)) {
      output_.message(e.message);
    } else {
      return Unexpected{e};
    }
  }
  if (auto fine = check_request(views); !fine) return fine;
  if (beginning && !stored.task.restored && !options_.errand) {
    if (auto fine = check_restored(stored.task, views); !fine) return fine;
  }
  if (beginning && stored.task.round == 1) {  // the orders of earlier rounds are in the books, in rows of their own
    if (auto fine = check_beginning(stored.task, views); !fine || stored.task.runs == 1) return fine;
  }
  Reconciliation found = reconcile(stored, views, rebuild);
  known_ = std::move(found.known);
  const std::string& name = stored.task.spec.name;
  if (!found.contradiction.empty() && !only_proves()) {
    return Unexpected{ToolError{ExitCode::Contradiction, fmt::format("task {}: {}", name, found.contradiction), std::string(kMakeBooksAnew)}};
  }
  const JournalBatch batch = adoption(stored, found, started_);
  if (batch.empty()) return {};
  if (auto done = store_->commit(stored.task, batch); !done) return Unexpected{journal_failure(done.error(), name)};
  if (!found.lost.empty()) output_.message(fmt::format("task {}: {}: taken over", name, lost_in_words(found)));
  for (const OrderRecord& o : found.reopened) output_.message(fmt::format("task {}: order {}: {}", name, o.request.id.view(), o.reason.view()));
  return {};
}

// Books that begin while the venues know the task already: they were lost, or the name was used with another database.
Expected<void, ToolError> Session::check_beginning(TaskRecord& task, const AccountViews& views) {
  const Traces t = traces_of(idle_.spec, views, task.runs == 1 ? UINT32_MAX : first_epoch(task));
  if (t.orders == 0) return {};
  const std::string name = idle_.spec.name;
  const bool by_a_person = options_.restart && !options_.triggered;  // a trigger's new round knows nothing of lost books
  if (t.open == 0 && (t.trades == 0 || by_a_person)) {
    output_.message(fmt::format("task {}: the venues show {} earlier orders under this name that are not in this database, all ended; this begins beside them",
                                name, t.orders));
    return number_beyond(task, t.newest_epoch);
  }
  return Unexpected{ToolError{
      ExitCode::Contradiction,
      fmt::format("task {}: this database begins, but the venues show {} orders and {} trades under this name, {} open, bought less sold {} {}: its books "
                  "are lost, and to begin again would trade its total once more",
                  name, t.orders, t.trades, t.open, t.net.str(), idle_.spec.symbol.base.view()),
      "dn-recover --from-venue FILE --apply makes the books anew from the venues; what has nothing to do with them takes another name, or --restart "
      "where nothing of them is open"}};
}

// A database that was begun twice within moments may number its runs like the one before: ids would be used twice.
Expected<void, ToolError> Session::number_beyond(TaskRecord& task, std::uint32_t epoch) {
  if (epoch < task.run_epoch) return {};
  task.run_epoch = epoch;
  JournalBatch batch;
  batch.task = true;
  if (auto done = store_->commit(task, batch); !done) return Unexpected{journal_failure(done.error(), task.spec.name)};
  auto begun = store_->begin_run(task.id, started_);  // its sync makes what stands before it in the log durable as well
  if (!begun) return Unexpected{store_failure(begun.error())};
  task = std::move(*begun);
  return {};
}

Time Session::next_time() const {
  if (!run_) return Time::never();
  const Time next = run_->next_time();
  return draining_ || options_.max_runtime.us == 0 ? next : std::min(next, started_ + options_.max_runtime);
}

Expected<void, ToolError> Session::step() {
  const std::int64_t budget = options_.max_runtime.us;
  if (!draining_ && budget > 0 && next_time() - started_ >= options_.max_runtime) return inject(Drain{ExitCode::BudgetUsed, options_.leave_orders});
  if (!draining_ && ground_->over()) {
    output_.message("the recording ends");
    return inject(Drain{ExitCode::BudgetUsed, options_.leave_orders});
  }
  return after_step(run_->step());
}

void Session::withdraw() {
  if (run_ && !finished()) run_->withdraw();
}

Expected<void, ToolError> Session::inject(const Event& event) {
  if (decided()) return {};
  if (std::holds_alternative<Drain>(event)) draining_ = true;
  return after_step(run_->inject(event, run_->now()));
}

Expected<void, ToolError> Session::after_step(const Expected<void, JournalError>& done) {
  if (!done) return Unexpected{journal_failure(done.error(), record().spec.name)};
  if (run_->crashed())
    return Unexpected{
        ToolError{ExitCode::Internal, fmt::format("task {}: the fault plan drew a crash of this process", record().spec.name), "run the same command again"}};
  if (engine_->finished()) return concluded_ ? Expected<void, ToolError>() : conclude();
  return hear_portfolio(membership_->after_step(*engine_, run_->now()));
}

// What the portfolio says is a step of its own.
Expected<void, ToolError> Session::hear_portfolio(const Expected<std::optional<Event>, ToolError>& news) {
  if (!news) return Unexpected{news.error()};
  return *news ? inject(**news) : Expected<void, ToolError>();
}

Expected<void, ToolError> Session::conclude() {
  concluded_ = true;
  const std::string name = record().spec.name;
  const std::string summary = summary_json();
  if (output_.options().ndjson) output_.data(summary);
  if (auto done = store_->append_event(record(), run_->now(), "summary", summary); !done) return Unexpected{journal_failure(done.error(), name)};
  if (auto done = store_->save_latency(record().id, watches_.stats()); !done) return Unexpected{journal_failure(done.error(), name)};
  if (auto done = membership_->leave(record(), engine_->result()); !done) return done;
  if (auto done = settle_changes(); !done) return done;
  store_->forget_intents(name);
  for (const std::int64_t id : cancels_) {
    if (record().verdict == Verdict::None) continue;
    if (auto done = store_->mark_done(id, "cancelled", run_->now()); !done) return Unexpected{store_failure(done.error())};
  }
  return check_what_stands(options_.db, record(), only_proves());
}

std::string Session::event_head(std::string_view type) const {
  const Time now = run_ ? std::max(run_->now(), started_) : started_;
  return fmt::format("{{\"schema\":\"dn.event/1\",\"type\":\"{}\",\"ts\":\"{}\",\"ts_us\":{},\"run_id\":\"{}\",\"task\":\"{}\"", type, rfc3339(now), now.us,
                     json_escaped(run_id_), json_escaped(record().spec.name));
}

// What the accounts held is what dn-status audit --online reckons from.
std::string Session::run_start_json() const {
  JsonWriter w;
  w.begin_object().field("version", DN_VERSION).field("mode", grounds_.live() ? "live" : "paper");
  w.field("config_hash", fmt::format("{:016x}", fnv1a(to_text(record().spec)))).field("run_epoch", std::int64_t{record().run_epoch});
  if (const auto accounts = accounts_of(record().spec, ground_->view()); !accounts.empty()) write_accounts(w, accounts);
  w.end_object();
  return event_head("run_start") + "," + w.str().substr(1);
}

std::string Session::summary_json() const {
  JsonWriter w;
  w.begin_object();
  write_summary_fields(w, record());
  w.field("open_orders", static_cast<std::int64_t>(open_orders()));
  w.field("cycles", engine_ ? engine_->cycles() : 0).field("duration_us", run_ ? (run_->now() - started_).us : 0).end_object();
  return event_head("summary") + "," + w.str().substr(1);
}

std::string Session::progress_line() const {
  const TaskRecord& r = record();
  const Kpi k = kpi(r);
  const auto side = [&](Side leg) { return fmt::format("{} {}/{}", name(leg), r.leg[leg].filled.str(), r.spec.total_quantity.str()); };
  return fmt::format("{} {} {}  {}  {}  imbalance {}  orders {}", r.spec.name, name(r.state), name(r.mode), side(Side::Buy), side(Side::Sell),
                     k.imbalance.str(), r.orders);
}

// ---- RunObserver

void Session::heard(Time now, const Event& event) {
  watches_.heard(now, event);
  watches_.before_decision();
}

void Session::after_handle(Time /*now*/, const TaskEngine& /*engine*/, const Commands& commands) { watches_.after_decision(!commands.sends.empty()); }

void Session::committed(Time /*now*/, const TaskEngine& engine, const Commands& commands) {
  const TaskSpec& spec = engine.record().spec;
  for (const TaskEvent& e : commands.journal.events) {
    if (output_.options().ndjson) output_.data(to_json(e, run_id_, spec.name));
    if (!output_.options().quiet) output_.message(event_line(e, spec, output_.plain(), output_.options().verbose));
  }
}

void Session::sending(Time now, const Send& send) { watches_.sending(now, send); }

void Session::sent(Time /*now*/) { watches_.all_sent(); }

}  // namespace dn::app
