// The amounts of the trade. Contracts turn into a Qty only in Instrument.
#pragma once

#include "base/amount.h"

namespace dn {

using Price = Amount<struct PriceTag>;          // quote per one base
using Qty = Amount<struct QtyTag>;              // base
using Money = Amount<struct MoneyTag>;          // quote
using Contracts = Amount<struct ContractsTag>;  // contracts of a perpetual
using Bps = Amount<struct BpsTag>;              // 1/100 of a percent
using Percent = Amount<struct PercentTag>;      // a hundredth
using Rate = Amount<struct RateTag>;            // fraction of a notional: 0.0005 = 5 bps; negative = rebate
using Fee = Amount<struct FeeTag>;              // of the asset that stands beside it; positive = paid

inline Money operator*(const Price& price, const Qty& qty) { return Money(price.decimal() * qty.decimal()); }
inline Money operator*(const Money& money, const Rate& rate) { return Money(money.decimal() * rate.decimal()); }

// Average price of `qty` base for `money` quote; qty is not zero.
inline Price average_price(const Money& money, const Qty& qty, int scale = 12, Rounding rounding = Rounding::HalfUp) {
  return Price(money.decimal().divided_by(qty.decimal(), scale, rounding).normalized());
}
// part / whole in bps; whole is not zero.
inline Bps in_bps(const Decimal& part, const Decimal& whole, int scale = 4) {
  return Bps((part * Decimal(10000)).divided_by(whole, scale, Rounding::HalfUp).normalized());
}
// fraction of `amount` that `bps` names, exact.
inline Decimal bps_of(const Decimal& amount, const Bps& bps) { return amount * bps.decimal() * Decimal::from_parts(1, 4); }

}  // namespace dn
