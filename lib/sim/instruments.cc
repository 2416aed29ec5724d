#include "sim/instruments.h"

#include <algorithm>
#include <array>

namespace dn::sim {
namespace {

// One row per venue and symbol. Where the numbers come from:
// - MEXC BTC, ETH, USDC, KAS, HYPE, LTC: values made up for a simulator in the form of GET /api/v3/exchangeInfo of 2025-12:
//   tick and step from quotePrecision and baseAssetPrecision, minimums from baseSizePrecision (0: none) and
//   quoteAmountPrecision.
// - MEXC ADA, SOL, TRX, XRP: the same fields as recorded about 2024-12. Like LTC they were closed to orders by API; paper opens them,
//   or hardly any pair could be tried.
// - Gate: GET /spot/currency_pairs and GET /futures/usdt/contracts as recorded in May 2026. Contracts with enable_decimal are traded
//   in tenths.
// - Rows marked "assumed" stand in no record and follow their neighbours.
struct Row {
  Venue venue;
  std::string_view symbol;
  std::string_view tick;
  std::string_view step;          // spot: base; futures: contracts
  std::string_view min_qty;       // likewise
  std::string_view min_notional;  // quote
  std::string_view max_qty;       // spot: base, "" = none; futures: contracts
  std::string_view max_notional;  // quote, "" = none
  std::string_view multiplier;    // futures: base per contract
  std::string_view price_band;    // fraction of the market's price, "" = none: PERCENT_PRICE_BY_SIDE, up_rate, order_price_deviate
};

constexpr Venue kMexc = Venue::MexcSpot;
constexpr Venue kGate = Venue::GateioSpot;
constexpr Venue kPerp = Venue::GateioFutures;

constexpr std::array kRows{
    Row{kMexc, "ADA/USDT", "0.0001", "0.01", "0.1", "1", "", "2000000", "", ""},
    Row{kMexc, "APT/USDT", "0.001", "0.01", "0", "1", "", "2000000", "", ""},   // assumed
    Row{kMexc, "ARB/USDT", "0.0001", "0.1", "0", "1", "", "2000000", "", ""},   // assumed
    Row{kMexc, "ATOM/USDT", "0.001", "0.01", "0", "1", "", "2000000", "", ""},  // assumed
    Row{kMexc, "AVAX/USDT", "0.001", "0.01", "0", "1", "", "2000000", "", ""},  // assumed
    Row{kMexc, "BCH/USDT", "0.01", "0.001", "0", "1", "", "2000000", "", ""},   // assumed
    Row{kMexc, "BNB/USDT", "0.01", "0.001", "0", "1", "", "2000000", "", ""},   // assumed
    Row{kMexc, "BTC/USDT", "0.01", "0.00000001", "0.000001", "1", "", "2000000", "", "0.05"},
    Row{kMexc, "DOGE/USDT", "0.00001", "0.01", "0", "1", "", "2000000", "", ""},  // assumed
    Row{kMexc, "DOT/USDT", "0.001", "0.01", "0", "1", "", "2000000", "", ""},     // assumed
    Row{kMexc, "ETH/USDT", "0.01", "0.00001", "0.0001", "1", "", "2000000", "", "0.05"},
    Row{kMexc, "FIL/USDT", "0.001", "0.01", "0", "1", "", "2000000", "", ""},  // assumed
    Row{kMexc, "HYPE/USDT", "0.01", "0.01", "0", "1", "", "2000000", "", ""},
    Row{kMexc, "KAS/USDT", "0.000001", "0.01", "0", "1", "", "2000000", "", ""},
    Row{kMexc, "LINK/USDT", "0.001", "0.01", "0", "1", "", "2000000", "", ""},  // assumed
    Row{kMexc, "LTC/USDT", "0.01", "0.0001", "0.001", "1", "", "2000000", "", ""},
    Row{kMexc, "NEAR/USDT", "0.001", "0.01", "0", "1", "", "2000000", "", ""},  // assumed
    Row{kMexc, "OP/USDT", "0.0001", "0.1", "0", "1", "", "2000000", "", ""},    // assumed
    Row{kMexc, "SOL/USDT", "0.01", "0.01", "0.01", "1", "", "2000000", "", ""},
    Row{kMexc, "SUI/USDT", "0.0001", "0.01", "0", "1", "", "2000000", "", ""},  // assumed
    Row{kMexc, "TON/USDT", "0.001", "0.01", "0", "1", "", "2000000", "", ""},   // assumed
    Row{kMexc, "TRX/USDT", "0.0001", "0.01", "1", "1", "", "2000000", "", ""},
    Row{kMexc, "UNI/USDT", "0.001", "0.01", "0", "1", "", "2000000", "", ""},  // assumed
    Row{kMexc, "USDC/USDT", "0.0001", "0.01", "1", "1", "", "2000000", "", ""},
    Row{kMexc, "XRP/USDT", "0.0001", "0.01", "0.1", "1", "", "2000000", "", ""},
    Row{kGate, "ADA/USDT", "0.0001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},
    Row{kGate, "APT/USDT", "0.001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},   // assumed
    Row{kGate, "ARB/USDT", "0.0001", "0.1", "0.1", "3", "", "5000000", "", "0.08"},    // assumed
    Row{kGate, "ATOM/USDT", "0.001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},  // assumed
    Row{kGate, "AVAX/USDT", "0.001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},  // assumed
    Row{kGate, "BCH/USDT", "0.01", "0.001", "0.001", "3", "", "5000000", "", "0.08"},  // assumed
    Row{kGate, "BNB/USDT", "0.01", "0.001", "0.001", "3", "", "5000000", "", "0.08"},  // assumed
    Row{kGate, "BTC/USDT", "0.1", "0.000001", "0.000001", "3", "100", "5000000", "", "0.08"},
    Row{kGate, "DOGE/USDT", "0.00001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},
    Row{kGate, "DOT/USDT", "0.001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},  // assumed
    Row{kGate, "ETH/USDT", "0.01", "0.0001", "0.001", "3", "1000", "5000000", "", "0.08"},
    Row{kGate, "FIL/USDT", "0.001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},   // assumed
    Row{kGate, "LINK/USDT", "0.001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},  // assumed
    Row{kGate, "LTC/USDT", "0.01", "0.001", "0.001", "3", "", "5000000", "", "0.1"},
    Row{kGate, "NEAR/USDT", "0.001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},   // assumed
    Row{kGate, "OP/USDT", "0.0001", "0.1", "0.1", "3", "", "5000000", "", "0.08"},      // assumed
    Row{kGate, "SOL/USDT", "0.01", "0.0001", "0.001", "3", "", "5000000", "", "0.08"},  // assumed
    Row{kGate, "SUI/USDT", "0.0001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},   // assumed
    Row{kGate, "TON/USDT", "0.001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},    // assumed
    Row{kGate, "UNI/USDT", "0.001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},    // assumed
    Row{kGate, "USDC/USDT", "0.0001", "0.01", "0.01", "3", "", "5000000", "", "0.08"},  // assumed
    Row{kGate, "XRP/USDT", "0.0001", "0.001", "0.001", "3", "", "5000000", "", "0.08"},
    Row{kPerp, "ADA/USDT", "0.0001", "1", "1", "0", "2300000", "", "10", "0.05"},
    Row{kPerp, "APT/USDT", "0.001", "1", "1", "0", "1000000", "", "1", "0.1"},    // assumed
    Row{kPerp, "ARB/USDT", "0.0001", "1", "1", "0", "1000000", "", "10", "0.1"},  // assumed
    Row{kPerp, "ATOM/USDT", "0.001", "1", "1", "0", "1000000", "", "1", "0.1"},   // assumed
    Row{kPerp, "AVAX/USDT", "0.001", "1", "1", "0", "1000000", "", "1", "0.1"},   // assumed
    Row{kPerp, "BCH/USDT", "0.01", "1", "1", "0", "1000000", "", "0.01", "0.1"},  // assumed
    Row{kPerp, "BNB/USDT", "0.01", "1", "1", "0", "1000000", "", "0.01", "0.1"},  // assumed
    Row{kPerp, "BTC/USDT", "0.1", "1", "1", "0", "12000000", "", "0.0001", "0.04"},
    Row{kPerp, "DOGE/USDT", "0.00001", "1", "1", "0", "12000000", "", "10", "0.2"},
    Row{kPerp, "DOT/USDT", "0.001", "1", "1", "0", "1000000", "", "1", "0.1"},         // assumed
    Row{kPerp, "ETH/USDT", "0.01", "0.1", "0.1", "0", "3800000", "", "0.01", "0.04"},  // decimal contracts: tenths
    Row{kPerp, "FIL/USDT", "0.001", "1", "1", "0", "1000000", "", "1", "0.1"},         // assumed
    Row{kPerp, "LINK/USDT", "0.001", "1", "1", "0", "1000000", "", "1", "0.1"},        // assumed
    Row{kPerp, "LTC/USDT", "0.01", "1", "1", "0", "900000", "", "0.1", "0.05"},
    Row{kPerp, "NEAR/USDT", "0.001", "1", "1", "0", "1000000", "", "1", "0.1"},       // assumed
    Row{kPerp, "OP/USDT", "0.0001", "1", "1", "0", "1000000", "", "10", "0.1"},       // assumed
    Row{kPerp, "SUI/USDT", "0.0001", "1", "1", "0", "1000000", "", "1", "0.1"},       // assumed
    Row{kPerp, "TON/USDT", "0.001", "1", "1", "0", "1000000", "", "1", "0.1"},        // assumed
    Row{kPerp, "UNI/USDT", "0.001", "1", "1", "0", "1000000", "", "1", "0.1"},        // assumed
    Row{kPerp, "XRP/USDT", "0.0001", "0.1", "0.1", "0", "680000", "", "10", "0.04"},  // decimal contracts: tenths
};

Decimal number(std::string_view text) { return Decimal::parse(text).value(); }

// Fees of an account without discounts: MEXC 0 / 5 bps in quote; Gate spot 20 / 20 bps of what is received; Gate futures 2 / 5 bps in
// quote (GET /wallet/fee of a VIP0 account, as recorded).
void set_fees(Instrument& i) {
  switch (i.venue) {
    case Venue::MexcSpot:
      i.maker_fee = Rate(0);
      i.taker_fee = Rate(number("0.0005"));
      i.fee_in = FeeIn::Quote;
      return;
    case Venue::GateioSpot:
      i.maker_fee = Rate(number("0.002"));
      i.taker_fee = Rate(number("0.002"));
      i.fee_in = FeeIn::Received;
      return;
    case Venue::GateioFutures:
      i.maker_fee = Rate(number("0.0002"));
      i.taker_fee = Rate(number("0.0005"));
      i.fee_in = FeeIn::Quote;
      return;
  }
}

Instrument from_row(const Row& r) {
  Instrument i;
  i.venue = r.venue;
  i.symbol = *symbol_from(r.symbol);
  i.tick = Price(number(r.tick));
  i.step = Qty(number(r.step));
  i.min_qty = Qty(number(r.min_qty));
  i.min_notional = Money(number(r.min_notional));
  if (!r.max_qty.empty()) i.max_qty = Qty(number(r.max_qty));
  if (!r.max_notional.empty()) i.max_notional = Money(number(r.max_notional));
  if (!r.price_band.empty()) i.price_band = Rate(number(r.price_band));
  if (!r.multiplier.empty()) {
    i.kind = InstrumentKind::Perpetual;
    i.multiplier = Qty(number(r.multiplier));
    i.step = i.to_qty(Contracts(number(r.step)));
    i.min_qty = i.to_qty(Contracts(number(r.min_qty)));
    i.max_qty = i.to_qty(Contracts(number(r.max_qty)));
  }
  set_fees(i);
  return i;
}

}  // namespace

std::optional<Instrument> paper_instrument(Venue venue, const Symbol& symbol) {
  const std::string wanted = symbol.str();
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.venue == venue && r.symbol == wanted; });
  if (row == kRows.end()) return std::nullopt;
  return from_row(*row);
}

std::vector<Symbol> paper_symbols(Venue venue) {
  std::vector<Symbol> out;
  for (const Row& r : kRows) {
    if (r.venue == venue) out.push_back(*symbol_from(r.symbol));
  }
  return out;
}

Instrument instrument_like_recording(Venue venue, const Symbol& symbol, const RecordingFacts& facts) {
  Instrument i;
  i.venue = venue;
  i.symbol = symbol;
  i.tick = Price(Decimal::from_parts(1, facts.price_places));
  i.step = Qty(Decimal::from_parts(1, facts.size_places));
  if (venue == Venue::GateioFutures) {
    i.kind = InstrumentKind::Perpetual;
    i.multiplier = i.step;
  } else {
    i.min_notional = Money(venue == Venue::GateioSpot ? 3 : 1);
  }
  set_fees(i);
  return i;
}

}  // namespace dn::sim
