// What the task's owner wrote, against what the database knows of it; and what a person asks of it meanwhile.
#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

#include "app/control.h"
#include "app/restore_check.h"
#include "app/session.h"
#include "base/text.h"

namespace dn::app {
namespace {

// What two specs differ in, of the keys that cannot change while a task exists.
std::string fixed_difference(const TaskSpec& a, const TaskSpec& b) {
  for (const KeyInfo& k : task_keys()) {
    if (!k.live && get_task_key(a, k.key) != get_task_key(b, k.key)) return std::string(k.key);
  }
  return {};
}

JournalBatch warning(Time at, const Code& code, const std::string& what) {
  JournalBatch batch;
  batch.events.push_back({at, Alerted{AlertKind::Alert, AlertLevel::Warning, code, Reason(what), {}, {}}});
  return batch;
}

JournalBatch refusal_event(Time at, const std::string& refused) { return warning(at, Code("parameters_refused"), refused); }

std::optional<Time> written_at(const std::string& file) {
  struct stat st {};
  if (stat(file.c_str(), &st) != 0) return std::nullopt;
  return Time{std::int64_t{st.st_mtim.tv_sec} * 1'000'000 + st.st_mtim.tv_nsec / 1000};
}

}  // namespace

// The file names a task that exists. Its live keys count when the file changed since it was last read; otherwise what `set` changed
// meanwhile stays. What the command line sets counts in either case.
Expected<void, ToolError> Session::adopt_file(TaskRecord& known) {
  if (known.verdict != Verdict::None) return {};
  if (!source_.written.empty() && known.source == source_.written) {
    // Nothing new in the file: what was set meanwhile stays, but for what the command line sets.
    source_.spec = known.spec;
    if (auto set = apply_settings(source_, source_.settings); !set) return set;
    if (auto fine = report_problems(source_, check(source_.spec)); !fine) return fine;
  }
  if (to_text(source_.spec) == to_text(known.spec) && (source_.written.empty() || known.source == source_.written)) return {};
  if (const std::string key = fixed_difference(known.spec, source_.spec); !key.empty()) {
    Problems problems;
    problems.add(
        source_.place_of(key), key,
        fmt::format("task \"{}\" exists in the database with {} = {}; that cannot change: give this task another name, or dn-run cancel {} and --restart",
                    known.spec.name, key, get_task_key(known.spec, key).value_or("nothing"), known.spec.name));
    return Unexpected{problems.error()};
  }
  const bool is_new = !source_.written.empty() && known.source != source_.written;
  known.spec = source_.spec;
  if (is_new) known.source = source_.written;
  JournalBatch batch;
  batch.task = true;
  if (auto done = store_->commit(known, batch); !done) return Unexpected{journal_failure(done.error(), known.spec.name)};
  const auto at = is_new ? written_at(source_.place.file) : std::nullopt;
  return at ? drop_wishes(known, at, "the file was changed after it") : Expected<void, ToolError>();
}

// Changes that were asked for before then, all of them where it is not given, and that no run has taken: they are not carried out any more.
Expected<void, ToolError> Session::drop_wishes(const TaskRecord& known, std::optional<Time> before, std::string_view why) {
  const auto pending = store_->pending_requests(known.spec.name);
  if (!pending) return Unexpected{store_failure(pending.error())};
  for (const ControlRequest& r : *pending) {
    if (r.verb != ControlRequest::Verb::Set || (before && r.asked >= *before)) continue;
    const std::string text = fmt::format("refused: {}: what was asked for at {}", why, rfc3339(r.asked));
    output_.message(fmt::format("task {}: {}", known.spec.name, text));
    if (auto done = store_->commit(known, refusal_event(present_of(known), text)); !done) return Unexpected{journal_failure(done.error(), known.spec.name)};
    if (auto marked = store_->mark_done(r.id, text, present_of(known)); !marked) return Unexpected{store_failure(marked.error())};
  }
  return {};
}

Expected<void, ToolError> Session::reload(const TaskSource& source) {
  if (decided() || to_text(source.spec) == record().source) return {};
  if (const std::string key = fixed_difference(record().spec, source.spec); !key.empty()) {
    return refuse("reload refused: " + key + " cannot change while the task exists");
  }
  TaskSource changed = source;
  if (auto set = apply_settings(changed, source_.settings); !set) return set;
  if (auto tradable = check_tradable(changed); !tradable) return refuse("reload refused: " + tradable.error().message);
  output_.message("reloaded " + source.place.file);
  const TaskSpec& before = engine_->pending_spec() ? *engine_->pending_spec() : record().spec;
  return inject(ChangeSpec{changed.spec, to_text(source.spec), changes_between(before, changed.spec, "by the file, read again")});
}

// A change is not made; whoever asked may have looked away, so the books say so, and why.
Expected<void, ToolError> Session::refuse(const std::string& why) {
  output_.message(why);
  if (auto done = store_->commit(record(), refusal_event(run_->now(), why)); !done) return Unexpected{journal_failure(done.error(), record().spec.name)};
  return {};
}

Expected<void, ToolError> Session::poll_requests() {
  if (decided()) return {};
  if (!options_.errand) {
    if (auto heard = hear_portfolio(membership_->look(*engine_)); !heard || decided()) return heard;
  }
  if (auto settled = settle_changes(); !settled) return settled;
  auto pending = store_->pending_requests(record().spec.name);
  if (!pending) return Unexpected{store_failure(pending.error())};
  for (const ControlRequest& r : *pending) {
    if (cancels_.contains(r.id) || changes_.contains(r.id)) continue;
    if (auto done = carry_out(r); !done || decided()) return done;
  }
  return {};
}

Expected<void, ToolError> Session::carry_out(const ControlRequest& r) {
  Expected<void, ToolError> done;
  switch (r.verb) {
    case ControlRequest::Verb::Halt: done = inject(HaltTask{Code("halted"), Reason(r.arguments.substr(0, r.arguments.find('\n')))}); break;
    case ControlRequest::Verb::Pause: done = inject(Pause{}); break;
    case ControlRequest::Verb::Resume: done = inject(Resume{}); break;
    case ControlRequest::Verb::Cancel: cancels_.insert(r.id); return inject(CancelTask{});  // done when the task is cancelled, also by a later run
    case ControlRequest::Verb::Set: return change(r);
  }
  if (!done) return done;
  if (auto marked = store_->mark_done(r.id, "applied", run_->now()); !marked) return Unexpected{store_failure(marked.error())};
  return {};
}

// What two wishes in a row change is not lost, whether or not a cycle lies between them.
Expected<void, ToolError> Session::change(const ControlRequest& r) {
  const TaskSpec before = engine_->pending_spec() ? *engine_->pending_spec() : record().spec;
  TaskSource changed{before, {}, {}};
  const auto refused = refusal_of(changed, {record().leg.buy.filled, record().leg.sell.filled}, r);
  if (!refused.empty()) {
    if (auto done = refuse(refused); !done) return done;
    if (auto marked = store_->mark_done(r.id, refused, run_->now()); !marked) return Unexpected{store_failure(marked.error())};
    return {};
  }
  changes_.insert(r.id);  // done when a cycle has taken it: a run that dies before leaves it to the next one
  return inject(ChangeSpec{changed.spec, {}, changes_between(before, changed.spec, asked_by_set(r.asked))});
}

// Empty: `changed` is as the wish wants it.
std::string Session::refusal_of(TaskSource& changed, const PerSide<Qty>& filled, const ControlRequest& r) const {
  if (auto fine = change_spec(changed, filled, split_lines(r.arguments)); !fine) return "refused: " + fine.error().message;
  if (auto tradable = check_tradable(changed); !tradable) return "refused: " + tradable.error().message;
  return {};
}

Expected<void, ToolError> Session::settle_changes() {
  if (engine_->pending_spec() || changes_.empty()) return {};
  if (auto done = run_->settle(); !done) return Unexpected{journal_failure(done.error(), record().spec.name)};
  for (const std::int64_t id : std::exchange(changes_, {})) {
    if (auto marked = store_->mark_done(id, "applied", run_->now()); !marked) return Unexpected{store_failure(marked.error())};
  }
  return {};
}

// What was asked for while no run could take it, or of a run that died before its next cycle: the first cycle has it already.
Expected<void, ToolError> Session::change_before_start(StoredTask& stored, const ControlRequest& r) {
  TaskRecord& task = stored.task;
  TaskSource changed{task.spec, {}, {}};
  std::string outcome = refusal_of(changed, {task.leg.buy.filled, task.leg.sell.filled}, r);
  if (!outcome.empty()) {
    output_.message(outcome);
    if (auto done = store_->commit(task, refusal_event(started_, outcome)); !done) return Unexpected{journal_failure(done.error(), task.spec.name)};
  } else {
    if (auto set = apply_settings(changed, source_.settings); !set) return set;  // the command line is newer
    outcome = "applied";
    JournalBatch batch;
    batch.task = true;
    for (const std::string& line : changes_between(task.spec, changed.spec, asked_by_set(r.asked))) {
      batch.events.push_back({started_, Alerted{AlertKind::Alert, AlertLevel::Info, Code("parameters_changed"), Reason(line), {}, {}}});
    }
    task.spec = changed.spec;
    if (auto done = store_->commit(task, batch); !done) return Unexpected{journal_failure(done.error(), task.spec.name)};
  }
  if (auto marked = store_->mark_done(r.id, outcome, started_); !marked) return Unexpected{store_failure(marked.error())};
  return {};
}

// The sizes must be tradable on both venues.
Expected<void, ToolError> Session::check_tradable(const TaskSource& source) const {
  const MarketView& view = ground_->view();
  return report_problems(source, check_plan(source.spec, view.instruments, make_plan(source.spec, view.instruments), view.mid));
}

// What the order of [restore] filled is booked from its trades, beside what the file says was filled before it.
Expected<void, ToolError> Session::check_restored(const TaskRecord& task, const AccountViews& views) {
  const std::string& name = task.spec.name;
  for (const RestoredTwice& twice : restored_twice(task.spec, views)) {
    const RestoreSpec& r = task.spec.restore[twice.leg];
    const std::string leg = "restore." + std::string(dn::name(twice.leg));
    if (!twice.proof.empty()) {
      return Unexpected{ToolError{
          ExitCode::Config,
          fmt::format("task {}: {}.filled_quantity {} holds the {} that order_id {} filled on {} already ({}), and would be counted twice", name, leg,
                      r.filled_quantity.str(), twice.filled.str(), printable(r.order_id), dn::name(*task.spec.leg[twice.leg].exchange), twice.proof),
          fmt::format("dn-run cancel {}, write what was filled before that order ({}), or leave order_id out where nothing of it rests, and begin with "
                      "--restart",
                      name, (r.filled_quantity - twice.filled).str())}};
    }
    const std::string what = fmt::format("{}: order_id has filled {}, which is booked beside filled_quantity {}; is it in there already, and counted twice?",
                                         leg, twice.filled.str(), r.filled_quantity.str());
    output_.message(fmt::format("task {}: {}", name, what));
    if (auto done = store_->commit(task, warning(started_, Code("restored_order_filled"), what)); !done) return Unexpected{journal_failure(done.error(), name)};
  }
  return {};
}

// An order by hand whose request was proven absent before, and that the venues show now: it is not made a second time.
Expected<void, ToolError> Session::check_request(const AccountViews& views) {
  if (!options_.errand || options_.errand->kind != Errand::Kind::Order) return {};
  const std::string request = options_.errand->request.str();
  const auto earlier = store_->order_of_request(idle_.spec.name, request);
  if (!earlier) return Unexpected{store_failure(earlier.error())};
  if (!*earlier || (*earlier)->close_reason != CloseReason::NeverArrived) return {};
  for (const AccountView& a : views.accounts) {
    for (const venues::SeenOrder& seen : a.seen.orders) {
      if (seen.client_id != (*earlier)->request.id.view()) continue;
      const std::string what = fmt::format("request {} did arrive after all: {} shows its order {}, of which {} filled; nothing is sent again",
                                           printable(request), name(a.venue), seen.client_id, seen.filled.str());
      return Unexpected{ToolError{
          ExitCode::Contradiction, what,
          seen.open ? "cancel that order at the venue; a new order takes a new --request-id" : "count that order in; a new one takes a new --request-id"}};
    }
  }
  return {};
}

}  // namespace dn::app
