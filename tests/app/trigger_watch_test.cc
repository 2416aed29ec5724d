// A trigger's watch over prices that the test sets, in real time that the test tells.
#include "app/trigger_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/instruments.h"
#include "store/store.h"
#include "temp_dir.h"

namespace dn::app {
namespace {

using venues::Depth;

Price px(std::string_view text) { return Price(*Decimal::parse(text)); }
Qty qty(std::string_view text) { return Qty(*Decimal::parse(text)); }

struct Market {
  Time now{1'800'000'000'000'000};
  std::map<std::string, PerSide<TopOfBook>> books;  // by symbol
  std::set<std::string> silent;                     // no depth comes
  std::set<std::string> stale;
  std::set<std::string> away;
  int depths = 0;  // that were asked for
};

class Shown final : public Prices {
 public:
  Shown(Market& market, const TaskSpec& spec) : market_(market), symbol_(spec.symbol.str()) {
    for (const Side leg : kSides) view_.instruments[leg] = *sim::paper_instrument(*spec.leg[leg].exchange, spec.symbol);
  }
  MarketView view(Dur) override {
    for (const Side leg : kSides) {
      view_.top[leg].reset();
      if (!market_.stale.contains(symbol_)) view_.top[leg] = market_.books.at(symbol_)[leg];
      view_.mid[leg] = view_.top[leg] ? view_.top[leg]->bid : Price{};
    }
    return view_;
  }
  std::optional<PerSide<Depth>> depth(Time) override {
    ++market_.depths;
    if (market_.silent.contains(symbol_)) return std::nullopt;
    PerSide<Depth> out;
    for (const Side leg : kSides) {
      const TopOfBook& t = market_.books.at(symbol_)[leg];
      out[leg] = {{{t.bid, t.bid_qty}}, {{t.ask, t.ask_qty}}};
    }
    return out;
  }
  Time next_time() const override { return Time::never(); }
  void step() override {}

 private:
  Market& market_;
  std::string symbol_;
  MarketView view_;
};

class Venues final : public Grounds {
 public:
  explicit Venues(Market& market) : market_(market) {}
  Expected<std::unique_ptr<Ground>, ToolError> open(const TaskSpec&, Time, Absent) override { return Unexpected{ToolError{}}; }
  Expected<std::unique_ptr<Prices>, ToolError> prices(const TaskSpec& spec, Time) override {
    if (market_.away.contains(spec.symbol.str())) return Unexpected{ToolError{ExitCode::VenueDown, "the venue is away", "wait"}};
    return std::unique_ptr<Prices>(new Shown(market_, spec));
  }
  Expected<std::vector<live::Look>, ToolError> look(const TaskSpec&, Time) override { return Unexpected{ToolError{}}; }
  std::optional<Time> now() const override { return market_.now; }

 private:
  Market& market_;
};

class Watching : public testing::Test {
 protected:
  void SetUp() override {
    source_.spec.task.name = "scan";
    for (const auto& [key, value] : {std::pair("total_quantity", "2"), std::pair("order_quantity", "1"), std::pair("buy.price_reference", "opposite"),
                                     std::pair("sell.price_reference", "opposite")}) {
      ASSERT_TRUE(set_task_key(source_.spec.task, key, value)) << key;
    }
    set("symbols", {"ETH/USDT", "LTC/USDT"});
    set("venue_pairs", {"mexc_spot > gateio_spot"});
    set("min_spread_bps", {"20"});
    set("cooldown", {"60s"});
    set("max_tasks", {"2"});
    for (const char* symbol : {"ETH/USDT", "LTC/USDT"}) gap(symbol, 0);
    options_.session.db = dir_ / "dn.db";
    options_.halt_files = {dir_ / "HALT"};
  }
  void set(std::string_view key, const std::vector<std::string>& values) { ASSERT_TRUE(set_trigger_key(source_.spec, key, values)) << key; }
  // The sell venue's book stands so many bps above the buy venue's.
  void gap(const std::string& symbol, int bps, std::string_view amount = "50") {
    const auto at = [&](int over, std::string_view cents) { return Price(px("100").decimal() * Decimal::from_parts(10'000 + over, 4)) + px(cents); };
    market_.books[symbol] = {{at(0, "0"), at(0, "0.01"), qty(amount), qty(amount)}, {at(bps, "0"), at(bps, "0.01"), qty(amount), qty(amount)}};
  }
  void open() {
    source_.task.spec = source_.spec.task;
    auto watch = TriggerWatch::open(source_, options_, venues_, output_);
    ASSERT_TRUE(watch) << watch.error().message;
    watch_ = std::move(*watch);
  }
  // The symbol whose task begins at the next look; "-": none.
  std::string next(Dur later = Dur::millis(20)) {
    market_.now = market_.now + later;
    const auto start = watch_->step();
    return start ? std::string(start->source.spec.symbol.base.view()) : "-";
  }
  static std::string task(const std::string& base) { return "scan." + base + "-USDT.mexc_spot.gateio_spot"; }

  TempDir dir_;
  Market market_;
  Venues venues_{market_};
  Output output_{OutputOptions{false, false, true, true, false}};
  TriggerSource source_;
  TriggerWatch::Options options_;
  std::unique_ptr<TriggerWatch> watch_;
};

TEST_F(Watching, NothingBeginsBelowAndATaskBeginsOnceAbove) {
  open();
  EXPECT_EQ(next(), "-");
  EXPECT_EQ(market_.depths, 0) << "what the touches do not promise is not asked for";
  gap("ETH/USDT", 80);
  EXPECT_EQ(next(), "ETH");
  EXPECT_EQ(next(), "-") << "its pair has a task";
}

TEST_F(Watching, TheWidestBeginsFirstAndNoMoreThanMaxTasks) {
  set("max_tasks", {"1"});
  open();
  gap("ETH/USDT", 60);
  gap("LTC/USDT", 90);
  EXPECT_EQ(next(), "LTC");
  EXPECT_EQ(next(), "-");
  watch_->ended(task("LTC"), true, market_.now);
  EXPECT_EQ(next(), "ETH");
}

TEST_F(Watching, APairThatPromisesMoreIsWaitedForAWhile) {
  set("max_tasks", {"1"});
  open();
  gap("ETH/USDT", 60);
  gap("LTC/USDT", 90);
  market_.silent.insert("LTC/USDT");
  EXPECT_EQ(next(), "-");
  EXPECT_EQ(next(Dur::millis(900)), "-");
  market_.silent.clear();
  EXPECT_EQ(next(), "LTC");
}

TEST_F(Watching, ButNotForEver) {
  open();
  gap("ETH/USDT", 60);
  gap("LTC/USDT", 90);
  market_.silent.insert("LTC/USDT");
  EXPECT_EQ(next(), "-");
  EXPECT_EQ(next(Dur::seconds(1)), "ETH");
}

TEST_F(Watching, NorForOneThatDoesNotKeepWhatItPromises) {
  open();
  gap("LTC/USDT", 90, "0.5");  // a slice is more than that
  EXPECT_EQ(next(), "-");
  market_.silent.insert("LTC/USDT");  // the next depth is on its way all the time
  gap("ETH/USDT", 60);
  EXPECT_EQ(next(), "ETH");
}

TEST_F(Watching, WhatAnotherProcessBroughtToItsEndFreesThePair) {
  auto store = Store::open(options_.session.db, Store::Mode::ReadWrite);
  ASSERT_TRUE(store);
  TaskRecord known;
  known.spec = task_of(source_.spec, source_.spec.pairs()[0], qty("2"), qty("1"));
  known.updated = market_.now;
  auto added = (*store)->add_task(known);
  ASSERT_TRUE(added);
  open();
  gap("ETH/USDT", 80);
  EXPECT_EQ(next(Dur::seconds(10)), "-");
  added->verdict = Verdict::Completed;
  added->updated = market_.now;
  JournalBatch batch;
  batch.task = true;
  ASSERT_TRUE((*store)->commit(*added, batch));
  EXPECT_EQ(next(Dur::seconds(10)), "-") << "seen now, and its pair cools down";
  EXPECT_EQ(next(Dur::seconds(51)), "ETH");
}

TEST_F(Watching, AnotherThresholdCountsFromNowOn) {
  open();
  gap("ETH/USDT", 80);
  TriggerSource changed = source_;
  ASSERT_TRUE(set_trigger_key(changed.spec, "min_spread_bps", {"70"}));
  EXPECT_TRUE(watch_->reload(changed));
  EXPECT_EQ(next(), "-");
  ASSERT_TRUE(set_trigger_key(changed.spec, "symbols", {"ETH/USDT"}));
  ASSERT_TRUE(set_trigger_key(changed.spec, "min_spread_bps", {"10"}));
  EXPECT_TRUE(watch_->reload(changed)) << "it is of this trigger, and refused";
  EXPECT_EQ(next(), "-");
  changed.spec.task.name = "other";
  EXPECT_FALSE(watch_->reload(changed));
}

TEST_F(Watching, TheCooldownCountsFromTheEndToTheMicrosecond) {
  open();
  gap("ETH/USDT", 80);
  ASSERT_EQ(next(), "ETH");
  watch_->ended(task("ETH"), true, market_.now);
  EXPECT_EQ(next(Dur::seconds(60) - Dur::micros(1)), "-");
  EXPECT_EQ(next(Dur::micros(1)), "ETH");
}

TEST_F(Watching, ARunThatEndedWithoutItsTaskKeepsThePair) {
  open();
  gap("ETH/USDT", 80);
  ASSERT_EQ(next(), "ETH");
  watch_->ended(task("ETH"), false, market_.now);
  EXPECT_EQ(next(Dur::hours(1)), "-");
}

TEST_F(Watching, WhatDidNotBeginIsTriedAgainAfterTheCooldown) {
  open();
  gap("ETH/USDT", 80);
  ASSERT_EQ(next(), "ETH");
  watch_->failed(task("ETH"), {ExitCode::VenueDown, "away", ""});
  EXPECT_EQ(next(), "-");
  EXPECT_EQ(next(Dur::seconds(60)), "ETH");
}

TEST_F(Watching, TheStreamAloneDecidesNothing) {
  open();
  gap("ETH/USDT", 80);
  market_.silent.insert("ETH/USDT");
  EXPECT_EQ(next(), "-");
  market_.silent.clear();
  gap("ETH/USDT", 10);  // what the touches promised is gone when the depth is there
  EXPECT_EQ(next(), "-");
  gap("ETH/USDT", 80, "0.5");
  EXPECT_EQ(next(), "-") << "a slice is more than the book shows";
}

TEST_F(Watching, OldAndSenselessBooksStartNothing) {
  open();
  gap("ETH/USDT", 80);
  market_.stale.insert("ETH/USDT");
  EXPECT_EQ(next(), "-");
  market_.stale.clear();
  std::swap(market_.books["ETH/USDT"].buy.bid, market_.books["ETH/USDT"].buy.ask);
  EXPECT_EQ(next(), "-") << "crossed";
  gap("ETH/USDT", 90'000);
  EXPECT_EQ(next(), "-") << "ten times as high: one of them is wrong";
}

TEST_F(Watching, ATaskOfTheDatabaseThatHasNotEndedIsItsPairs) {
  auto store = Store::open(options_.session.db, Store::Mode::ReadWrite);
  ASSERT_TRUE(store);
  TaskRecord known;
  known.spec = task_of(source_.spec, source_.spec.pairs()[0], qty("2"), qty("1"));
  known.updated = market_.now;
  ASSERT_TRUE((*store)->add_task(known));
  known.spec = task_of(source_.spec, source_.spec.pairs()[1], qty("2"), qty("1"));
  known.verdict = Verdict::Completed;
  ASSERT_TRUE((*store)->add_task(known));
  EXPECT_THAT(*unfinished_tasks(source_.spec, options_.session.db), testing::ElementsAre(task("ETH")));
  open();
  gap("ETH/USDT", 80);
  gap("LTC/USDT", 80);
  EXPECT_EQ(next(), "-") << "one runs, the other cools down";
  EXPECT_EQ(next(Dur::seconds(60)), "LTC");
  EXPECT_EQ(next(Dur::hours(1)), "-");
}

TEST_F(Watching, AVenueThatIsAwayIsWatchedWhenItComesBack) {
  market_.away.insert("ETH/USDT");
  open();
  gap("ETH/USDT", 80);
  EXPECT_EQ(next(), "-");
  market_.away.clear();
  EXPECT_EQ(next(Dur::seconds(61)), "-") << "it is asked for now";
  EXPECT_EQ(next(), "ETH");
}

TEST_F(Watching, WithoutAnyPairThereIsNothingToWatch) {
  market_.away = {"ETH/USDT", "LTC/USDT"};
  source_.task.spec = source_.spec.task;
  const auto watch = TriggerWatch::open(source_, options_, venues_, output_);
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().code, ExitCode::VenueDown);
}

TEST_F(Watching, OneLookIsOverWhenEveryPairHasHadIt) {
  options_.once = true;
  open();
  gap("ETH/USDT", 80);
  market_.silent.insert("ETH/USDT");
  EXPECT_EQ(next(), "-");
  EXPECT_FALSE(watch_->is_over()) << "the depth of one is still awaited";
  market_.silent.clear();
  EXPECT_EQ(next(), "ETH");
  EXPECT_EQ(next(), "-");
  EXPECT_TRUE(watch_->is_over());
}

TEST_F(Watching, OneLookDoesNotWaitForEver) {
  options_.once = true;
  open();
  gap("ETH/USDT", 80);
  market_.silent.insert("ETH/USDT");
  EXPECT_EQ(next(Dur::seconds(9)), "-");
  EXPECT_FALSE(watch_->is_over());
  EXPECT_EQ(next(Dur::seconds(1)), "-");
  EXPECT_TRUE(watch_->is_over());
}

TEST_F(Watching, ByNotionalTheSizesFollowThePriceInBothVenuesSteps) {
  source_.spec.task.total_quantity = source_.spec.task.order_quantity = Qty{};
  set("total_notional", {"1000"});
  set("order_notional", {"100"});
  open();
  gap("ETH/USDT", 80);
  market_.now = market_.now + Dur::millis(20);
  const auto start = watch_->step();
  ASSERT_TRUE(start);
  const Qty total = start->source.spec.total_quantity;
  EXPECT_LE(px("100.01") * total, Money(Decimal(1000)));
  EXPECT_GT(px("100.01") * total, Money(Decimal(990)));
  EXPECT_EQ(start->start.why.total, total);
  EXPECT_EQ(start->start.why.least, Bps(Decimal(20)));
}

}  // namespace
}  // namespace dn::app
