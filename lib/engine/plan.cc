#include "engine/plan.h"

#include <algorithm>

namespace dn {
namespace {

class Problems {
 public:
  void add(std::string key, std::string what) { list_.push_back({std::move(key), std::move(what)}); }
  std::vector<SpecProblem> take() { return std::move(list_); }

 private:
  std::vector<SpecProblem> list_;
};

void check_venue(const TaskSpec& spec, const Instrument& i, Side side, Problems& out) {
  const std::string key = std::string(name(side)) + ".exchange";
  const std::string where = spec.symbol.str() + " on " + std::string(name(i.venue));
  if (!i.api_tradable) out.add(key, where + " is listed but not open to orders by API; choose another venue or symbol");
  if (i.status == TradingStatus::Halted) out.add(key, where + " is not trading; wait, or choose another venue");
  if (i.status == TradingStatus::ReduceOnly && spec.direction == Direction::Open) {
    out.add(key, where + " only takes orders that reduce a position; choose another venue");
  }
  if (spec.post_only && !i.has_post_only) out.add("post_only", where + " has no post-only orders; write post_only = false");
}

void check_sizes(const Instrument& i, Side side, const Plan& plan, Price price, Problems& out) {
  const std::string on = std::string(name(i.venue)) + " (" + std::string(name(side)) + " side)";
  const Qty least = i.min_tradable(price);
  if (plan.leg_slice[side] < least) {
    out.add("order_quantity",
            "the slice " + plan.leg_slice[side].str() + " is below the smallest order of " + on + ", " + least.str() + "; write at least that");
  }
  if (plan.total < least) {
    out.add("total_quantity", "the total " + plan.total.str() + " is below the smallest order of " + on + ", " + least.str() + "; write at least that");
  }
  if (const auto most = i.max_tradable(price); most && plan.leg_slice[side] > *most) {
    out.add("order_quantity", "the slice " + plan.leg_slice[side].str() + " is above the largest order of " + on + ", " + most->str() + "; write at most that");
  }
}

}  // namespace

Plan make_plan(const TaskSpec& spec, const PerSide<Instrument>& instruments) {
  Plan p;
  p.step = common_step(instruments.buy, instruments.sell);
  p.total = spec.total_quantity.floor_to(p.step);
  p.slice = spec.order_quantity.floor_to(p.step);
  p.leg_slice.buy = p.slice;
  const Rate lost = instruments.buy.base_fee_rate(Side::Buy);
  p.leg_slice.sell = lost.is_zero() ? p.slice : (p.slice * (Decimal(1) - lost.decimal())).floor_to(p.step);
  return p;
}

TaskSpec adapted(const TaskSpec& own, const Qty& step, const Instrument& buy, const PerSide<Qty>& least) {
  const Decimal spare = Decimal::from_parts(11, 1);
  Qty smallest = (max(least.buy, least.sell) * spare).ceil_to(step);
  const Rate lost = buy.base_fee_rate(Side::Buy);  // the sell leg's slice is smaller by it
  if (!lost.is_zero()) smallest = Qty(smallest.decimal().divided_by(Decimal(1) - lost.decimal(), 18, Rounding::Up)).ceil_to(step);
  TaskSpec s = own;
  s.order_quantity = min(own.order_quantity, max(own.order_quantity * own.adapt.slice_fraction(), smallest));
  for (const Side leg : kSides) s.leg[leg].tick_tolerance = std::max(own.leg[leg].tick_tolerance, own.adapt.tick_tolerance.value_or(0));
  return s;
}

std::vector<SpecProblem> check_plan(const TaskSpec& spec, const PerSide<Instrument>& instruments, const Plan& plan, const PerSide<Price>& prices) {
  Problems out;
  for (const Side side : kSides) check_venue(spec, instruments[side], side, out);
  if (plan.total.is_zero()) out.add("total_quantity", "is below the common step of both venues, " + plan.step.str() + "; write at least that");
  if (plan.slice.is_zero()) out.add("order_quantity", "is below the common step of both venues, " + plan.step.str() + "; write at least that");
  if (plan.total.is_positive() && plan.slice.is_positive()) {
    for (const Side side : kSides) check_sizes(instruments[side], side, plan, prices[side], out);
  }
  for (const Side side : kSides) {
    const auto& fundings = spec.hold.exit_after_fundings;
    const Dur interval = instruments[side].funding.interval;
    if (!fundings || interval.us <= 0 || interval.us * *fundings < spec.risk.max_hold.us) continue;
    if (spec.hold.hold_for && *spec.hold.hold_for < spec.risk.max_hold) continue;  // what comes first closes
    out.add("exit_after_fundings", std::to_string(*fundings) + " settlements, one every " + format_duration(interval) + ", take longer than risk.max_hold " +
                                       format_duration(spec.risk.max_hold) + ", at which the task would halt before it closes; write a longer max_hold");
  }
  return out.take();
}

bool is_for_venues(const TaskSpec& before, const TaskSpec& after) {
  if (before.total_quantity != after.total_quantity || before.order_quantity != after.order_quantity) return true;
  const HoldSpec& h = after.hold;
  if (!h.exit_after_fundings) return false;
  return before.hold.exit_after_fundings != h.exit_after_fundings || before.hold.hold_for != h.hold_for || before.risk.max_hold != after.risk.max_hold;
}

}  // namespace dn
