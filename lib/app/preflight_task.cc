#include <fmt/format.h>

#include "app/kpi.h"
#include "app/preflight.h"

namespace dn::app {
namespace {

// What makes sense by experience; outside of it a person is told, with the numbers.
constexpr std::int64_t kLeastDepth = 2;  // a slice, in percent of what is visible
constexpr std::int64_t kMostDepth = 10;
constexpr std::int64_t kMostTolerance = 2;      // spreads
constexpr std::int64_t kLeastSpread = 30;       // bps, net of fees
constexpr std::int64_t kCapitalFraction = 500;  // bps of the balance, of a task and of an order
constexpr Dur kLeastDelay = Dur::millis(50);
constexpr Dur kMostDelay = Dur::millis(200);
constexpr Dur kLeastHold = Dur::hours(1);
constexpr Dur kMostHold = Dur::hours(4);

std::string bps(const Bps& b) { return shown(b.decimal().rounded(2, Rounding::HalfUp)); }

class TaskCheck {
 public:
  TaskCheck(Checks& to, const TaskQuestion& q) : to_(to), q_(q), spec_(q.spec), base_(spec_.symbol.base.str()), quote_(spec_.symbol.quote.str()) {}

  void all() {
    rules();
    prices();
    limits();
    fees();
    for (const Side leg : kSides) money(leg);
    for (const Side leg : kSides) capital(leg);
    for (const Side leg : kSides) depth(leg);
    for (const Side leg : kSides) tolerance(leg);
    spread();
    dust();
    worst_case();
  }

  // The balance or position of a leg that does not reach; "" where it does or is not known.
  std::string lack(Side leg, bool first_slice) const {
    const auto& funds = q_.market.funds[leg];
    if (!funds || !q_.numbers.leg[leg]) return {};
    if (reduces(spec_, q_.market, leg)) {
      const Qty left = q_.numbers.sizes.total - q_.progress.filled[leg];
      const Qty wanted = first_slice ? min(q_.numbers.sizes.leg_slice[leg], left) : left;
      const Qty held = reducible(*funds, leg);
      if (held >= wanted) return {};
      return fmt::format("the {} leg reduces a position by {} {}, and there are {}", name(leg), wanted.str(), base_, held.str());
    }
    const auto need = need_of(spec_, q_.market, q_.numbers, q_.progress, leg);
    if (!need) return {};
    const Decimal wanted = first_slice ? need->slice : need->whole;
    const Decimal free = free_of(leg, need->asset);
    if (free >= wanted) return {};
    return fmt::format("the {} leg needs {} {} for {}, and {} are free", name(leg), shown(wanted), need->asset.view(),
                       first_slice ? "its first slice" : "what it has left", shown(free));
  }

  // What is above the share of the balance that is allowed, by exact values; "" where it is not.
  std::string above_fraction(Side leg) const {
    const auto share = share_of_capital(leg, undone(leg));
    if (!share) return {};
    const Money capital = capital_of(q_.market, leg, q_.numbers.leg[leg]->price);
    const Money most = capital * spec_.risk.max_capital_fraction;
    const Money value = q_.numbers.leg[leg]->price * undone(leg);
    if (value <= most) return {};
    return fmt::format("the {} leg trades {} {}, {} bps of what the account has on {} ({}); at most {} bps ({}) are allowed by max_capital_fraction {}",
                       name(leg), shown(value.decimal()), quote_, bps(*share), venue(leg), shown(capital.decimal().rounded(2, Rounding::Down)), bps(allowed()),
                       shown(most.decimal()), spec_.risk.max_capital_fraction.str());
  }

 private:
  Bps allowed() const { return Bps(spec_.risk.max_capital_fraction.decimal() * Decimal(10'000)); }
  std::string venue(Side leg) const { return std::string(name(*spec_.leg[leg].exchange)); }
  Decimal free_of(Side leg, const Asset& asset) const {
    const auto& free = q_.market.funds[leg]->free;
    const auto at = free.find(asset);
    return at == free.end() ? Decimal() : at->second;
  }
  Qty undone(Side leg) const { return max(q_.numbers.sizes.total - q_.progress.filled[leg], Qty{}); }
  std::optional<Bps> share_of_capital(Side leg, Qty qty) const {
    if (!q_.market.funds[leg] || !q_.numbers.leg[leg] || reduces(spec_, q_.market, leg)) return std::nullopt;
    const Money capital = capital_of(q_.market, leg, q_.numbers.leg[leg]->price);
    if (!capital.is_positive()) return std::nullopt;  // the balance itself is the trouble then
    return in_bps((q_.numbers.leg[leg]->price * qty).decimal(), capital.decimal(), 2);
  }

  void ok(std::string_view check, std::string message) { add_ok(to_, check, spec_.name, std::move(message)); }
  void warn(std::string_view check, std::string message, std::string next) { add_warning(to_, check, spec_.name, std::move(message), std::move(next)); }
  void refuse(std::string_view check, std::string message, std::string next) {
    add_failure(to_, check, spec_.name, {ExitCode::Refused, std::move(message), std::move(next)});
  }

  void rules() {
    const Plan& p = q_.numbers.sizes;
    bool fine = true;
    PerSide<bool> tradable{true, true};
    for (const SpecProblem& problem : check_plan(spec_, q_.market.instruments, p, q_.market.mid)) {
      const bool of_symbol = problem.key.ends_with(".exchange");
      if (of_symbol) tradable[problem.key.starts_with("buy") ? Side::Buy : Side::Sell] = false;
      fine = fine && of_symbol;
      add_failure(to_, of_symbol ? "symbol" : "sizes", spec_.name,
                  {ExitCode::Config, problem.key + ": " + problem.what, "change the task, then run the same command again"});
    }
    for (const Side leg : kSides) {
      if (tradable[leg]) ok("symbol", fmt::format("{} trades on {}, by API", spec_.symbol.str(), venue(leg)));
    }
    if (!fine) return;
    std::string text = fmt::format("total {} and slices of {} {} in steps of {}", p.total.str(), p.slice.str(), base_, p.step.str());
    for (const Side leg : kSides) {
      if (q_.numbers.leg[leg]) text += fmt::format("; {} takes {} and more", venue(leg), q_.numbers.leg[leg]->min_tradable.str());
    }
    ok("sizes", text);
  }

  void prices() {
    for (const Side leg : kSides) {
      const auto& n = q_.numbers.leg[leg];
      if (!n) {
        warn("prices", fmt::format("the book of {} is not known", venue(leg)), "run the same command again");
        continue;
      }
      const TopOfBook& top = *q_.market.top[leg];
      const std::string text = fmt::format("{} on {} {} at {}: {} ticks from its own touch, {} from the other ({} / {})", n->hedges ? "hedges" : "quotes",
                                           venue(leg), name(leg), n->price.str(), n->to_own.str(), n->to_opposite.str(), top.bid.str(), top.ask.str());
      const std::string why = not_taken(leg, n->price);
      if (why.empty()) {
        ok("prices", text);
      } else {
        warn("prices", text + "; " + why, fmt::format("write a smaller {}.offset_ticks; until then nothing is quoted there", name(leg)));
      }
    }
  }

  // Why an order at that price would not leave, or not be taken; "" where nothing is in its way.
  std::string not_taken(Side leg, const Price& price) const {
    for (const Side of : kSides) {
      const auto& top = q_.market.top[of];
      if (!top) continue;
      const Price mid = middle(*top);
      const Price width(bps_of(mid.decimal(), spec_.risk.price_collar_bps));
      if (leg == Side::Buy ? price > mid + width : price < mid - width) {
        return fmt::format("that is beyond price_collar_bps {} around the mid of {}, {}", spec_.risk.price_collar_bps.str(), venue(of), mid.str());
      }
    }
    const auto& band = q_.market.instruments[leg].price_band;
    if (!band || !q_.market.top[leg]) return {};
    const Price mid = middle(*q_.market.top[leg]);
    const Price away = price > mid ? price - mid : mid - price;
    if (away.decimal() <= mid.decimal() * band->decimal()) return {};
    return fmt::format("{} takes no price further than {} of the market from it", venue(leg), band->str());
  }

  Money slice_value(Side leg) const {
    const Price limit = q_.numbers.leg[leg]->price;
    const auto& top = q_.market.top[leg];
    const Price price = leg == Side::Sell && top ? max(limit, top->bid) : limit;
    return price * q_.numbers.sizes.leg_slice[leg];
  }

  // Limits that the first slice of a task that begins would run into: it would halt at once.
  void first_slice() {
    const Plan& p = q_.numbers.sizes;
    const RiskSpec& risk = spec_.risk;
    if (q_.progress.has_begun()) return;
    if (risk.max_position && *risk.max_position < max(p.leg_slice.buy, p.leg_slice.sell)) {
      refuse("limits", fmt::format("a slice is {} {}, and max_position is {}", max(p.leg_slice.buy, p.leg_slice.sell).str(), base_, risk.max_position->str()),
             "write a smaller order_quantity, or a larger max_position under [risk]");
    }
    if (risk.max_notional && q_.numbers.leg.buy && q_.numbers.leg.sell && slice_value(Side::Buy) + slice_value(Side::Sell) > *risk.max_notional) {
      refuse("limits",
             fmt::format("the first slice of both legs is worth {} {}, and max_notional is {}",
                         shown((slice_value(Side::Buy) + slice_value(Side::Sell)).decimal()), quote_, risk.max_notional->str()),
             "write a smaller order_quantity, or a larger max_notional under [risk]");
    }
    if (risk.max_orders_per_run < 2) {
      refuse("limits", "max_orders_per_run is 1, and the first slice takes an order on each side", "write a larger max_orders_per_run under [risk]");
    }
  }

  // Limits that a slice or the total would run into.
  void limits() {
    const Plan& p = q_.numbers.sizes;
    for (const Side leg : kSides) {
      const auto& most = spec_.risk.max_order_notional;
      if (!q_.numbers.leg[leg] || !most || slice_value(leg) <= *most) continue;
      refuse(
          "limits",
          fmt::format("a slice of the {} leg is worth {} {}, and max_order_notional is {}", name(leg), shown(slice_value(leg).decimal()), quote_, most->str()),
          fmt::format("write a smaller order_quantity (it is in {}, not in {}), or a larger max_order_notional under [risk]", spec_.symbol.base.view(),
                      quote_));
    }
    first_slice();
    if (spec_.risk.max_position && *spec_.risk.max_position < p.total) {
      warn("limits", fmt::format("max_position {} is below total_quantity {}: the task halts there", spec_.risk.max_position->str(), p.total.str()),
           "write a smaller total_quantity, or a larger max_position under [risk]");
    }
    const Qty apart(bps_of(p.total.decimal(), spec_.risk.max_imbalance));
    if (p.slice > apart) {
      warn("limits",
           fmt::format("a slice of {} is more than max_imbalance_bps of the total, {} {}: every fill of one side is hedged at once, by market-like orders",
                       p.slice.str(), shown(apart.decimal()), base_),
           "write a smaller order_quantity, or a larger max_imbalance_bps under [risk]");
    }
  }

  void fees() {
    if (!q_.numbers.break_even) return;
    const auto one = [&](Side leg) {
      return fmt::format("{} {} bps in {}", name(leg), bps(Bps(q_.numbers.leg[leg]->fee.decimal() * Decimal(10000))),
                         q_.market.instruments[leg].fee_asset(leg).view());
    };
    const Money sum = q_.numbers.leg.buy->total_fees + q_.numbers.leg.sell->total_fees;
    ok("fees", fmt::format("{}, {}: {} {} for the total; break-even {} bps", one(Side::Buy), one(Side::Sell), shown(sum.decimal().rounded(4, Rounding::HalfUp)),
                           quote_, bps(*q_.numbers.break_even)));
  }

  void money(Side leg) {
    if (!q_.market.funds[leg] || !q_.numbers.leg[leg]) return;
    if (const std::string why = lack(leg, false); !why.empty()) {
      return refuse("balance", why, fmt::format("pay in on {}, or write a smaller total_quantity", venue(leg)));
    }
    const auto need = need_of(spec_, q_.market, q_.numbers, q_.progress, leg);
    if (!need) return ok("balance", fmt::format("the {} leg has a position of {} {} to reduce", name(leg), reducible(*q_.market.funds[leg], leg).str(), base_));
    ok("balance",
       fmt::format("the {} leg needs {} {} of {} free on {}", name(leg), shown(need->whole), need->asset.view(), shown(free_of(leg, need->asset)), venue(leg)));
  }

  void capital(Side leg) {
    const auto whole = share_of_capital(leg, undone(leg));
    const auto slice = share_of_capital(leg, q_.numbers.sizes.leg_slice[leg]);
    if (!whole || !slice) return;
    if (const std::string why = above_fraction(leg); !why.empty()) {
      refuse("capital", why, "write a smaller total_quantity, or a larger max_capital_fraction under [risk]");
    } else {
      ok("capital", fmt::format("the {} leg trades {} bps of what the account has on {}, of {} allowed", name(leg), bps(*whole), venue(leg), bps(allowed())));
    }
    if (*slice > Bps(kCapitalFraction)) {
      warn("order_size", fmt::format("a slice is {} bps of what the account has on {}; at most {} are usual", bps(*slice), venue(leg), kCapitalFraction),
           "write a smaller order_quantity");
    }
  }

  void depth(Side leg) {
    const Qty slice = q_.numbers.sizes.leg_slice[leg];
    const auto share = q_.depth[leg] ? share_of_depth(*q_.depth[leg], leg, slice) : std::nullopt;
    if (!share) return warn("depth", fmt::format("the depth of {} is not known", venue(leg)), "run the same command again");
    const std::string text =
        fmt::format("a slice of {} {} is {}% of the {} visible on {} in {} prices; taking it at once {}", slice.str(), base_, share->percent.str(),
                    share->visible.str(), venue(leg), share->levels, share->cost ? "costs " + bps(*share->cost) + " bps" : std::string("is more than that"));
    const bool slips = !share->cost || *share->cost > spec_.risk.max_slippage_bps;
    if (share->percent < Decimal(kLeastDepth)) {
      warn("depth", fmt::format("{}; {} to {}% are usual", text, kLeastDepth, kMostDepth), "a larger order_quantity needs fewer orders");
    } else if (share->percent > Decimal(kMostDepth) || slips) {
      warn("depth", fmt::format("{}; {} to {}% and at most max_slippage_bps {} are usual", text, kLeastDepth, kMostDepth, spec_.risk.max_slippage_bps.str()),
           "write a smaller order_quantity");
    } else {
      ok("depth", text);
    }
  }

  void tolerance(Side leg) {
    const auto& top = q_.market.top[leg];
    if (!top || q_.numbers.leg[leg].has_value() == false || q_.numbers.leg[leg]->hedges) return;
    const Decimal spread = (top->ask - top->bid).decimal().divided_by(q_.market.instruments[leg].tick.decimal(), 2, Rounding::HalfUp).normalized();
    const Decimal ticks(spec_.leg[leg].tick_tolerance);
    const std::string text = fmt::format("{}.tick_tolerance {}, and the spread on {} is {} ticks now", name(leg), ticks.str(), venue(leg), spread.str());
    if (ticks < spread || ticks > spread * Decimal(kMostTolerance)) {
      warn("tolerance",
           fmt::format("{}; 1 to {} times the usual spread keep a quote near the market without placing it anew all the time", text, kMostTolerance),
           fmt::format("write {}.tick_tolerance = {}", name(leg), spread.rounded(0, Rounding::Up).str()));
    } else {
      ok("tolerance", text);
    }
  }

  void spread() {
    const auto& limit = spec_.risk.min_spread_bps;
    const std::string by_limit = limit ? fmt::format("min_spread_bps {}", limit->str()) : "no min_spread_bps is set";
    if (!q_.numbers.spread) return;
    const std::string text = fmt::format("these prices earn {} bps net of fees, {}", bps(*q_.numbers.spread), by_limit);
    if (*q_.numbers.spread >= Bps(kLeastSpread)) return ok("spread", text);
    warn("spread", fmt::format("{}; {} to 50 bps are usual", text, kLeastSpread),
         limit                              ? "wait for a wider spread, or move the quotes with offset_ticks"
         : q_.numbers.spread->is_negative() ? "see whether [buy] and [sell] are swapped; write min_spread_bps under [risk], so that nothing is quoted below it"
                                            : "write min_spread_bps under [risk], so that nothing is quoted below it");
  }

  void dust() {
    const Numbers& n = q_.numbers;
    if (n.left_out.is_zero() && n.carried.is_zero()) return ok("dust", "nothing stays below a step");
    std::string text;
    if (n.left_out.is_positive()) text = fmt::format("{} {} of the total are below the common step and are not traded", n.left_out.str(), base_);
    if (n.carried.is_positive()) {
      text += fmt::format("{}{} {} of what is bought, net of fees, are below the sell side's step and stay", text.empty() ? "" : "; ",
                          shown(n.carried.decimal()), base_);
    }
    ok("dust", text);
  }

  void worst_case() {
    if (!q_.numbers.worst_slice || !q_.numbers.worst_total) return;
    const Money loss = *q_.numbers.worst_slice;
    const std::string text = fmt::format("a slice whose other side fails, traded at max_slippage_bps {}, costs {} {} with its fees; all of them {}",
                                         spec_.risk.max_slippage_bps.str(), shown(loss.decimal()), quote_, shown(q_.numbers.worst_total->decimal()));
    if (spec_.risk.max_loss && loss > *spec_.risk.max_loss) {
      return refuse("worst_case", fmt::format("{}; max_loss is {}", text, spec_.risk.max_loss->str()),
                    "write a smaller order_quantity, or a larger max_loss under [risk]");
    }
    const Money most = spec_.risk.max_loss.value_or(*q_.numbers.worst_total * Decimal(2));
    ok("worst_case",
       fmt::format("{}; {} {}", text, spec_.risk.max_loss ? "max_loss is" : "max_loss is not set: the task halts at twice that,", shown(most.decimal())));
  }

  Checks& to_;
  const TaskQuestion& q_;
  const TaskSpec& spec_;
  std::string base_;
  std::string quote_;
};

}  // namespace

void check_task(Checks& to, const TaskQuestion& q) {
  TaskCheck(to, q).all();
  check_parameters(to, q.spec);
}

void check_parameters(Checks& to, const TaskSpec& spec) {
  const std::string delay = "delay " + format_duration(spec.delay);
  if (spec.delay < kLeastDelay || spec.delay > kMostDelay) {
    add_warning(to, "delay", spec.name, fmt::format("{}; {} to {} are usual", delay, format_duration(kLeastDelay), format_duration(kMostDelay)),
                "write delay = \"100ms\"");
  } else {
    add_ok(to, "delay", spec.name, delay);
  }
  const std::string hold = "max_hold " + format_duration(spec.risk.max_hold);
  const bool by_rule = spec.hold.goes_round() && spec.risk.max_hold >= kLeastHold;  // its own rule ends it
  if (!by_rule && (spec.risk.max_hold < kLeastHold || spec.risk.max_hold > kMostHold)) {
    add_warning(to, "hold", spec.name, fmt::format("{}; {} to {} are usual", hold, format_duration(kLeastHold), format_duration(kMostHold)),
                "write max_hold = \"4h\" under [risk]");
  } else {
    add_ok(to, "hold", spec.name, hold);
  }
}

std::vector<std::string> what_is_missing(const TaskQuestion& q) {
  std::vector<std::string> out;
  Checks none;
  const TaskCheck check(none, q);
  for (const Side leg : kSides) {
    std::string why = check.lack(leg, true);
    if (why.empty()) why = check.above_fraction(leg);
    if (!why.empty()) out.push_back(fmt::format("{}: {}", name(*q.spec.leg[leg].exchange), why));
  }
  return out;
}

}  // namespace dn::app
