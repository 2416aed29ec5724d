#include "app/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "app/session.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "engine/plan.h"
#include "store/task_lock.h"

namespace dn::app {
namespace {

using Verb = ControlRequest::Verb;

// How long a change waits to hear what became of it: a run that is well takes it in its next cycle.
constexpr int kMostLooks = 100;
constexpr auto kBetweenAnswerLooks = std::chrono::milliseconds(20);

std::string_view word(Verb v) {
  switch (v) {
    case Verb::Set: return "set";
    case Verb::Pause: return "pause";
    case Verb::Resume: return "resume";
    case Verb::Cancel: return "cancel";
    case Verb::Halt: return "halt";
  }
  return "?";
}

ToolError refuse(std::string message, std::string next) { return {ExitCode::Refused, std::move(message), std::move(next)}; }

Alerted told(std::string_view code, std::string_view message) { return {AlertKind::Alert, AlertLevel::Info, Code(code), Reason(message), {}, {}}; }

PerSide<Qty> filled_of(const TaskRecord& t) { return {t.leg.buy.filled, t.leg.sell.filled}; }

// What the changes that wait come to, as far as they make sense one after the other.
TaskSpec with_wishes(const TaskSpec& spec, const PerSide<Qty>& filled, const std::vector<ControlRequest>& waiting) {
  TaskSource all{spec, {}, {}};
  for (const ControlRequest& r : waiting) {
    TaskSource next = all;
    if (r.verb == Verb::Set && change_spec(next, filled, split_lines(r.arguments))) all = next;
  }
  return all.spec;
}

// Changes the record of a task that nobody runs; the text for its owner.
Expected<std::string, ToolError> change_idle(Verb verb, StoredTask& t, const std::vector<std::string>& settings, JournalBatch& batch) {
  TaskRecord& r = t.task;
  const std::string name = r.spec.name;
  switch (verb) {
    case Verb::Set: {
      TaskSource source{r.spec, {}, {}};
      if (auto done = change_spec(source, filled_of(r), settings); !done) return Unexpected{done.error()};
      for (const std::string& line : changes_between(r.spec, source.spec, asked_by_set(wall_clock()) + ", while nobody ran the task")) {
        batch.events.push_back({r.updated, told("parameters_changed", line)});
      }
      r.spec = source.spec;
      return fmt::format("task {}: changed", name);
    }
    case Verb::Pause:
      if (r.mode == TaskMode::Halted) return Unexpected{refuse(fmt::format("task {} is halted: {}", name, r.reason), "dn-status show " + name)};
      r.mode = TaskMode::Paused;
      r.reason = "paused by a person";
      batch.events.push_back({r.updated, told("paused", "by dn-run pause, while nobody ran the task")});
      return fmt::format("task {}: paused", name);
    case Verb::Resume:
      if (r.mode == TaskMode::Halted) {
        return Unexpected{refuse(fmt::format("task {} is halted, not paused: {}", name, r.reason),
                                 fmt::format("look first (dn-status show {0}); a halt is lifted by dn-recover resume --task {0} --yes", name))};
      }
      r.mode = TaskMode::Active;
      r.reason.clear();
      batch.events.push_back({r.updated, told("resumed", "by dn-run resume")});
      return fmt::format("task {}: resumed; dn-run --task {} goes on", name, name);
    case Verb::Halt:
      r.mode = TaskMode::Halted;
      r.guards.unwinding = false;
      r.reason = settings.empty() ? "halted by a person" : settings[0];
      batch.events.push_back({r.updated, Alerted{AlertKind::Halt, AlertLevel::Critical, Code("halted"), Reason(r.reason), {}, {}}});
      return fmt::format("task {}: halted", name);
    case Verb::Cancel:
      r.verdict = Verdict::Cancelled;
      r.state = TaskState::Cancelled;
      r.reason = "cancelled by a person";
      r.exit_code = ExitCode::Ok;
      batch.events.push_back({r.updated, told("cancelled", "by dn-run cancel, with no order open and the sides as they are")});
      return fmt::format("task {}: cancelled, imbalance {}", name, r.imbalance().str());
  }
  return std::string();
}

// Whether the run that holds the task took what was asked of it at that time, or refused it; nullopt: it has not come to that in a moment.
Expected<std::optional<bool>, ToolError> answer_of_run(Store& store, const std::string& task, Time asked, const std::vector<std::string>& settings) {
  for (int i = 0; i < kMostLooks; ++i) {
    std::this_thread::sleep_for(kBetweenAnswerLooks);
    const auto waiting = store.pending_requests(task);
    if (!waiting) return Unexpected{store_failure(waiting.error())};
    if (std::ranges::any_of(*waiting, [&](const ControlRequest& r) { return r.verb == Verb::Set && r.asked == asked; })) continue;
    const auto now = store.find_task(task);
    if (!now) return Unexpected{store_failure(now.error())};
    if (!*now) return std::optional<bool>();
    TaskSource wanted{(*now)->spec, {}, {}};
    if (auto set = apply_settings(wanted, settings); !set) return Unexpected{set.error()};
    return std::optional(to_text(wanted.spec) == to_text((*now)->spec));
  }
  return std::optional<bool>();
}

// Why a wish about a task that nobody runs is left to its next run.
enum class Waits : std::uint8_t { Not, ForItsRun, BehindOthers, ForVenues, ForProof };

Waits why_it_waits(Verb verb, const StoredTask& stored, const TaskSpec& before, const TaskSpec& wanted, const std::vector<ControlRequest>& waiting) {
  if (verb == Verb::Cancel) return has_unclosed(stored) || !stored.task.imbalance().is_zero() ? Waits::ForProof : Waits::Not;
  if (verb != Verb::Set) return Waits::Not;
  // Those that no run has taken yet would undo it.
  if (std::ranges::any_of(waiting, [](const ControlRequest& r) { return r.verb == Verb::Set; })) return Waits::BehindOthers;
  return is_for_venues(before, wanted) ? Waits::ForVenues : Waits::Not;
}

// The text for its owner.
Expected<std::string, ToolError> leave_wish(Store& store, Verb verb, const std::string& task, const std::vector<std::string>& settings, Waits why) {
  std::string text;
  for (const std::string& s : settings) text += s + "\n";
  const Time asked = wall_clock();
  if (auto done = store.ask(task, verb, text, asked); !done) return Unexpected{store_failure(done.error())};
  switch (why) {
    case Waits::BehindOthers: return fmt::format("task {}: asked to set, behind others that wait; dn-run --task {} begins with all of them", task, task);
    case Waits::ForVenues:
      return fmt::format(
          "task {0}: asked to set; whether its venues take that only they can say: dn-run --task {0} begins with it, or goes on without "
          "(dn-status events {0}: parameters_changed, or parameters_refused with why)",
          task);
    case Waits::ForProof: return fmt::format("task {}: asked to cancel; it has orders or an imbalance, so dn-run --task {} carries it out", task, task);
    case Waits::ForItsRun:
    case Waits::Not: break;
  }
  const auto taken = verb == Verb::Set ? answer_of_run(store, task, asked, settings) : Expected<std::optional<bool>, ToolError>(std::optional<bool>());
  if (!taken) return Unexpected{taken.error()};
  if (*taken == true) return fmt::format("task {}: changed; its run goes by it now", task);
  if (*taken == false) {
    return Unexpected{refuse(fmt::format("task {}: its run refused the change", task), fmt::format("dn-status events {}: parameters_refused says why", task))};
  }
  return fmt::format("task {}: asked to {}; the process that runs it does so at its next cycle", task, word(verb));
}

}  // namespace

void tell(Output& output, const std::string& task, const std::string& message) {
  if (!output.options().json && !output.options().ndjson) {
    if (!output.options().quiet) output.data(message);
    return;
  }
  JsonWriter w;
  w.begin_object().field("schema", "dn.run/1").field("task", task).field("message", message).end_object();
  output.data(w.str());
}

bool has_unclosed(const StoredTask& t) {
  return std::any_of(t.orders.begin(), t.orders.end(), [](const OrderRecord& o) { return o.status != OrderStatus::Closed; });
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end != 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::string wish_text(const ControlRequest& wish) {
  std::string out(word(wish.verb));
  for (const std::string& line : split_lines(wish.arguments)) out += " " + line;
  return out;
}

Expected<void, ToolError> change_spec(TaskSource& task, const PerSide<Qty>& filled, const std::vector<std::string>& settings) {
  for (const std::string& s : settings) {
    const std::string key = s.substr(0, s.find('='));
    const KeyInfo* info = find_task_key(key);
    if (info != nullptr && !info->live) {
      return Unexpected{
          refuse(fmt::format("{} cannot change once the task exists", key), "cancel the task and begin a new one, or --restart it with the file changed")};
    }
  }
  if (auto set = apply_settings(task, settings); !set) return set;
  if (auto fine = report_problems(task, check(task.spec)); !fine) return fine;
  const Qty most = max(filled.buy, filled.sell);
  if (task.spec.total_quantity < most) {
    return Unexpected{refuse(fmt::format("total_quantity {} is below what is filled already, {}", task.spec.total_quantity.str(), most.str()),
                             "write at least that, or dn-run cancel the task")};
  }
  return {};
}

std::vector<std::string> changes_between(const TaskSpec& before, const TaskSpec& after, std::string_view by) {
  std::vector<std::string> out;
  for (const KeyInfo& k : task_keys()) {
    const auto was = get_task_key(before, k.key);
    const auto is = get_task_key(after, k.key);
    if (was != is) out.push_back(fmt::format("{} {} -> {}, {}", k.key, was.value_or("none"), is.value_or("none"), by));
  }
  return out;
}

std::string asked_by_set(Time at) { return "by dn-run set, asked for at " + rfc3339(at); }

Expected<std::vector<TaskSpec>, ToolError> beginnings(Store& store, const TaskSource& source) {
  const auto known = store.find_task(source.spec.name);
  if (!known) return Unexpected{store_failure(known.error())};
  if (!*known || (*known)->verdict != Verdict::None) return std::vector{source.spec};
  const auto waiting = store.pending_requests(source.spec.name);
  if (!waiting) return Unexpected{store_failure(waiting.error())};
  TaskSource base{source.spec, {}, {}};
  if (!source.written.empty() && (*known)->source == source.written) {  // the file says nothing new
    base.spec = (*known)->spec;
    if (auto set = apply_settings(base, source.settings); !set) return Unexpected{set.error()};
  }
  TaskSource all{with_wishes(base.spec, filled_of(**known), *waiting), {}, {}};
  if (auto set = apply_settings(all, source.settings); !set) return Unexpected{set.error()};
  std::vector<TaskSpec> out{all.spec};
  if (to_text(all.spec) != to_text(base.spec)) out.push_back(base.spec);
  return out;
}

Expected<std::string, ToolError> ask_of_task(const std::string& db, Verb verb, const std::string& task, const std::vector<std::string>& settings) {
  if (!std::filesystem::exists(db))
    return Unexpected{ToolError{ExitCode::NotFound, fmt::format("{}: there is no database", printable(db)), "give the --db that dn-run used"}};
  auto store = Store::open(db, Store::Mode::ReadWrite);
  if (!store) return Unexpected{store_failure(store.error())};
  auto found = (*store)->find_task(task);
  if (!found) return Unexpected{store_failure(found.error())};
  if (!found->has_value()) return Unexpected{no_such_task(task, db)};
  if ((*found)->verdict != Verdict::None) {
    return Unexpected{refuse(fmt::format("task {} has ended: {}", task, name((*found)->verdict)), "dn-run FILE --restart begins a new round")};
  }
  auto lock = TaskLock::acquire(lock_directory(db), task);
  auto stored = (*store)->load_task(task);
  if (!stored) return Unexpected{store_failure(stored.error())};
  const auto waiting = (*store)->pending_requests(task);
  if (!waiting) return Unexpected{store_failure(waiting.error())};
  if (verb == Verb::Resume && std::ranges::any_of(*waiting, [](const ControlRequest& r) { return r.verb == Verb::Cancel; })) {
    return Unexpected{
        refuse(fmt::format("task {}: a cancel waits for its run, and is not taken back", task), fmt::format("dn-run --task {} carries it out", task))};
  }
  if (!lock && !lock.error().held) return Unexpected{ToolError{ExitCode::Io, lock.error().message, "check the directory of --db"}};
  const TaskSpec before = with_wishes(stored->task.spec, filled_of(stored->task), *waiting);
  TaskSource wanted{before, {}, {}};
  if (verb == Verb::Set) {
    if (auto fine = change_spec(wanted, filled_of(stored->task), settings); !fine) return Unexpected{fine.error()};
  }
  const Waits why = lock ? why_it_waits(verb, *stored, before, wanted.spec, *waiting) : Waits::ForItsRun;
  if (why != Waits::Not) return leave_wish(**store, verb, task, settings, why);
  JournalBatch batch;
  batch.task = true;
  stored->task.updated = present_of(stored->task);
  auto changed = change_idle(verb, *stored, settings, batch);
  if (!changed) return Unexpected{changed.error()};
  if (auto done = (*store)->commit(stored->task, batch); !done) return Unexpected{journal_failure(done.error(), task)};
  return *changed;
}

Expected<ExitCode, ToolError> control_task(const std::string& db, Verb verb, const std::string& task, const std::vector<std::string>& settings,
                                           Output& output) {
  const auto done = ask_of_task(db, verb, task, settings);
  if (!done) return Unexpected{done.error()};
  tell(output, task, *done);
  return ExitCode::Ok;
}

}  // namespace dn::app
