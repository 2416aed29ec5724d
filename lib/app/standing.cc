#include "app/standing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "app/control.h"
#include "app/run.h"
#include "app/task_file.h"
#include "app/trigger_watch.h"
#include "engine/plan.h"
#include "model/portfolio.h"

namespace dn::app {
namespace {

Standing as_written(const TaskSpec& spec) {
  Standing s;
  for (const Side leg : kSides) {
    const RestoreSpec& r = spec.restore[leg];
    s.progress.filled[leg] = r.filled_quantity;
    s.held[leg] = r.avg_price * r.filled_quantity;
  }
  s.opens = spec.direction == Direction::Open;
  return s;
}

}  // namespace

Standing standing_of(const std::string& db, const TaskSpec& spec, bool restart) {
  Standing s = as_written(spec);
  auto store = Store::open(db, Store::Mode::ReadOnly);
  if (!store) return s;
  const auto found = (*store)->find_task(spec.name);
  if (!found || !*found) return s;
  const TaskRecord& t = **found;
  if (t.verdict != Verdict::None) {
    s.trades = restart;
    s.opens = s.opens && restart;
    return s;
  }
  s.trades = t.mode != TaskMode::Paused && t.mode != TaskMode::Halted;
  s.opens = s.opens && s.trades && t.holding.part == Part::Open;
  for (const Side leg : kSides) {
    if (!t.restored && t.runs == 0) continue;
    s.progress.filled[leg] = t.leg[leg].filled;
    s.held[leg] = held_value(t.leg[leg]);
  }
  if (const auto open = (*store)->orders(t.id, {true, false})) {
    for (const OrderRecord& o : *open) {
      if (o.request.side == o.request.leg) s.progress.resting[o.request.leg] += o.request.qty - o.filled;
    }
  }
  return s;
}

Expected<TaskSpec, ToolError> begins_with(const std::string& db, const TaskSource& source, const MarketView& market) {
  std::vector<TaskSpec> may{source.spec};
  if (auto store = Store::open(db, Store::Mode::ReadOnly)) {
    auto known = beginnings(**store, source);
    if (!known) return Unexpected{known.error()};
    may = std::move(*known);
  }
  Expected<void, ToolError> fine;
  for (TaskSpec& spec : may) {
    fine = report_problems(source, check_plan(spec, market.instruments, make_plan(spec, market.instruments), market.mid));
    if (fine) return std::move(spec);
  }
  return Unexpected{fine.error()};
}

Expected<void, ToolError> check_funds(const std::string& db, const TaskSpec& spec, bool restart, const MarketView& market, Output& output) {
  if (!market.funds.buy && !market.funds.sell) return {};
  const Standing standing = standing_of(db, spec, restart);
  if (!standing.trades) return {};
  const Numbers numbers = numbers_of(spec, market);
  const std::vector<std::string> missing = what_is_missing({spec, market, numbers, {}, standing.progress});
  if (missing.empty()) return {};
  const std::string text = fmt::format("task {}: {}", spec.name, fmt::join(missing, "; "));
  if (standing.progress.has_begun()) {
    output.message(text + "; it goes on with what it has begun");
    return {};
  }
  return Unexpected{ToolError{ExitCode::Refused, text + "; both legs or none: nothing is sent",
                              "pay in, or write smaller sizes; dn-status check --online shows what the task needs"}};
}

std::vector<std::string> tasks_with_orders(const RunRequest& request) {
  std::vector<std::string> out;
  auto store = Store::open(request.session.db, Store::Mode::ReadOnly);
  if (!store) return out;
  std::set<std::string> named(request.names.begin(), request.names.end());
  if (auto read = read_files(request.files)) {
    for (const TaskSource& s : read->tasks) named.insert(s.spec.name);
    for (const TaskSource& s : trigger_tasks(read->triggers)) named.insert(s.spec.name);
  }
  for (const TaskSource& s : request.from_flags) named.insert(s.spec.name);
  const auto tasks = (*store)->tasks();
  if (!tasks) return out;
  for (const TaskRecord& t : *tasks) {
    if (t.verdict != Verdict::None || !(request.all || named.contains(t.spec.name))) continue;
    const auto open = (*store)->orders(t.id, {true, false});
    if (open && !open->empty()) out.push_back(t.spec.name);
  }
  return out;
}

}  // namespace dn::app
