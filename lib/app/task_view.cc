#include "app/task_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/control.h"
#include "app/session.h"
#include "base/text.h"
#include "store/lock_state.h"

namespace dn::app {
namespace {

// A run shows that it is alive every second; while it asks the venues at its start it does not.
constexpr Dur kLongestSilence = Dur::seconds(20);

bool is_under_way(const TaskRecord& t) { return t.state != TaskState::Idle && t.state != TaskState::Completed && t.state != TaskState::Cancelled; }

}  // namespace

Expected<TaskView, ToolError> view_of(Store& store, const std::string& db, TaskRecord task) {
  TaskView v;
  if (is_under_way(task) && !is_task_held(lock_directory(db), task.spec.name)) {
    // It may have ended between the two looks; what it leaves behind now that nobody holds it stays.
    auto again = store.find_task(task.spec.name);
    if (!again) return Unexpected{store_failure(again.error())};
    if (*again) task = std::move(**again);
    v.deserted = is_under_way(task);
  }
  const bool held = is_under_way(task) && !v.deserted;
  v.frozen = held && silent_for(lock_directory(db), task.spec.name) > kLongestSilence;
  v.held = held && !v.frozen;
  v.figures = kpi(task);
  auto open = store.orders(task.id, OrderFilter{true, false});
  if (!open) return Unexpected{store_failure(open.error())};
  v.open_orders = static_cast<std::int64_t>(open->size());
  v.unknown_orders = std::count_if(open->begin(), open->end(), [](const OrderRecord& o) { return o.status == OrderStatus::Unknown; });
  auto latency = store.latency(task.id);
  if (!latency) return Unexpected{store_failure(latency.error())};
  v.latency = std::move(*latency);
  if (task.verdict == Verdict::None) {
    auto wishes = store.pending_requests(task.spec.name);
    if (!wishes) return Unexpected{store_failure(wishes.error())};
    for (const ControlRequest& r : *wishes) v.asked_for.push_back(printable(wish_text(r)));
  }
  v.task = std::move(task);
  return v;
}

std::string_view run_of(const TaskView& v) { return v.held ? "alive" : v.frozen ? "frozen" : v.deserted ? "killed" : "none"; }

ExitCode health(const TaskView& v) {
  ExitCode code = ExitCode::Ok;
  if (v.task.mode == TaskMode::Halted) code = worse(code, v.task.exit_code == ExitCode::Ok ? ExitCode::Halted : worse(v.task.exit_code, ExitCode::Halted));
  if (v.task.mode == TaskMode::Paused) code = worse(code, ExitCode::Waiting);
  if (v.unknown_orders > 0) code = worse(code, ExitCode::UnknownOrder);
  if (v.deserted || v.frozen) {
    code = worse(code, ExitCode::Temporary);
    if (v.open_orders > 0) code = worse(code, ExitCode::UnknownOrder);  // whatever became of them, nobody has asked
    if (!v.task.imbalance().is_zero()) code = worse(code, ExitCode::Imbalanced);
  }
  // It could not be cancelled, or nobody knows whether it was.
  const bool should_rest_nothing = v.task.exit_code == ExitCode::VenueDown || (v.task.mode == TaskMode::Halted && !v.held);
  if (should_rest_nothing && v.open_orders > 0) code = worse(code, ExitCode::UnknownOrder);
  // How the last run ended, where that still stands: a new run begins with Ok.
  for (const ExitCode last : {ExitCode::Imbalanced, ExitCode::UnknownOrder, ExitCode::Contradiction}) {
    if (v.task.verdict != Verdict::Cancelled && v.task.exit_code == last) code = worse(code, last);
  }
  return code;
}

std::string next_step(const TaskView& v) {
  const std::string& name = v.task.spec.name;
  if (v.held) return "nothing: its run goes on";
  if (v.frozen) return fmt::format("its run does not move: is it stopped (kill -CONT)? else kill -9 it, and dn-run --task {}", name);
  const bool should_rest_nothing = v.task.mode == TaskMode::Halted || v.task.mode == TaskMode::Paused || v.task.verdict != Verdict::None;
  if (v.open_orders > 0 && should_rest_nothing) {
    return fmt::format("dn-recover --task {} --apply: {} of its orders may still rest at the venues", name, v.open_orders);
  }
  const bool apart = v.task.exit_code == ExitCode::Imbalanced && !v.task.imbalance().is_zero();
  const bool held = v.task.leg.buy.net.is_positive() || v.task.leg.sell.net.is_positive();
  if (v.task.verdict == Verdict::Completed && v.task.exit_code == ExitCode::Imbalanced && held && !apart) {
    return fmt::format("dn-rebalance --task {} --flatten --yes --max-notional N: it could not close what is held", name);
  }
  if (v.task.verdict == Verdict::Completed) return apart ? fmt::format("dn-rebalance --task {} --yes --max-notional N", name) : "nothing";
  if (v.task.verdict == Verdict::Cancelled) {
    if (v.task.exit_code == ExitCode::Ok && !v.task.imbalance().is_zero()) return "nothing: what is left is less than the venues trade";
    return v.task.imbalance().is_zero() ? "nothing" : "the imbalance is yours to close";
  }
  if (v.task.mode == TaskMode::Paused) return "dn-run resume " + name;
  const bool holds = v.task.leg.buy.net.is_positive() || v.task.leg.sell.net.is_positive();
  if (v.task.guards.unwinding && holds) return fmt::format("dn-run --task {}: it goes on closing what is held", name);
  const bool flattened = v.task.mode == TaskMode::Halted && v.task.reason.starts_with("flattened");
  if (flattened && v.task.reason == kFlattened) {
    return fmt::format("nothing is left to close; dn-run cancel {0} ends the task, dn-recover resume --task {0} --yes lets it trade again", name);
  }
  if (flattened && holds) {
    return fmt::format("dn-rebalance --task {} --flatten --yes --max-notional N: it goes on closing what is held", name);
  }
  if (v.task.mode == TaskMode::Halted && apart)
    return fmt::format("read the reason; the sides are not equal: dn-rebalance --task {} --yes --max-notional N", name);
  if (v.task.mode == TaskMode::Halted) return fmt::format("read the reason; then dn-recover resume --task {} --yes", name);
  return fmt::format("dn-run --task {}{}", name, v.deserted ? ": its last run was killed, this goes on from there" : "");
}

}  // namespace dn::app
