#include "app/kpi.h"

#include <algorithm>

#include "engine/outlook.h"

namespace dn::app {
namespace {

constexpr int kShownPlaces = 8;
constexpr int kKeptPlaces = 20;  // of a product: far more than is shown, and few enough that sums and bps of it fit
constexpr int kDigits = 38;      // that a decimal always holds

int digits(const Decimal& d) {
  int n = 0;
  for (Decimal::Mantissa m = d.mantissa(); m != 0; m /= 10) ++n;
  return n;
}

// price × base. An average price has up to 12 places and a fee up to 18, and their exact product can need more digits than
// a decimal holds: then the tail of the amount is cut, far behind what is shown. Figures must never stop a run.
Money product(const Price& price, const Decimal& base) {
  const Decimal p = price.decimal().normalized();
  const Decimal b = base.normalized();
  const int excess = std::max(digits(p) + digits(b) - kDigits, p.scale() + b.scale() - Decimal::kMaxScale);
  const Decimal fitting = excess > 0 ? b.rounded(std::max(0, b.scale() - excess), Rounding::Zero) : b;
  return Money((p * fitting).rounded(kKeptPlaces, Rounding::HalfUp));
}

template <class A>
void optional_field(JsonWriter& w, std::string_view key, const std::optional<A>& value) {
  w.key(key);
  if (value) {
    w.value(shown(value->decimal()));
  } else {
    w.null();
  }
}

}  // namespace

Decimal as_shown(const Decimal& d) { return d.rounded(kShownPlaces, Rounding::HalfUp); }

std::string shown(const Decimal& d) { return as_shown(d).str(); }

// Both legs hold less than half of what they traded: it was closed again.
bool is_taken_back(const TaskRecord& t) {
  return std::all_of(kSides.begin(), kSides.end(), [&](Side leg) { return t.leg[leg].filled + t.leg[leg].filled < t.leg[leg].traded; });
}

Kpi kpi(const TaskRecord& t) {
  Kpi k;
  k.imbalance = t.imbalance();
  if (t.spec.total_quantity.is_positive()) {
    const Decimal total = t.spec.total_quantity.decimal();
    for (const Side leg : kSides) k.progress[leg] = t.leg[leg].filled.decimal().divided_by(total, 6, Rounding::HalfUp);
    k.imbalance_pct = (k.imbalance.abs().decimal() * Decimal(100)).divided_by(total, 4, Rounding::HalfUp);
  }
  const auto kept = [](const Money& m) { return Money(m.decimal().rounded(kKeptPlaces, Rounding::HalfUp)); };
  for (const Side leg : kSides) {
    k.slippage += kept(t.leg[leg].slippage);
    k.funding += kept(t.leg[leg].funding);
    k.avg_price[leg] = t.leg[leg].avg_price();
    for (const auto& [asset, fee] : t.leg[leg].fees.all()) {
      k.fees.add(asset, fee);
      if (asset == t.spec.symbol.quote) k.fees_quote += Money(fee.decimal());
      if (asset == t.spec.symbol.base && k.avg_price[leg]) k.fees_quote += product(*k.avg_price[leg], fee.decimal());
    }
  }
  // A price too small to be shown averages to zero: nothing can be measured against it.
  if (!k.avg_price.buy || !k.avg_price.sell || !k.avg_price.buy->is_positive()) return k;
  k.matched = min(t.leg.buy.net, t.leg.sell.net);
  const Price edge = *k.avg_price.sell - *k.avg_price.buy;
  k.spread_bps = in_bps(edge.decimal(), k.avg_price.buy->decimal());
  // What a round opened, or a person flattened, is closed again, and what it brought stands.
  const bool is_round = t.spec.hold.goes_round() || is_taken_back(t);
  if (!k.matched.is_positive() && !is_round) return k;
  // From the money that moved, so that what a reduced leg lost on its way back counts; what is unmatched stands at its cost.
  const Price cost_price = k.imbalance.is_positive() ? *k.avg_price.buy : *k.avg_price.sell;
  const Money paid_in_quote(k.fees.of(t.spec.symbol.quote).decimal());
  k.profit = kept(t.leg.buy.cash) + kept(t.leg.sell.cash) + product(cost_price, k.imbalance.decimal()) - kept(paid_in_quote) + k.funding;
  k.gross = *k.profit + k.fees_quote - k.funding;
  k.basis = *k.gross - k.slippage;
  const Qty opened = is_round ? max(k.matched, min(t.leg.buy.traded, t.leg.sell.traded)) : k.matched;
  if (const Money cost = product(*k.avg_price.buy, opened.decimal()); cost.is_positive()) {
    k.profit_bps = in_bps(k.profit->decimal(), cost.decimal());
    k.break_even = in_bps(k.fees_quote.decimal(), cost.decimal());
  }
  return k;
}

std::optional<Side> funded_leg(const TaskRecord& t) {
  if (t.holding.funding.interval.us <= 0) return std::nullopt;
  return t.spec.leg.buy.exchange == Venue::GateioFutures ? Side::Buy : Side::Sell;
}

std::optional<Percent> funding_apr(const TaskRecord& t) {
  const auto leg = funded_leg(t);
  if (!leg) return std::nullopt;
  PerSide<Instrument> legs;
  legs[*leg].funding = t.holding.funding;
  return funding_apr(legs.buy, legs.sell);
}

std::optional<Money> expected_funding(const TaskRecord& t) {
  const auto leg = funded_leg(t);
  const auto price = leg ? t.leg[*leg].avg_price() : std::nullopt;
  if (!price || !t.leg[*leg].net.is_positive()) return std::nullopt;
  const Money told = product(*price, t.leg[*leg].net.decimal() * t.holding.funding.rate.decimal());
  return *leg == Side::Buy ? -told : told;
}

void write_summary_fields(JsonWriter& w, const TaskRecord& t) {
  const Kpi k = kpi(t);
  w.field("state", name(t.state)).field("mode", name(t.mode)).field("verdict", name(t.verdict)).field("exit_code", std::int64_t{number(t.exit_code)});
  w.field("reason", t.reason);
  const auto per_side = [&](std::string_view key, const auto& value) {
    w.key(key).begin_object();
    for (const Side leg : kSides) w.field(name(leg), value(leg));
    w.end_object();
  };
  per_side("filled", [&](Side leg) { return t.leg[leg].filled.str(); });
  per_side("net", [&](Side leg) { return t.leg[leg].net.str(); });
  w.field("imbalance", k.imbalance.str());
  w.key("avg_price").begin_object();
  for (const Side leg : kSides) optional_field(w, name(leg), k.avg_price[leg]);
  w.end_object();
  optional_field(w, "spread_bps", k.spread_bps);
  optional_field(w, "profit_quote", k.profit);
  optional_field(w, "profit_bps", k.profit_bps);
  w.key("fees").begin_object();
  for (const auto& [asset, fee] : k.fees.all()) w.field(asset.view(), fee.str());
  w.end_object();
  // Of tasks that have to do with it.
  if (t.spec.hold.minds_funding() || !k.funding.is_zero()) {
    w.field("part", name(t.holding.part)).field("funding_quote", k.funding.decimal().str()).field("slippage_quote", k.slippage.decimal().str());
    w.key("basis_quote");
    k.basis ? w.value(k.basis->str()) : w.null();
  }
  w.field("orders", t.orders).field("rebalances", t.rebalances);
  w.field("unhedged_seconds", Decimal::from_parts(t.guards.unhedged.us, 6).normalized().str());
  w.field("unhedged_notional_seconds", shown(t.guards.unhedged_money_seconds.decimal()));
}

}  // namespace dn::app
