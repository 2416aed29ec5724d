// A task before it trades, its market and its account, for tests of the pre-flight.
#pragma once

#include <gtest/gtest.h>

#include "app/preflight.h"

namespace dn::app {

inline Decimal d(std::string_view text) { return *Decimal::parse(text); }
inline Price price(std::string_view text) { return Price(d(text)); }
inline Qty qty(std::string_view text) { return Qty(d(text)); }

// 1 BTC a side in tenths, bought on MEXC near 100, sold on Gate.io near 101.
struct Desk {
  Desk() {
    spec.name = "btc";
    spec.symbol = *symbol_from("BTC/USDT");
    spec.total_quantity = qty("1");
    spec.order_quantity = qty("0.1");
    spec.leg.buy.exchange = Venue::MexcSpot;
    spec.leg.sell.exchange = Venue::GateioSpot;
    for (const Side leg : kSides) {
      Instrument& i = market.instruments[leg];
      i.venue = *spec.leg[leg].exchange;
      i.symbol = spec.symbol;
      i.tick = price("0.01");
      i.step = qty("0.001");
      i.maker_fee = Rate(d("0.0005"));
      i.taker_fee = Rate(d("0.001"));
      market.funds[leg] = Funds{{{Asset("BTC"), d("100")}, {Asset("USDT"), d("10000")}}, {}, {}};
    }
    market.instruments.sell.fee_in = FeeIn::Received;
    market.top.buy = TopOfBook{price("100"), price("100.02"), qty("1"), qty("1")};
    market.top.sell = TopOfBook{price("101"), price("101.02"), qty("1"), qty("1")};
    for (const Side leg : kSides) market.mid[leg] = market.top[leg]->bid;
  }
  void futures(Side leg) {
    spec.leg[leg].exchange = Venue::GateioFutures;
    Instrument& i = market.instruments[leg];
    i.venue = Venue::GateioFutures;
    i.kind = InstrumentKind::Perpetual;
    i.multiplier = i.step = qty("0.001");
    i.fee_in = FeeIn::Quote;
  }
  Numbers numbers() const { return numbers_of(spec, market); }
  std::optional<Need> need(Side leg, const Progress& progress = {}) const { return need_of(spec, market, numbers(), progress, leg); }
  std::vector<std::string> missing(const Progress& progress = {}) const {
    const Numbers n = numbers();
    return what_is_missing({spec, market, n, {}, progress});
  }
  Checks checks(const PerSide<std::optional<venues::Depth>>& depth = {}) const {
    const Numbers n = numbers();
    Checks out;
    check_task(out, {spec, market, n, depth, {}});
    return out;
  }
  Check check(std::string_view name, std::size_t nth = 0, const PerSide<std::optional<venues::Depth>>& depth = {}) const {
    for (const Check& c : checks(depth)) {
      if (c.name == name && nth-- == 0) return c;
    }
    ADD_FAILURE() << "there is no check " << name;
    return {};
  }

  TaskSpec spec;
  MarketView market;
};

}  // namespace dn::app
