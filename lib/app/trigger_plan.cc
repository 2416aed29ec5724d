#include "app/trigger_plan.h"

#include <fmt/format.h>

#include "app/preflight.h"
#include "app/table.h"
#include "app/trigger_watch.h"
#include "base/json_writer.h"

namespace dn::app {
namespace {

PairPlan plan_pair(const TriggerSpec& trigger, const WatchedPair& pair, Grounds& grounds, Time not_before) {
  PairPlan out{pair, task_of(trigger, pair, {}, {}), {}, {}, {}, {}, false};
  const auto fail = [&out](const ToolError& e) {
    out.trouble = e.message;
    out.failed = e;
    return out;
  };
  auto ground = grounds.open(out.task, not_before, Absent::Refused);
  if (!ground) return fail(ground.error());
  auto looks = grounds.look(out.task, not_before);
  if (!looks) return fail(looks.error());
  const MarketView& view = (*ground)->view();
  out.task = sized_task(trigger, pair, view);
  const auto problems = check_plan(out.task, view.instruments, make_plan(out.task, view.instruments), view.mid);
  if (!problems.empty()) {
    out.trouble = fmt::format("{}: {}", problems[0].key, problems[0].what);
    return out;
  }
  const auto depth = depth_of(out.task, *looks);
  const bool known = depth.buy && depth.sell;
  const auto opening = opening_of(out.task, view, known ? std::optional(PerSide<venues::Depth>{*depth.buy, *depth.sell}) : std::nullopt);
  if (!opening) {
    out.trouble = "the books say nothing that could be traded on";
    return out;
  }
  out.touch = opening->touch;
  out.size = opening->size;
  out.starts = out.size && *out.size >= *trigger.min_spread_bps;
  if (!out.size) out.trouble = "a slice is more than the books show";
  return out;
}

std::string text_of(const std::optional<Bps>& bps) { return bps ? bps->decimal().rounded(2, Rounding::Down).normalized().str() : "-"; }

}  // namespace

std::vector<PairPlan> plan_trigger(const TriggerSpec& trigger, Grounds& grounds, Time not_before) {
  std::vector<TaskSpec> specs;
  for (const WatchedPair& p : trigger.pairs()) specs.push_back(task_of(trigger, p, {}, {}));
  grounds.foresee(specs);
  std::vector<PairPlan> out;
  for (const WatchedPair& p : trigger.pairs()) out.push_back(plan_pair(trigger, p, grounds, not_before));
  return out;
}

std::string trigger_plan_text(const TriggerSpec& trigger, const std::vector<PairPlan>& pairs) {
  Table table({"SYMBOL", "BUY", "SELL", "TOTAL", "SLICE", "TOUCH_BPS", "NET_BPS", "STARTS"});
  std::string notes;
  for (const PairPlan& p : pairs) {
    table.add({p.pair.symbol.str(), std::string(name(p.pair.venues.buy)), std::string(name(p.pair.venues.sell)), p.task.total_quantity.str(),
               p.task.order_quantity.str(), text_of(p.touch), text_of(p.size), p.starts ? "yes" : "no"});
    if (!p.trouble.empty()) notes += fmt::format("\n{} {} > {}: {}", p.pair.symbol.str(), name(p.pair.venues.buy), name(p.pair.venues.sell), p.trouble);
  }
  return fmt::format("trigger {}: a task starts at {} bps net of fees, at the size of a slice; {} at a time, {} apart\n{}{}", trigger.task.name,
                     trigger.min_spread_bps->str(), trigger.max_tasks, format_duration(trigger.cooldown), table.text(), notes);
}

std::string trigger_plan_json(const TriggerSpec& trigger, const std::vector<PairPlan>& pairs) {
  JsonWriter w;
  w.begin_object().field("schema", "dn.trigger/1").field("trigger", trigger.task.name).field("min_spread_bps", trigger.min_spread_bps->str());
  w.field("max_tasks", trigger.max_tasks).key("pairs").begin_array();
  for (const PairPlan& p : pairs) {
    w.begin_object()
        .field("task", p.task.name)
        .field("symbol", p.pair.symbol.str())
        .field("buy", name(p.pair.venues.buy))
        .field("sell", name(p.pair.venues.sell));
    w.field("quantity", p.task.total_quantity.str()).field("slice", p.task.order_quantity.str());
    for (const auto& [key, bps] : {std::pair("touch_spread_bps", p.touch), std::pair("spread_bps", p.size)}) {
      w.key(key);
      bps ? w.value(bps->str()) : w.null();
    }
    w.field("starts", p.starts).field("trouble", p.trouble).end_object();
  }
  return w.end_array().end_object().str();
}

}  // namespace dn::app
