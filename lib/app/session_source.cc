// What the task's owner wrote, against what the database knows of it.
#include <fmt/format.h>

#include "app/control.h"
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
  known.spec = source_.spec;
  if (!source_.written.empty()) known.source = source_.written;
  JournalBatch batch;
  batch.task = true;
  if (auto done = store_->commit(known, batch); !done) return Unexpected{journal_failure(done.error(), known.spec.name)};
  return {};
}

Expected<void, ToolError> Session::reload(const TaskSource& source) {
  if (decided() || to_text(source.spec) == record().source) return {};
  if (const std::string key = fixed_difference(record().spec, source.spec); !key.empty()) {
    output_.message(fmt::format("reload refused: {} cannot change while the task runs", key));
    return {};
  }
  TaskSource changed = source;
  if (auto set = apply_settings(changed, source_.settings); !set) return set;
  if (auto tradable = check_tradable(changed); !tradable) {
    output_.message("reload refused: " + tradable.error().message);
    return {};
  }
  output_.message("reloaded " + source.place.file);
  return inject(ChangeSpec{changed.spec, to_text(source.spec)});
}

// The sizes must be tradable on both venues.
Expected<void, ToolError> Session::check_tradable(const TaskSource& source) const {
  const MarketView& view = ground_->view();
  return report_problems(source, check_plan(source.spec, view.instruments, make_plan(source.spec, view.instruments), view.mid));
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
