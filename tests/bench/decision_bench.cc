// How long one step of the engine takes: an event in, commands out. No disk, no network.
#include <benchmark/benchmark.h>

#include "engine_at_work.h"

namespace {

using namespace dn;
using Bench = bench::EngineAtWork;

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
