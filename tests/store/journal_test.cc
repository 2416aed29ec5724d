// What is committed is what is read back, all of it or nothing.
#include <gmock/gmock.h>

#include <limits>
#include <random>

#include "support.h"

namespace dn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// ---- every field of a record as text, one a line, so that a difference is seen at once

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    out += u >= 0x20 && u < 0x7f ? std::string(1, c) : "\\x" + std::to_string(u);
  }
  return out + "\"";
}

std::string dump(const OrderRecord& o) {
  const OrderRequest& r = o.request;
  std::string out = "order " + in_quotes(r.id.view());
  for (const std::string_view n : {name(r.leg), name(r.side), name(r.type), name(r.purpose), name(o.status), name(o.close_reason)}) out.append(" ").append(n);
  for (const std::string& n : {r.price.str(), r.qty.str(), o.filled.str(), o.filled_quote.str(), o.booked.str()}) out.append(" ").append(n);
  for (const bool b : {r.reduce_only, o.cancel_requested}) out += b ? " yes" : " no";
  for (const Time t : {r.created, r.expires, o.updated}) out.append(" ").append(std::to_string(t.us));
  for (const std::string_view t : {o.venue_order_id.view(), o.code.view(), o.reason.view()}) out.append(" ").append(in_quotes(t));
  return out + "\n";
}

std::string dump(const Fill& f) {
  std::string out = "fill " + in_quotes(f.trade_id.view()) + " " + in_quotes(f.order.view()) + " " + in_quotes(f.venue_order_id.view());
  for (const std::string_view n : {name(f.venue), name(f.leg), name(f.side), name(f.liquidity)}) out.append(" ").append(n);
  for (const std::string& n : {f.price.str(), f.qty.str(), f.fee.str()}) out.append(" ").append(n);
  return out + " " + in_quotes(f.fee_asset.view()) + " " + std::to_string(f.time.us) + "\n";
}

std::string dump(const TaskRecord& t) {
  std::string out = "task " + std::to_string(t.id) + " round " + std::to_string(t.round) + "\n" + to_text(t.spec);
  out.append(name(t.state))
      .append(" ")
      .append(name(t.mode))
      .append(" ")
      .append(name(t.verdict))
      .append(" ")
      .append(in_quotes(t.reason))
      .append(" ")
      .append(in_quotes(t.source));
  out += " exit " + std::to_string(number(t.exit_code)) + " epoch " + std::to_string(t.run_epoch) + " seq " + std::to_string(t.next_seq);
  for (const std::int64_t n : {t.orders, t.rebalances, t.rejects, t.errors, t.runs, t.created.us, t.first_order.us, t.updated.us}) {
    out.append(" ").append(std::to_string(n));
  }
  out += t.restored ? " restored\n" : "\n";
  for (const Side side : kSides) {
    const LegTotals& l = t.leg[side];
    out += std::string(name(side)) + " " + l.filled.str() + " " + l.net.str() + " " + l.traded.str() + " " + l.traded_quote.str() + " " + l.cash.str() + " " +
           l.slippage.str() + " " + l.funding.str();
    for (const auto& [asset, fee] : l.fees.all()) out += " " + in_quotes(asset.view()) + "=" + fee.str();
    out += "\n";
  }
  return out;
}

std::string dump(const StoredTask& s) {
  std::string out = dump(s.task);
  for (const OrderRecord& o : s.orders) out += dump(o);
  for (const Fill& f : s.fills) out += dump(f);
  return out;
}

// ---- random records, the same for the same seed on every machine

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  bool coin() { return below(2) == 1; }
  template <class E>
  E one_of(int count) {
    return static_cast<E>(below(static_cast<std::uint64_t>(count)));
  }
  // Any bytes: quotes, line ends, zeros, half a UTF-8 character.
  std::string bytes(std::size_t most) {
    std::string out(below(most + 1), '\0');
    for (char& c : out) c = static_cast<char>(below(256));
    return out;
  }
  Decimal decimal() {
    Decimal d = Decimal::from_parts(static_cast<std::int64_t>(engine_()), static_cast<int>(below(19)));
    if (below(4) == 0) d = d * Decimal::from_parts(static_cast<std::int64_t>(engine_() >> 2U), static_cast<int>(below(19)));
    return below(8) == 0 ? Decimal() : d;
  }
  // What can be reckoned with: the store adds fills up by days.
  Decimal traded() { return Decimal::from_parts(static_cast<std::int64_t>(engine_() % 1'000'000'000), static_cast<int>(below(9))); }
  Time time() { return Time{below(8) == 0 ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(engine_() >> 1U)}; }
  std::int64_t count() { return static_cast<std::int64_t>(engine_() >> 1U); }
  std::uint32_t number32() { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::mt19937_64 engine_;
};

OrderRecord random_order(Dice& dice, const std::string& id) {
  OrderRecord o;
  o.request = {ClientOrderId(id),
               dice.one_of<Side>(2),
               dice.one_of<Side>(2),
               dice.one_of<OrderType>(4),
               dice.one_of<Purpose>(4),
               Price(dice.decimal()),
               Qty(dice.decimal()),
               dice.coin(),
               dice.time(),
               dice.time()};
  o.status = dice.one_of<OrderStatus>(4);
  o.close_reason = dice.one_of<CloseReason>(6);
  o.venue_order_id = VenueOrderId(dice.bytes(64));
  o.filled = Qty(dice.decimal());
  o.filled_quote = Money(dice.decimal());
  o.booked = Qty(dice.decimal());
  o.cancel_requested = dice.coin();
  o.code = Code(dice.bytes(48));
  o.reason = Reason(dice.bytes(160));
  o.updated = dice.time();
  return o;
}

Fill random_fill(Dice& dice, const std::string& trade_id) {
  return {TradeId(trade_id),    ClientOrderId(dice.bytes(32)), VenueOrderId(dice.bytes(64)), dice.one_of<Venue>(3),
          dice.one_of<Side>(2), dice.one_of<Side>(2),          Price(dice.traded()),         Qty(dice.traded()),
          Fee(dice.traded()),   Asset(dice.bytes(16)),         dice.one_of<Liquidity>(2),    dice.time()};
}

// `extreme`: sums as long as they can be.
void randomize(Dice& dice, TaskRecord& t, bool extreme) {
  const auto sum = [&] { return extreme ? dice.decimal() : dice.traded(); };
  constexpr std::array kExits{ExitCode::Ok, ExitCode::Waiting, ExitCode::Contradiction, ExitCode::Usage, ExitCode::Terminated};
  t.spec.delay = Dur::millis(static_cast<std::int64_t>(1 + dice.below(5000)));
  t.spec.leg.buy.offset_ticks = static_cast<std::int64_t>(dice.below(200)) - 100;
  t.spec.risk.max_loss = dice.coin() ? std::optional(Money(static_cast<std::int64_t>(1 + dice.below(9999)))) : std::nullopt;
  t.spec.restore.sell.order_id = dice.coin() ? "o=1;'\"--" : "";
  t.state = dice.one_of<TaskState>(9);
  t.mode = dice.one_of<TaskMode>(4);
  t.verdict = dice.one_of<Verdict>(3);
  t.reason = dice.bytes(300);
  t.source = dice.bytes(300);
  t.exit_code = kExits[dice.below(kExits.size())];
  t.run_epoch = std::max(t.run_epoch, dice.number32());
  t.next_seq = dice.number32();
  for (std::int64_t* n : {&t.orders, &t.rebalances, &t.rejects, &t.errors, &t.runs}) *n = dice.count();
  t.restored = dice.coin();
  for (Time* at : {&t.created, &t.first_order, &t.updated}) *at = dice.time();
  for (const Side side : kSides) {
    LegTotals& l = t.leg[side];
    l = {Qty(sum()), Qty(sum()), Qty(sum()), Money(sum()), Money(sum()), Money(sum()), Money(sum()), {}};
    for (std::uint64_t n = dice.below(4); n > 0; --n) l.fees.add(Asset(dice.bytes(16)), Fee(extreme ? Decimal::from_parts(dice.count(), 18) : sum()));
  }
}

void commit_random_steps(Dice& dice, Store& store, StoredTask& books) {
  for (int step = 0; step < 5; ++step) {
    JournalBatch batch;
    batch.task = true;
    const bool extreme = step == 4;  // sums that no fill could be added to
    randomize(dice, books.task, extreme);
    for (OrderRecord& known : books.orders) {
      if (!dice.coin()) continue;
      known = random_order(dice, known.request.id.str());
      batch.orders.push_back(known);
    }
    for (std::uint64_t n = dice.below(4); n > 0; --n) {
      const auto id = std::to_string(books.orders.size()) + dice.bytes(20);
      batch.orders.push_back(books.orders.emplace_back(random_order(dice, id)));
    }
    for (std::uint64_t n = extreme ? 0 : dice.below(4); n > 0; --n) {
      batch.fills.push_back(books.fills.emplace_back(random_fill(dice, std::to_string(books.fills.size()) + dice.bytes(50))));
    }
    must(store.commit(books.task, batch));
  }
}

TEST(JournalRoundTrip, WhateverWasCommittedIsWhatALaterProcessLoads) {
  constexpr std::uint64_t kSeeds = 200;
  TempDir dir;
  std::vector<StoredTask> all(kSeeds);
  {
    const auto store = open_store(dir.db());
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      Dice dice(seed);
      all[seed].task = must(store->add_task(a_task("seed" + std::to_string(seed))));
      commit_random_steps(dice, *store, all[seed]);
    }
  }
  const auto later = open_store(dir.db(), Store::Mode::ReadOnly);
  for (const StoredTask& books : all) ASSERT_EQ(dump(must(later->load_task(books.task.spec.name))), dump(books));
}

class JournalTest : public ::testing::Test {
 protected:
  TempDir dir;
  std::unique_ptr<Store> store = open_store(dir.db());
  TaskRecord task = must(store->add_task(a_task()));

  StoredTask loaded() { return must(store->load_task("btc")); }
};

TEST_F(JournalTest, FeesAndRebatesThatCancelOutKeepTheirEntry) {
  task.leg.buy.fees.add(Asset("USDT"), Fee(dec("0.5")));
  task.leg.buy.fees.add(Asset("USDT"), Fee(dec("-0.5")));
  ASSERT_THAT(task.leg.buy.fees.all(), SizeIs(1));
  must(store->commit(task, {true, {}, {}, {}}));
  EXPECT_EQ(loaded().task.leg.buy.fees.all(), task.leg.buy.fees.all());
}

TEST_F(JournalTest, FundingIsStoredOnceWithWhatATaskHolds) {
  EXPECT_EQ(loaded().task.holding, Holding{});
  const FundingPayment payment{PaymentId("12"), Venue::GateioFutures, Side::Sell, Money(dec("-0.000010152188")), Time{7}};
  task.leg.sell.funding = payment.amount;
  task.leg.sell.slippage = Money(dec("-1.5"));
  task.holding = {Part::Hold, Time{5}, {}, true, {Rate(dec("0.0001")), Dur::hours(8), Time{9}}, 1, Time{7}};
  for (int i = 0; i < 2; ++i) must(store->commit(task, {true, {}, {}, {}, {payment}}));
  ASSERT_THAT(loaded().fundings, SizeIs(1));
  EXPECT_EQ(loaded().fundings[0].amount, payment.amount);
  EXPECT_EQ(loaded().fundings[0].time, payment.time);
  EXPECT_EQ(loaded().fundings[0].leg, Side::Sell);
  EXPECT_EQ(loaded().task.holding, task.holding);
  EXPECT_EQ(loaded().task.leg.sell.funding, payment.amount);
  EXPECT_EQ(loaded().task.leg.sell.slippage, task.leg.sell.slippage);
  task.holding.part = Part::Close;
  task.holding.to_close = Qty(dec("0.5"));
  must(store->commit(task, {true, {}, {}, {}}));
  EXPECT_EQ(loaded().task.holding, task.holding);
}

TEST_F(JournalTest, SumsThatShrinkLeaveNothingBehind) {
  task.leg.sell.fees.add(Asset("GT"), Fee(dec("3")));
  must(store->commit(task, {true, {}, {}, {}}));
  task.leg.sell.fees = {};  // recomputed from the fills by a recovery
  must(store->commit(task, {true, {}, {}, {}}));
  EXPECT_EQ(dump(loaded().task), dump(task));
}

// The store leaves out sums that it wrote before. Another connection that changed them meanwhile must not be overlooked.
TEST_F(JournalTest, SumsAreWrittenAgainWhenSomebodyElseChangedThem) {
  task.leg.buy.net = Qty(dec("0.3"));
  must(store->commit(task, {true, {}, {}, {}}));
  TaskRecord by_hand = task;
  by_hand.leg.buy.net = Qty(dec("0.7"));
  must(open_store(dir.db())->commit(by_hand, {true, {}, {}, {}}));
  must(store->commit(task, {true, {}, {}, {}}));
  EXPECT_EQ(loaded().task.leg.buy.net.str(), "0.3");
}

TEST_F(JournalTest, ABatchThatFailedLeavesItsSumsUnwritten) {
  task.leg.buy.net = Qty(dec("0.3"));
  JournalBatch batch{true, {an_order("t-1")}, {}, {}};
  {
    RawDatabase raw(dir.db());
    raw.run("CREATE TRIGGER no_orders BEFORE INSERT ON orders BEGIN SELECT raise(ABORT, 'no'); END");
  }
  const auto refused = store->commit(task, batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, JournalError::Kind::Other);
  EXPECT_EQ(loaded().task.leg.buy.net.str(), "0") << "nothing of the batch";
  RawDatabase(dir.db()).run("DROP TRIGGER no_orders");
  must(store->commit(task, batch));
  EXPECT_EQ(loaded().task.leg.buy.net.str(), "0.3");
  EXPECT_THAT(loaded().orders, SizeIs(1));
}

TEST_F(JournalTest, ATradeThatIsThereAlreadyIsKeptAsItIs) {
  must(store->commit(task, {false, {an_order("t-1")}, {a_fill("77", "t-1")}, {}}));
  Fill again = a_fill("77", "t-1");
  again.qty = Qty(dec("9"));
  must(store->commit(task, {false, {}, {again, a_fill("78", "t-1")}, {}}));
  const auto fills = must(store->fills(task.id));
  ASSERT_THAT(fills, SizeIs(2));
  EXPECT_EQ(fills[0].qty.str(), "0.04");
}

TEST_F(JournalTest, TheSameTradeNumberAtTheOtherVenueIsAnotherTrade) {
  must(store->commit(task, {false, {}, {a_fill("77", "t-1", Venue::MexcSpot), a_fill("77", "t-2", Venue::GateioSpot)}, {}}));
  EXPECT_THAT(must(store->fills(task.id)), SizeIs(2));
}

TEST_F(JournalTest, AnOrderThatIsCommittedAgainIsTheSameRowAndKeepsItsPlace) {
  OrderRecord first = an_order("t-1");
  must(store->commit(task, {false, {first, an_order("t-2")}, {}, {}}));
  first.status = OrderStatus::Closed;
  first.close_reason = CloseReason::Filled;
  must(store->commit(task, {false, {first}, {}, {}}));
  const auto orders = loaded().orders;
  ASSERT_THAT(orders, SizeIs(2));
  EXPECT_EQ(dump(orders[0]), dump(first));
}

TEST_F(JournalTest, OrdersAreFoundByWhatIsOpenAboutThem) {
  OrderRecord intent = an_order("t-1");
  OrderRecord unknown = an_order("t-2");
  unknown.status = OrderStatus::Unknown;
  OrderRecord closed = an_order("t-3");
  closed.status = OrderStatus::Closed;
  must(store->commit(task, {false, {intent, unknown, closed}, {}, {}}));
  const auto ids = [&](OrderFilter filter) {
    std::vector<std::string> out;
    for (const OrderRecord& o : must(store->orders(task.id, filter))) out.push_back(o.request.id.str());
    return out;
  };
  EXPECT_THAT(ids({}), ElementsAre("t-1", "t-2", "t-3"));
  EXPECT_THAT(ids({.open = true}), ElementsAre("t-1", "t-2"));
  EXPECT_THAT(ids({.unknown = true}), ElementsAre("t-2"));
}

TEST_F(JournalTest, EventsAreStoredAsTheyArePrinted) {
  store->set_run_id("run-7");
  const OrderRecord order = an_order("t-1");
  must(store->commit(task, {false, {order}, {}, {an_intent(order), an_intent(order)}}));
  must(store->append_event(task, Time{9}, "summary", R"({"type":"summary"})"));
  const auto events = must(store->events(task.id, 0, 10));
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[0].json, to_json(an_intent(order), "run-7", "btc"));
  EXPECT_EQ(events[0].type, "intent");
  EXPECT_EQ(events[0].ts.us, 2'000'000);
  EXPECT_EQ(events[2].json, R"({"type":"summary"})");
  EXPECT_LT(events[0].id, events[1].id);
  // A reader follows: from where it was, so many at a time.
  EXPECT_THAT(must(store->events(task.id, events[0].id, 1)), ElementsAre(testing::Field(&StoredEvent::id, events[1].id)));
  EXPECT_THAT(must(store->events(task.id, events[2].id, 10)), SizeIs(0));
  EXPECT_THAT(must(store->events(task.id, 0, 0)), SizeIs(0));
  EXPECT_THAT(must(store->events(task.id, 0, -1)), SizeIs(0));
}

TEST_F(JournalTest, AnEmptyBatchTouchesNothing) {
  RawDatabase raw(dir.db());
  const std::string before = raw.value("PRAGMA data_version");
  must(store->commit(task, {}));
  EXPECT_EQ(raw.value("PRAGMA data_version"), before);
}

// Two processes believed that the task was theirs; the one that began its run later is right.
TEST_F(JournalTest, ARunThatWasOvertakenWritesNothingMore) {
  const TaskRecord old_run = must(store->begin_run(task.id, Time{5}));
  TaskRecord new_run = must(open_store(dir.db())->begin_run(task.id, Time{6}));
  const auto late = store->commit(old_run, {true, {an_order("t-late")}, {}, {}});
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("btc"));
  EXPECT_THAT(loaded().orders, SizeIs(0));
  new_run.reason = "mine";
  must(store->commit(new_run, {true, {}, {}, {}}));
  EXPECT_EQ(loaded().task.reason, "mine");
}

TEST_F(JournalTest, ARecordOfAnotherTaskDoesNotLandInThisRow) {
  TaskRecord other = task;
  other.spec.name = "eth";
  ASSERT_FALSE(store->commit(other, {true, {}, {}, {}}));
  other = task;
  other.id = 99;
  ASSERT_FALSE(store->commit(other, {true, {}, {}, {}}));
  ASSERT_FALSE(store->commit(other, {false, {an_order("t-1")}, {}, {}})) << "orders of no task";
  EXPECT_EQ(dump(loaded().task), dump(task));
}

TEST_F(JournalTest, LatenciesReplaceWhatWasSaved) {
  must(store->save_latency(task.id, {{"sync", 4, 100, 200, 300}, {"cycle", 1, 2, 3, 4}, {"decision", 1, 1, 1, 1}}));
  must(store->save_latency(task.id, {{"sync", 8, 101, 202, 303}, {"cycle", 5, 6, 7, 8}}));
  const auto stats = must(store->latency(task.id));
  ASSERT_THAT(stats, SizeIs(2));
  EXPECT_EQ(stats[0].stage, "sync");
  EXPECT_EQ(stats[0].count, 8);
  EXPECT_EQ(stats[0].p50_ns, 101);
  EXPECT_EQ(stats[0].p99_ns, 202);
  EXPECT_EQ(stats[0].max_ns, 303);
  EXPECT_EQ(stats[1].stage, "cycle");
}

TEST_F(JournalTest, TheLogIsMovedIntoTheFileWhenThereIsTime) {
  const auto log_size = [&] { return std::filesystem::file_size(dir.db() + "-wal"); };
  const auto write_much = [&](const std::string& prefix) {
    for (int i = 0; i < 300; ++i) must(store->commit(task, {false, {an_order(prefix + std::to_string(i))}, {}, {}}));
  };
  write_much("a");
  const auto grown = log_size();
  ASSERT_GT(grown, 1'000'000U);
  must(store->checkpoint());
  write_much("b");  // the log is written anew from its beginning
  EXPECT_LT(log_size(), grown + grown / 2);
  EXPECT_THAT(loaded().orders, SizeIs(600));
}

TEST_F(JournalTest, AStoreInMemoryDoesTheSame) {
  const auto memory = open_store(":memory:");
  TaskRecord t = must(memory->add_task(a_task()));
  t = must(memory->begin_run(t.id, Time{5}));
  must(memory->commit(t, {true, {an_order("t-1")}, {a_fill("1", "t-1")}, {}}));
  EXPECT_THAT(must(memory->load_task("btc")).fills, SizeIs(1));
  EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

}  // namespace
}  // namespace dn
