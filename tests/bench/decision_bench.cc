// How long one step of the engine takes: an event in, commands out. No disk, no network.
#include <benchmark/benchmark.h>

#include "engine/task.h"

namespace {

using namespace dn;

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

Instrument spot(Venue venue) {
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

StoredTask seed_task() {
  StoredTask t;
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

class Bench {
 public:
  Bench() : engine_(seed_task(), {spot(Venue::MexcSpot), spot(Venue::GateioSpot)}) {
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

 private:
  Time now_{1'767'225'600'000'000};
  Commands out_;
  TaskEngine engine_;
  std::int64_t trades_ = 0;
};

// A tick that changes nothing: most of what an engine hears.
void quiet_tick(benchmark::State& state) {
  Bench b;
  b.ack(*b.working(Side::Buy));
  b.ack(*b.working(Side::Sell));
  std::int64_t ticks = 0;
  for (auto _ : state) b.book(Venue::MexcSpot, ++ticks % 2);
}
BENCHMARK(quiet_tick);

// The fill that completes both slices, and the two new orders that follow it in the same step.
void fill_to_both_orders(benchmark::State& state) {
  Bench b;
  for (auto _ : state) {
    state.PauseTiming();
    b.book(Venue::MexcSpot, 0);
    b.book(Venue::GateioSpot, 0);
    const OrderRequest buy = *b.working(Side::Buy);
    const OrderRequest sell = *b.working(Side::Sell);
    b.ack(buy);
    b.ack(sell);
    b.fill(buy);
    state.ResumeTiming();
    b.fill(sell);
    if (b.sends() != 2) {
      state.SkipWithError("both legs were expected to be quoted anew");
      break;
    }
  }
}
BENCHMARK(fill_to_both_orders);

// A tick that moves a quote out of its tolerance: one cancel.
void tick_to_cancel(benchmark::State& state) {
  std::int64_t far = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Bench b;
    b.ack(*b.working(Side::Buy));
    b.ack(*b.working(Side::Sell));
    state.ResumeTiming();
    b.book(Venue::MexcSpot, 50 + (++far % 3));
    if (b.sends() != 1) {
      state.SkipWithError("one cancel was expected");
      break;
    }
  }
}
BENCHMARK(tick_to_cancel);

}  // namespace

BENCHMARK_MAIN();
