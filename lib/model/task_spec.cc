#include "model/task_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dn {
namespace {

std::string required(std::string_view what) { return fmt::format("is required; write {}", what); }

// Holding and closing again.
std::vector<SpecProblem> check_hold(const TaskSpec& s) {
  std::vector<SpecProblem> out;
  const HoldSpec& h = s.hold;
  const bool perpetual = s.leg.buy.exchange == Venue::GateioFutures || s.leg.sell.exchange == Venue::GateioFutures;
  const std::string_view first = h.hold_for              ? "hold_for"
                                 : h.close_spread_bps    ? "close_spread_bps"
                                 : h.exit_after_fundings ? "exit_after_fundings"
                                                         : "exit_funding_apr";
  if (h.goes_round() && s.direction == Direction::Close)
    out.push_back({std::string(first), "opens, holds and closes; write direction = \"open\", or leave it out"});
  if (h.goes_round() && s.leg.buy.exchange && s.leg.buy.exchange == s.leg.sell.exchange) {
    out.push_back({std::string(first), "needs two venues: on one there is nothing to hold; leave it out"});
  }
  for (const auto& [key, is_set] : {std::pair{"min_funding_apr", h.min_funding_apr.has_value()}, std::pair{"exit_funding_apr", h.exit_funding_apr.has_value()},
                                    std::pair{"exit_after_fundings", h.exit_after_fundings.has_value()}}) {
    if (is_set && !perpetual) out.push_back({key, "needs a leg that is paid funding: write gateio_futures as one exchange, or leave it out"});
  }
  if (h.min_funding_apr && h.exit_funding_apr && *h.exit_funding_apr > *h.min_funding_apr) {
    out.push_back({"exit_funding_apr", fmt::format("{} is above min_funding_apr {}: the task would leave what it just entered; write at most that",
                                                   h.exit_funding_apr->str(), h.min_funding_apr->str())});
  }
  if (h.hold_for && *h.hold_for >= s.risk.max_hold) {
    out.push_back({"hold_for", fmt::format("{} is not shorter than risk.max_hold {}, at which the task would halt before it closes; write a longer max_hold",
                                           format_duration(*h.hold_for), format_duration(s.risk.max_hold))});
  }
  return out;
}

// Databases of earlier versions hold it in basis points, where more than the whole balance was taken as no limit.
constexpr std::string_view kOldCapitalFraction = "risk.max_capital_fraction_bps";
Expected<void, std::string> read_old_capital_fraction(TaskSpec& spec, std::string_view text) {
  const auto bps = Decimal::parse(text);
  if (!bps || !bps->is_positive()) return Unexpected{fmt::format("\"{}\" is no share", text)};
  spec.risk.max_capital_fraction = min(Rate(*bps * Decimal::from_parts(1, 4)), Rate(1));
  return {};
}

}  // namespace

std::string to_text(const TaskSpec& spec) {
  std::string out;
  for (const KeyInfo& k : task_keys()) {
    if (const auto value = get_task_key(spec, k.key)) out += fmt::format("{}={}\n", k.key, *value);
  }
  return out;
}

Expected<TaskSpec, std::string> task_spec_from_text(std::string_view text) {
  TaskSpec spec;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return Unexpected{fmt::format("\"{}\" is not key=value", line)};
    const auto key = line.substr(0, equals);
    if (key == kOldCapitalFraction) {
      if (auto r = read_old_capital_fraction(spec, line.substr(equals + 1)); !r) return Unexpected{fmt::format("{}: {}", key, r.error())};
      continue;
    }
    if (auto r = set_task_key(spec, key, line.substr(equals + 1)); !r) {
      return Unexpected{fmt::format("{}: {}", key, r.error())};
    }
  }
  return spec;
}

std::vector<SpecProblem> check(const TaskSpec& s) {
  std::vector<SpecProblem> out;
  const auto add = [&out](std::string key, std::string what) { out.push_back({std::move(key), std::move(what)}); };
  if (s.name.empty()) add("name", required("a task name"));
  if (s.symbol.base.empty()) add("symbol", required("the pair, as in symbol = \"BTC/USDT\""));
  if (!s.total_quantity.is_positive()) add("total_quantity", required("the target per side in base, as in total_quantity = 1.0"));
  if (!s.order_quantity.is_positive()) add("order_quantity", required("the slice in base, as in order_quantity = 0.1"));
  if (s.total_quantity.is_positive() && s.order_quantity > s.total_quantity) {
    add("order_quantity",
        fmt::format("the slice {} is larger than total_quantity {}; write a slice of at most the total", s.order_quantity.str(), s.total_quantity.str()));
  }
  for (const Side side : kSides) {
    const std::string leg(name(side));
    if (!s.leg[side].exchange) add(leg + ".exchange", required("a venue: " + venue_list()));
    const RestoreSpec& r = s.restore[side];
    if (r.filled_quantity.is_positive() && !r.avg_price.is_positive()) {
      add("restore." + leg + ".avg_price", "is required where filled_quantity is given; write the average price of what was filled");
    }
    if (s.total_quantity.is_positive() && r.filled_quantity > s.total_quantity) {
      add("restore." + leg + ".filled_quantity", fmt::format("{} is more than total_quantity {}; write what this task's side has filled, or a larger total",
                                                             r.filled_quantity.str(), s.total_quantity.str()));
    }
  }
  if (s.direction == Direction::Close && s.leg.buy.exchange != Venue::GateioFutures && s.leg.sell.exchange != Venue::GateioFutures) {
    add("direction", "close needs a futures leg to reduce; with two spot legs swap the sides and use direction = \"open\"");
  }
  for (SpecProblem& p : check_hold(s)) out.push_back(std::move(p));
  if (s.adapt.volatility_bps && s.adapt.calm() >= *s.adapt.volatility_bps) {
    add("adapt.calm_bps", fmt::format("{} is not below volatility_bps {}: the task would change on every tick; write less, or 0 for 60 % of volatility_bps",
                                      s.adapt.calm().str(), s.adapt.volatility_bps->str()));
  }
  if (s.lead == Lead::Both && s.risk.max_orders_per_minute < 2) {
    add("risk.max_orders_per_minute", "both sides quote at once, and neither without the other; write at least 2, or lead = \"buy\" or \"sell\"");
  }
  for (const auto& [key, bps] : {std::pair("risk.price_collar_bps", s.risk.price_collar_bps), std::pair("risk.max_slippage_bps", s.risk.max_slippage_bps)}) {
    if (bps >= Bps(Decimal(10'000))) add(key, fmt::format("{} is the whole price or more, which limits nothing; write for example 50", bps.str()));
  }
  if (s.risk.exit_spread_bps && s.risk.min_spread_bps && *s.risk.exit_spread_bps > *s.risk.min_spread_bps) {
    add("risk.exit_spread_bps", fmt::format("{} is above min_spread_bps {}: the task would leave what it just entered; write at most that",
                                            s.risk.exit_spread_bps->str(), s.risk.min_spread_bps->str()));
  }
  if (s.leg.buy.exchange && s.leg.buy.exchange == s.leg.sell.exchange && *s.leg.buy.exchange == Venue::GateioFutures && !is_by_hand(s)) {
    add("sell.exchange", "both legs on gateio_futures would only net each other out in one position; choose another venue for one side");
  }
  std::stable_sort(out.begin(), out.end(), [](const SpecProblem& a, const SpecProblem& b) { return find_task_key(a.key) < find_task_key(b.key); });
  return out;
}

}  // namespace dn
