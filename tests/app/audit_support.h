// What the tests of the audit share: a round of a task with trades on both sides, its events as a store would have chained them, and venues that
// tell the same.
#pragma once

#include <gmock/gmock.h>

#include "app/audit_venue.h"
#include "engine/ids.h"

namespace dn::app {

inline Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }
inline constexpr Time kBegin{1'767'225'600'000'000};
inline Time at(std::int64_t seconds) { return kBegin + Dur::seconds(seconds) + Dur::millis(7); }

inline Fill a_fill(std::string_view id, Side side, Venue venue, std::string_view price, std::string_view qty, std::string_view fee, std::string_view asset,
                   Time time) {
  Fill f;
  f.trade_id = TradeId(id);
  f.order = make_client_order_id(task_key("btc"), side, 7, side == Side::Buy ? 1 : 2);
  f.venue_order_id = VenueOrderId(side == Side::Buy ? "B1" : "S1");
  f.venue = venue;
  f.leg = f.side = side;
  f.price = Price(dec(price));
  f.qty = Qty(dec(qty));
  f.fee = Fee(dec(fee));
  f.fee_asset = Asset(asset);
  f.time = time;
  return f;
}

inline OrderRecord an_order(Side leg, std::string_view venue_id, std::string_view qty, std::string_view value) {
  OrderRecord o;
  o.request = {make_client_order_id(task_key("btc"), leg, 7, leg == Side::Buy ? 1U : 2U),
               leg,
               leg,
               OrderType::Limit,
               Purpose::Quote,
               Price(dec("60000")),
               Qty(dec(qty)),
               false,
               kBegin,
               kBegin};
  o.status = OrderStatus::Closed;
  o.close_reason = CloseReason::Filled;
  o.venue_order_id = VenueOrderId(venue_id);
  o.filled = o.booked = Qty(dec(qty));
  o.filled_quote = Money(dec(value));
  return o;
}

// Bought on MEXC for a fee in MX, sold on Gate for one in GT or, of the futures venue, in quote.
inline StoredTask a_round(Venue sell = Venue::GateioSpot) {
  StoredTask t;
  TaskRecord& r = t.task;
  r.id = 3;
  r.round = 1;
  r.spec.name = "btc";
  r.spec.symbol = *symbol_from("BTC/USDT");
  r.spec.leg.buy.exchange = Venue::MexcSpot;
  r.spec.leg.sell.exchange = sell;
  r.live = true;
  r.run_epoch = 7;
  r.runs = 1;
  r.next_seq = 3;
  r.created = kBegin;
  t.orders = {an_order(Side::Buy, "B1", "0.3", "18000.05"), an_order(Side::Sell, "S1", "0.3", "18030")};
  t.fills = {a_fill("M1", Side::Buy, Venue::MexcSpot, "60000", "0.2", "0.5", "MX", at(10)),
             a_fill("M2", Side::Buy, Venue::MexcSpot, "60000.5", "0.1", "0.25", "MX", at(11)),
             a_fill("G1", Side::Sell, sell, "60100", "0.3", "1.5", sell == Venue::GateioSpot ? "GT" : "USDT", at(12))};
  for (const Fill& f : t.fills) {
    LegTotals& l = r.leg[f.leg];
    l.filled += f.qty;
    l.net += f.qty;
    l.traded += f.qty;
    l.traded_quote += f.price * f.qty;
    l.cash += f.side == Side::Buy ? -(f.price * f.qty) : f.price * f.qty;
    l.fees.add(f.fee_asset, f.fee);
  }
  return t;
}

inline FundingPayment a_payment(std::string_view id, std::string_view amount, Time time) {
  return {PaymentId(id), Venue::GateioFutures, Side::Sell, Money(dec(amount)), time};
}

}  // namespace dn::app
