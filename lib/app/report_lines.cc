// Progress, imbalance and spread over time.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/report_plots.h"

namespace dn::app {
namespace {

using Shape = LegendEntry::Shape;

constexpr std::size_t kMostDots = 600;  // more pairs than this are drawn as columns
constexpr std::size_t kMostTips = 150;
constexpr int kMostTicks = 5;
// A limit so many times further away than anything that happened is told and not drawn: it would press all else flat.
const Decimal kFar{8};

constexpr std::string_view kThinned = "Drawn to the pixel: where more happened than fits, a column shows its lowest and highest value.";

Steps from_zero(const Steps& steps, Time from) {
  Steps out;
  if (steps.empty() || steps.front().at > from) out.push_back({from, Decimal{}});
  out.insert(out.end(), steps.begin(), steps.end());
  return out;
}

struct Range {
  std::optional<Decimal> low;
  std::optional<Decimal> high;
  void include(const Decimal& d) {
    low = low ? min(*low, d) : d;
    high = high ? max(*high, d) : d;
  }
  void include(const Steps& steps) {
    for (const Step& s : steps) include(s.value);
  }
};

bool is_crowded(std::size_t steps, Px width) { return static_cast<Px>(steps) > width / 10; }

// What of the pairs falls into one column of the picture.
struct SpreadColumn {
  Decimal low;
  Decimal high;
  Decimal weighted;  // spread x quantity
  Decimal weight;
};

void draw_columns(Chart& c, const std::vector<MatchedPair>& pairs, const TimeScale& times, const Scale& bps) {
  std::map<Px, SpreadColumn> columns;
  for (const MatchedPair& p : pairs) {
    const Px x = times.at(p.at) / 20 * 20;
    const Decimal spread = p.spread.decimal();
    const auto [at, fresh] = columns.try_emplace(x, SpreadColumn{spread, spread, {}, {}});
    SpreadColumn& col = at->second;
    col.low = min(col.low, spread);
    col.high = max(col.high, spread);
    const Decimal qty = p.qty.decimal().rounded(12, Rounding::HalfUp);
    col.weighted += spread * qty;
    col.weight += qty;
  }
  for (const auto& [x, col] : columns) {
    c.svg.line({x, bps.at(col.low)}, {x, bps.at(col.high)}, "plain");
    if (col.weight.is_positive()) c.svg.dot({x, bps.at(col.weighted.divided_by(col.weight, 8, Rounding::HalfUp))}, 16, "f-ink");
  }
}

void draw_dots(Chart& c, const TaskReport& r, const TimeScale& times, const Scale& bps) {
  const Symbol& symbol = r.view.task.spec.symbol;
  const bool tips = r.matched.pairs.size() <= kMostTips;
  for (const MatchedPair& p : r.matched.pairs) {
    const std::string tip = tips ? fmt::format("{}: {} {} bought at {}, sold at {}: {} bps", rfc3339(p.at), p.qty.str(), symbol.base.view(), p.bought.str(),
                                               p.sold.str(), p.spread.str())
                                 : "";
    c.svg.dot({times.at(p.at), bps.at(p.spread.decimal())}, 24, p.closing ? "f-sell half" : "f-buy half", tip);
  }
}

std::vector<LegendEntry> spread_legend(const TaskReport& r, bool crowded) {
  std::vector<LegendEntry> out;
  const bool closes = std::ranges::any_of(r.matched.pairs, &MatchedPair::closing);
  if (crowded) {
    out.push_back({Shape::Line, "plain", "captured: lowest to highest"});
    out.push_back({Shape::Dot, "f-ink", "mean by quantity"});
  } else {
    out.push_back({Shape::Dot, "f-buy half", "captured by a pair"});
    if (closes) out.push_back({Shape::Dot, "f-sell half", "by a pair that closed"});
  }
  if (!r.quoted.empty()) out.push_back({Shape::Line, "quoted", "quoted"});
  if (r.view.figures.break_even) out.push_back({Shape::Line, "even", "break-even " + shown(r.view.figures.break_even->decimal()) + " bps"});
  return out;
}

}  // namespace

Plot draw_progress(const TaskReport& r, Px width) {
  const TaskRecord& t = r.view.task;
  const std::string base = t.spec.symbol.base.str();
  const auto entry = [&](Side leg) {
    return LegendEntry{Shape::Line, std::string(name(leg)),
                       fmt::format("{} {} of {}", leg == Side::Buy ? "bought" : "sold", t.leg[leg].filled.str(), t.spec.total_quantity.str())};
  };
  Chart c(
      {.title = "Progress", .unit = base, .legend = {entry(Side::Buy), entry(Side::Sell), {Shape::Line, "limit", "total"}}, .width = width, .height = px(170)});
  Range range;
  range.include(Decimal{});
  range.include(t.spec.total_quantity.decimal());
  std::size_t steps = 0;
  for (const Side leg : kSides) {
    range.include(r.filled[leg]);
    steps = std::max(steps, r.filled[leg].size());
  }
  const Scale values(*range.low, *range.high, kMostTicks, c.area.bottom, c.area.top);
  const TimeScale times(r.from, r.to, c.area.left, c.area.right);
  c.values(values);
  c.times(times);
  c.level(values, t.spec.total_quantity.decimal(), "limit");
  for (const Side leg : kSides) c.svg.path(stairs(from_zero(r.filled[leg], r.from), times, values, r.to), name(leg));
  std::vector<std::string> notes;
  if (is_crowded(steps, c.area.width())) notes.emplace_back(kThinned);
  return {std::move(c.svg), std::move(notes)};
}

Plot draw_imbalance(const TaskReport& r, Px width) {
  const TaskSpec& spec = r.view.task.spec;
  const std::string base = spec.symbol.base.str();
  const Decimal limit = bps_of(spec.total_quantity.decimal(), spec.risk.max_imbalance).normalized();
  const Decimal threshold = spec.risk.imbalance_threshold.decimal();
  Range range;
  range.include(Decimal{});
  range.include(r.imbalance);
  const Decimal most = max(range.high->abs(), range.low->abs());
  std::vector<std::string> notes;
  const bool shows_limit = most.is_zero() || limit <= most * kFar;
  std::vector<LegendEntry> legend{{Shape::Line, "plain", "bought less sold, net of fees in " + base}};
  if (shows_limit) {
    for (const Decimal& d : {limit, -limit}) range.include(d);
    legend.push_back({Shape::Line, "limit", "limit (max_imbalance_bps) " + limit.str()});
  } else {
    notes.push_back(fmt::format("The limit (max_imbalance_bps) of {} {} is far beyond this scale.", limit.str(), base));
  }
  const bool shows_threshold = threshold.is_positive() && (most.is_zero() || threshold <= most * kFar);
  if (shows_threshold) {
    for (const Decimal& d : {threshold, -threshold}) range.include(d);
    legend.push_back({Shape::Line, "even", "rebalances from " + threshold.str()});
  } else if (threshold.is_positive()) {
    notes.push_back(fmt::format("It rebalances from {} {} on, far beyond this scale.", threshold.str(), base));
  } else {
    notes.emplace_back("It rebalances from the lagging venue's smallest order on, which the books do not hold.");
  }
  Chart c({.title = "Imbalance", .unit = base, .legend = std::move(legend), .width = width, .height = px(150)});
  const Scale values(*range.low, *range.high, kMostTicks, c.area.bottom, c.area.top);
  const TimeScale times(r.from, r.to, c.area.left, c.area.right);
  c.values(values);
  c.times(times);
  if (shows_limit) {
    for (const Decimal& d : {limit, -limit}) c.level(values, d, "limit");
  }
  if (shows_threshold) {
    for (const Decimal& d : {threshold, -threshold}) c.level(values, d, "even");
  }
  c.svg.path(stairs(from_zero(r.imbalance, r.from), times, values, r.to), "plain");
  if (is_crowded(r.imbalance.size(), c.area.width())) notes.emplace_back(kThinned);
  return {std::move(c.svg), std::move(notes)};
}

Plot draw_spread(const TaskReport& r, Px width) {
  const bool crowded = r.matched.pairs.size() > kMostDots;
  Chart c({.title = "Captured spread of matched pairs", .unit = "bps", .legend = spread_legend(r, crowded), .width = width, .height = px(200)});
  std::vector<std::string> notes;
  const TimeScale times(r.from, r.to, c.area.left, c.area.right);
  if (r.matched.pairs.empty() && r.quoted.empty()) {
    c.times(times);
    c.say("no pair yet: both sides must have traded");
    return {std::move(c.svg), std::move(notes)};
  }
  Range range;
  range.include(Decimal{});
  range.include(r.quoted);
  for (const MatchedPair& p : r.matched.pairs) range.include(p.spread.decimal());
  if (r.view.figures.break_even) range.include(r.view.figures.break_even->decimal());
  const Scale bps(*range.low, *range.high, kMostTicks, c.area.bottom, c.area.top);
  c.values(bps);
  c.times(times);
  c.svg.path(stairs(r.quoted, times, bps, r.to), "quoted");
  if (r.view.figures.break_even) c.level(bps, r.view.figures.break_even->decimal(), "even");
  if (crowded) {
    draw_columns(c, r.matched.pairs, times, bps);
    notes.push_back(fmt::format("{} pairs: each column of two pixels stands for those of its time.", r.matched.pairs.size()));
  } else {
    draw_dots(c, r, times, bps);
  }
  notes.emplace_back(
      "A pair is base that one side bought and the other sold, the oldest first, net of fees in base. Quoted: the newest limit prices of both sides.");
  if (r.view.figures.break_even) notes.emplace_back("Break-even: the spread that would have paid the fees so far; fees in other tokens are not in it.");
  return {std::move(c.svg), std::move(notes)};
}

}  // namespace dn::app
