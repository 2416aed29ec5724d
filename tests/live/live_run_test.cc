// What a live run does by itself between the engine and the venues.
#include "live/live_run.h"

#include <gtest/gtest.h>

#include <vector>

namespace dn::live {
namespace {

Instrument spot(Venue venue) {
  Instrument i;
  i.venue = venue;
  i.symbol = *symbol_from("BTC/USDT");
  i.tick = Price(*Decimal::parse("0.1"));
  i.step = Qty(*Decimal::parse("0.0001"));
  i.min_qty = i.step;
  i.min_notional = Money(3);
  return i;
}

StoredTask task() {
  StoredTask t;
  t.task.spec.name = "t";
  t.task.spec.symbol = *symbol_from("BTC/USDT");
  t.task.spec.total_quantity = Qty(1);
  t.task.spec.order_quantity = Qty(*Decimal::parse("0.1"));
  t.task.spec.leg.buy.exchange = Venue::MexcSpot;
  t.task.spec.leg.sell.exchange = Venue::GateioSpot;
  t.task.run_epoch = 1;
  return t;
}

class NoJournal final : public Journal {
 public:
  Expected<void, JournalError> commit(const TaskRecord& /*task*/, const JournalBatch& /*batch*/) override { return {}; }
};

class Heard final : public RunObserver {
 public:
  void heard(Time /*now*/, const Event& event) override {
    if (const auto* r = std::get_if<PlaceReport>(&event)) reports.push_back(*r);
  }
  void sending(Time /*now*/, const Send& send) override { orders += std::holds_alternative<PlaceOrder>(send) ? 1 : 0; }
  std::vector<PlaceReport> reports;
  int orders = 0;
};

// A run whose venues cannot be reached, with prices from nowhere.
class LiveRunTest : public testing::Test {
 protected:
  void run(LiveRunOptions options) {
    LiveRun run(clock_, engine_, journal_, heard_, std::move(options));
    const Link::Emit tell = run.emit();
    ASSERT_TRUE(run.start(clock_.now(), {}));
    for (int i = 0; i < 200 && heard_.reports.empty(); ++i) {
      for (const Venue v : {Venue::MexcSpot, Venue::GateioSpot}) {
        tell(BookUpdate{v, {Price(43250), Price(*Decimal::parse("43250.1")), Qty(5), Qty(5)}});
        ASSERT_TRUE(run.step());
      }
    }
    EXPECT_GT(heard_.orders, 0);
    ASSERT_FALSE(heard_.reports.empty());
  }

  Clock clock_;
  TaskEngine engine_{task(), {spot(Venue::MexcSpot), spot(Venue::GateioSpot)}};
  NoJournal journal_;
  Heard heard_;
};

TEST_F(LiveRunTest, BehindTheKillSwitchNoOrderLeaves) {
  LiveRunOptions options;
  options.is_halted = [] { return true; };
  run(std::move(options));
  EXPECT_EQ(heard_.reports[0].outcome, PlaceOutcome::Refused);
  EXPECT_EQ(heard_.reports[0].code.view(), "halt_file");
}

TEST_F(LiveRunTest, WithoutItOrdersGoTheirWay) {
  LiveRunOptions options;
  options.is_halted = [] { return false; };
  run(std::move(options));
  EXPECT_EQ(heard_.reports[0].code.view(), "unreachable");
}

TEST(Pulse, BeatsAreShortWhileSomethingRuns) {
  Pulse pulse;
  EXPECT_GE(pulse.beat(), Dur{});
  EXPECT_LT(pulse.beat(), Dur::seconds(1));
}

}  // namespace
}  // namespace dn::live
