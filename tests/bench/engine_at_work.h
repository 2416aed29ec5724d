// An engine with two spot venues and a slice of 0.1 at work on each, told what a test or a benchmark likes.
#pragma once

#include <optional>
#include <string>

#include "engine/task.h"

namespace dn::bench {

inline Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

inline Instrument spot(Venue venue) {
  Instrument i;
  i.venue = venue;
  i.symbol = *symbol_from("BTC/USDT");
  i.tick = Price(dec("0.1"));
  i.step = Qty(dec("0.000001"));
  i.min_notional = Money(3);
  i.maker_fee = Rate(dec("0.001"));
  i.taker_fee = Rate(dec("0.002"));
  return i;
}

inline StoredTask seed_task() {
  StoredTask t;
  t.task.id = 1;  // the first of a database
  TaskSpec& s = t.task.spec;
  s.name = "bench";
  s.symbol = *symbol_from("BTC/USDT");
  s.total_quantity = Qty(1'000'000);
  s.order_quantity = Qty(dec("0.1"));
  s.leg.buy = {Venue::MexcSpot, 2, 5, PriceReference::Touch};
  s.leg.sell = {Venue::GateioSpot, -2, 3, PriceReference::Touch};
  s.delay = Dur{};
  s.risk.max_orders_per_minute = 100'000;
  s.risk.max_orders_per_run = 10'000'000;
  t.task.run_epoch = 1;
  return t;
}

class EngineAtWork {
 public:
  EngineAtWork() : engine_(seed_task(), {spot(Venue::MexcSpot), spot(Venue::GateioSpot)}) {
    engine_.start(now_, out_);
    book(Venue::MexcSpot, 0);
    book(Venue::GateioSpot, 0);
  }
  void book(Venue venue, std::int64_t ticks) {
    const Price bid(Decimal::from_parts(432'500 + ticks, 1));
    tell(BookUpdate{venue, {bid, bid + Price(dec("0.1")), Qty(5), Qty(5)}});
  }
  void tell(const Event& e) {
    out_.clear();
    now_ = now_ + Dur::millis(1);  // so that the limit of orders a minute is never met
    engine_.handle(now_, e, out_);
  }
  std::optional<OrderRequest> working(Side leg) const {
    if (engine_.working(leg).empty()) return std::nullopt;
    return engine_.working(leg)[0].record.request;
  }
  void ack(const OrderRequest& r) {
    PlaceReport p;
    p.id = r.id;
    p.outcome = PlaceOutcome::Accepted;
    p.venue_order_id = VenueOrderId("1");
    tell(p);
  }
  void fill(const OrderRequest& r) {
    Fill f;
    f.trade_id = TradeId(std::to_string(++trades_));
    f.order = r.id;
    f.venue = r.leg == Side::Buy ? Venue::MexcSpot : Venue::GateioSpot;
    f.price = r.price;
    f.qty = r.qty;
    f.fee_asset = Asset("USDT");
    tell(StreamFill{f});
  }
  std::size_t sends() const { return out_.sends.size(); }
  const Commands& answer() const { return out_; }
  const TaskRecord& record() const { return engine_.record(); }
  const TaskEngine& engine() const { return engine_; }

 private:
  Time now_{1'767'225'600'000'000};
  Commands out_;
  TaskEngine engine_;
  std::int64_t trades_ = 0;
};

}  // namespace dn::bench
