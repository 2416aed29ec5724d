#include "engine/outlook.h"

namespace dn {
namespace {

constexpr int kPlaces = 8;

// What one base costs to buy, or brings when sold, with the taker's fee.
Decimal with_fee(const Decimal& price, Side side, const Instrument& i) {
  const Decimal fee = price * i.taker_fee.decimal();
  return side == Side::Buy ? price + fee : price - fee;
}

// By a market-like order at its limit.
Decimal at_limit(const TopOfBook& top, Side side, const Bps& slippage, const Instrument& i) {
  const Decimal touch = (side == Side::Buy ? top.ask : top.bid).decimal();
  const Decimal slip = bps_of(touch, slippage);
  return with_fee(side == Side::Buy ? touch + slip : touch - slip, side, i);
}

}  // namespace

std::optional<Bps> least_spread(const RiskSpec& risk) { return risk.min_spread_bps ? risk.min_spread_bps : risk.exit_spread_bps; }

std::string_view least_spread_key(const RiskSpec& risk) { return risk.min_spread_bps ? "min_spread_bps" : "exit_spread_bps"; }

std::optional<Percent> funding_apr(const Instrument& buy, const Instrument& sell) {
  constexpr Dur kYear = Dur::hours(365 * 24);
  std::optional<Percent> sum;
  for (const Side side : kSides) {
    const FundingTerms& t = (side == Side::Buy ? buy : sell).funding;
    if (t.interval.us <= 0) continue;
    const Decimal year = (t.rate.decimal() * Decimal(kYear.us) * Decimal(100)).divided_by(Decimal(t.interval.us), 4, Rounding::HalfUp).normalized();
    sum = sum.value_or(Percent{}) + Percent(side == Side::Buy ? -year : year);
  }
  return sum;
}

Money expected_funding(const Instrument& instrument, Side side, const Qty& qty, const Price& price) {
  const Money told = price * qty * instrument.funding.rate;
  return side == Side::Buy ? -told : told;
}

Money worst_case(const TaskSpec& spec, const Qty& qty, const PerSide<Instrument>& instruments, const PerSide<Price>& quote, const PerSide<TopOfBook>& top) {
  Decimal worst;
  for (const Side first : kSides) {
    const Price filled = first == Side::Buy ? max(quote.buy, top.buy.bid) : min(quote.sell, top.sell.ask);
    const Decimal done = with_fee(filled.decimal(), first, instruments[first]);
    // The other leg at its limit, or the first one back on its own venue.
    for (const Side venue : kSides) {
      const Decimal other = at_limit(top[venue], flip(first), spec.risk.max_slippage_bps, instruments[venue]);
      const Decimal lost = first == Side::Buy ? done - other : other - done;
      if (lost > worst) worst = lost;
    }
  }
  return Money((worst * qty.decimal()).rounded(kPlaces, Rounding::Up));
}

}  // namespace dn
