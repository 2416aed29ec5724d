// The rules of the paper venues.
#include "sim/instruments.h"

#include <gtest/gtest.h>

#include <array>

namespace dn::sim {
namespace {

constexpr std::array kVenues{Venue::MexcSpot, Venue::GateioSpot, Venue::GateioFutures};

Decimal dec(std::string_view t) { return Decimal::parse(t).value(); }
Instrument rules(Venue v, std::string_view symbol) { return paper_instrument(v, *symbol_from(symbol)).value(); }

std::string list(Venue v) {
  std::string out;
  for (const Symbol& s : paper_symbols(v)) out += s.base.str() + " ";
  return out;
}

TEST(PaperInstruments, EachVenueListsItsSymbolsInOrder) {
  EXPECT_EQ(list(Venue::MexcSpot), "ADA APT ARB ATOM AVAX BCH BNB BTC DOGE DOT ETH FIL HYPE KAS LINK LTC NEAR OP SOL SUI TON TRX UNI USDC XRP ");
  EXPECT_EQ(list(Venue::GateioSpot), "ADA APT ARB ATOM AVAX BCH BNB BTC DOGE DOT ETH FIL LINK LTC NEAR OP SOL SUI TON UNI USDC XRP ");
  EXPECT_EQ(list(Venue::GateioFutures), "ADA APT ARB ATOM AVAX BCH BNB BTC DOGE DOT ETH FIL LINK LTC NEAR OP SUI TON UNI XRP ");
  EXPECT_FALSE(paper_instrument(Venue::GateioFutures, *symbol_from("USDC/USDT")));
  EXPECT_FALSE(paper_instrument(Venue::MexcSpot, *symbol_from("BTC/USDC")));
}

// What the engine and the simulated venue take for granted.
TEST(PaperInstruments, AllOfThemAreSound) {
  for (const Venue v : kVenues) {
    for (const Symbol& s : paper_symbols(v)) {
      const Instrument i = paper_instrument(v, s).value();
      SCOPED_TRACE(std::string(name(v)) + " " + s.str());
      EXPECT_EQ(i.venue, v);
      EXPECT_EQ(i.symbol, s);
      EXPECT_TRUE(i.tick.is_positive() && i.step.is_positive());
      EXPECT_TRUE(i.min_qty.is_multiple_of(i.step));
      EXPECT_EQ(i.kind == InstrumentKind::Perpetual, v == Venue::GateioFutures);
      EXPECT_EQ(i.multiplier.is_positive(), v == Venue::GateioFutures);
      EXPECT_TRUE(!i.max_qty || *i.max_qty > i.min_qty);
      EXPECT_TRUE(!i.max_notional || *i.max_notional > i.min_notional);
      EXPECT_TRUE(!i.price_band || (i.price_band->is_positive() && *i.price_band < Rate(1)));
      EXPECT_TRUE(i.status == TradingStatus::Trading && i.api_tradable);
    }
  }
}

TEST(PaperInstruments, AreAsTheVenuesPublishThem) {
  const Instrument mexc = rules(Venue::MexcSpot, "BTC/USDT");
  EXPECT_EQ(mexc.tick, Price(dec("0.01")));
  EXPECT_EQ(mexc.min_qty, Qty(dec("0.000001")));
  EXPECT_EQ(mexc.min_notional, Money(1));
  EXPECT_EQ(mexc.max_notional, Money(2'000'000));
  EXPECT_EQ(mexc.price_band, Rate(dec("0.05")));
  const Instrument gate = rules(Venue::GateioSpot, "BTC/USDT");
  EXPECT_EQ(gate.tick, Price(dec("0.1")));
  EXPECT_EQ(gate.step, Qty(dec("0.000001")));
  EXPECT_EQ(gate.min_notional, Money(3));
  EXPECT_EQ(gate.max_qty, Qty(100));
  EXPECT_EQ(rules(Venue::MexcSpot, "KAS/USDT").min_qty, Qty()) << "a size precision of 0 is no minimum";
}

TEST(PaperInstruments, ContractsAreWholeOrTenthsOfThem) {
  EXPECT_EQ(rules(Venue::GateioFutures, "BTC/USDT").step, Qty(dec("0.0001")));
  EXPECT_EQ(rules(Venue::GateioFutures, "BTC/USDT").max_qty, Qty(1200));
  const Instrument eth = rules(Venue::GateioFutures, "ETH/USDT");
  EXPECT_EQ(eth.multiplier, Qty(dec("0.01")));
  EXPECT_EQ(eth.step, Qty(dec("0.001"))) << "a tenth of a contract";
  EXPECT_EQ(eth.min_qty, eth.step);
  EXPECT_EQ(rules(Venue::GateioFutures, "XRP/USDT").step, Qty(1));
  EXPECT_EQ(rules(Venue::GateioFutures, "DOGE/USDT").step, Qty(10));
}

TEST(PaperInstruments, FeesAreThoseOfAnAccountWithoutDiscounts) {
  const Instrument mexc = rules(Venue::MexcSpot, "ETH/USDT");
  EXPECT_EQ(mexc.maker_fee, Rate(0));
  EXPECT_EQ(mexc.taker_fee, Rate(dec("0.0005")));
  EXPECT_EQ(mexc.fee_asset(Side::Buy), Asset("USDT"));
  const Instrument gate = rules(Venue::GateioSpot, "ETH/USDT");
  EXPECT_EQ(gate.maker_fee, Rate(dec("0.002")));
  EXPECT_EQ(gate.fee_asset(Side::Buy), Asset("ETH"));
  EXPECT_EQ(gate.fee_asset(Side::Sell), Asset("USDT"));
  const Instrument perp = rules(Venue::GateioFutures, "ETH/USDT");
  EXPECT_EQ(perp.maker_fee, Rate(dec("0.0002")));
  EXPECT_EQ(perp.taker_fee, Rate(dec("0.0005")));
  EXPECT_EQ(perp.fee_asset(Side::Buy), Asset("USDT"));
}

TEST(RecordedInstruments, TakeTickAndStepFromTheDecimalsSeen) {
  RecordingFacts facts;
  facts.price_places = 3;
  facts.size_places = 0;
  const Symbol ton = *symbol_from("TON/USDT");
  const Instrument mexc = instrument_like_recording(Venue::MexcSpot, ton, facts);
  EXPECT_EQ(mexc.tick, Price(dec("0.001")));
  EXPECT_EQ(mexc.step, Qty(1));
  EXPECT_EQ(mexc.min_notional, Money(1));
  EXPECT_EQ(mexc.taker_fee, Rate(dec("0.0005")));
  EXPECT_EQ(mexc.multiplier, Qty());
  const Instrument gate = instrument_like_recording(Venue::GateioSpot, ton, facts);
  EXPECT_EQ(gate.min_notional, Money(3));
  EXPECT_EQ(gate.fee_asset(Side::Buy), Asset("TON"));
  const Instrument perp = instrument_like_recording(Venue::GateioFutures, ton, facts);
  EXPECT_EQ(perp.kind, InstrumentKind::Perpetual);
  EXPECT_EQ(perp.multiplier, perp.step);
  EXPECT_EQ(perp.to_contracts(Qty(7)), Contracts(7));
  facts.price_places = facts.size_places = 12;
  EXPECT_EQ(instrument_like_recording(Venue::MexcSpot, ton, facts).tick, Price(dec("0.000000000001")));
}

}  // namespace
}  // namespace dn::sim
