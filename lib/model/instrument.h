// What a venue allows for one symbol: the rules that sizes, prices and fees follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fixed_string.h"
#include "base/time.h"
#include "model/side.h"
#include "model/units.h"

namespace dn {

// The venues that this program knows. A new venue adds one line here and one folder.
#define DN_VENUES(X)                     \
  X(MexcSpot, "mexc_spot", "MEXC")       \
  X(GateioSpot, "gateio_spot", "GATEIO") \
  X(GateioFutures, "gateio_futures", "GATEIO_FUTURES")

enum class Venue : std::uint8_t {
#define DN_VENUE_ENUM(id, text, shown) id,
  DN_VENUES(DN_VENUE_ENUM)
#undef DN_VENUE_ENUM
};
std::string_view name(Venue v);        // as in files and events: "mexc_spot"
std::string_view short_name(Venue v);  // as in log lines: "MEXC"
std::optional<Venue> venue_from(std::string_view text);
std::string venue_list();  // "mexc_spot, gateio_spot or gateio_futures", for messages
const std::vector<std::string>& venue_names();
// What is wrong with a text that names no venue: "is not a venue; write mexc_spot, ...; did you mean mexc_spot?"
std::string no_venue(std::string_view text);

using Asset = FixedString<16>;  // "BTC"

struct Symbol {
  Asset base;
  Asset quote;
  std::string str() const { return base.str() + "/" + quote.str(); }
  friend bool operator==(const Symbol&, const Symbol&) = default;
};
// "BTC/USDT": two upper-case alphanumeric codes that differ. nullopt for anything else.
std::optional<Symbol> symbol_from(std::string_view text);

enum class InstrumentKind : std::uint8_t { Spot, Perpetual };

// Which asset a fill's fee is taken in.
enum class FeeIn : std::uint8_t {
  Received,  // buys pay in base, sells in quote (Gate spot)
  Quote,     // always in quote (MEXC spot, Gate futures)
  Token,     // in `fee_token` (MX, GT deduction)
};

enum class TradingStatus : std::uint8_t { Trading, ReduceOnly, Halted };

// What a venue tells of a perpetual's funding.
struct FundingTerms {
  Rate rate;     // what longs pay shorts at the next settlement
  Dur interval;  // between settlements; 0 = not told, or no perpetual
  Time next;     // settlement
  friend bool operator==(const FundingTerms&, const FundingTerms&) = default;
};

struct Instrument {
  Venue venue = Venue::MexcSpot;
  Symbol symbol;
  InstrumentKind kind = InstrumentKind::Spot;
  TradingStatus status = TradingStatus::Trading;
  bool api_tradable = true;  // false: the venue lists the symbol but refuses orders by API
  bool has_post_only = true;
  bool has_ioc = true;
  bool has_market = true;

  Price tick;                  // > 0; prices are multiples of it
  Qty step;                    // > 0; quantities are multiples of it (perpetual: contract step × multiplier)
  Qty min_qty;                 // smallest order; 0 = only the step
  Money min_notional;          // smallest order value; 0 = none
  std::optional<Qty> max_qty;  // largest order
  std::optional<Money> max_notional;
  std::optional<Rate> price_band;  // a limit price further than this fraction from the market is refused
  Qty multiplier;                  // perpetual: base per contract; 0 for spot

  Rate maker_fee;
  Rate taker_fee;
  FeeIn fee_in = FeeIn::Quote;
  FundingTerms funding;   // perpetual: as last told
  Asset fee_token;        // for FeeIn::Token
  Price fee_token_price;  // quote per token, for FeeIn::Token

  // The asset a fill on `side` pays its fee in.
  Asset fee_asset(Side side) const;
  // Fee rate that an order on `side` loses of its base quantity, at the worse of maker and taker; 0 when fees are not in base.
  Rate base_fee_rate(Side side) const;
  // Smallest order that the venue takes at `price`: minimum quantity and notional, rounded up to the step.
  Qty min_tradable(Price price) const;
  // Largest quantity (a multiple of the step) that the venue takes in one order at `price`; nullopt = no limit.
  std::optional<Qty> max_tradable(Price price) const;

  Qty to_qty(Contracts contracts) const;
  // Whole step count of contracts for `qty`, which is a multiple of the step.
  Contracts to_contracts(Qty qty) const;
};

// The smallest quantity that both legs can trade without a rest.
Qty common_step(const Instrument& a, const Instrument& b);

}  // namespace dn
