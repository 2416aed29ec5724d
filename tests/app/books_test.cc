// A task's books beside what its venues show.
#include "app/books.h"

#include <gmock/gmock.h>

#include "app/verify.h"
#include "engine/ids.h"

namespace dn::app {
namespace {

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }
Qty qty(std::string_view text) { return Qty(dec(text)); }
Price px(std::string_view text) { return Price(dec(text)); }

constexpr Time kNow{1'767'225'600'000'000};

// A task in its third run, bought on MEXC, sold on Gate.
StoredTask task() {
  StoredTask t;
  t.task.spec.name = "btc";
  t.task.spec.symbol = *symbol_from("BTC/USDT");
  t.task.spec.leg.buy.exchange = Venue::MexcSpot;
  t.task.spec.leg.sell.exchange = Venue::GateioSpot;
  t.task.spec.total_quantity = qty("1");
  t.task.run_epoch = 7;
  t.task.runs = 3;
  return t;
}

ClientOrderId id(Side leg, std::uint32_t epoch, std::uint32_t seq, std::string_view name = "btc") {
  return make_client_order_id(task_key(name), leg, epoch, seq);
}

OrderRecord row(Side leg, std::uint32_t seq, OrderStatus status, std::string_view venue_id = "") {
  OrderRecord o;
  o.request = {id(leg, 7, seq), leg, leg, OrderType::Limit, Purpose::Quote, px("43250"), qty("0.1"), false, kNow, kNow};
  o.status = status;
  if (status == OrderStatus::Closed) o.close_reason = CloseReason::Cancelled;
  o.venue_order_id = VenueOrderId(venue_id);
  return o;
}

venues::SeenOrder seen(std::string_view client_id, std::string_view venue_id, bool open, std::string_view filled = "0") {
  venues::SeenOrder s;
  s.client_id = client_id;
  s.venue_order_id = VenueOrderId(venue_id);
  s.price = px("43250");
  s.qty = qty("0.1");
  s.filled = qty(filled);
  s.open = open;
  s.created = kNow;
  return s;
}

Fill trade(std::string_view trade_id, std::string_view venue_order, Side side, std::string_view amount) {
  Fill f;
  f.trade_id = TradeId(trade_id);
  f.venue_order_id = VenueOrderId(venue_order);
  f.venue = Venue::MexcSpot;
  f.side = f.leg = side;
  f.price = px("43250");
  f.qty = qty(amount);
  f.fee_asset = Asset("USDT");
  return f;
}

AccountViews mexc(std::vector<venues::SeenOrder> orders, std::vector<Fill> trades = {}) {
  AccountViews v;
  v.accounts.push_back({Venue::MexcSpot, {std::move(orders), std::move(trades), kNow}, {}, {}});
  return v;
}

std::vector<std::string> kinds(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const Finding& f : findings) out.emplace_back(name(f.kind));
  return out;
}
using ::testing::HasSubstr;
using ::testing::Not;
using Kinds = std::vector<std::string>;

std::vector<Finding> compared(const StoredTask& t, const AccountViews& v, bool whole = false) {
  return compare(t, v, {task_key("btc"), task_key("eth")}, whole);
}

TEST(Books, NothingDiffersWhereEverythingIsClosed) {
  StoredTask t = task();
  t.orders.push_back(row(Side::Buy, 1, OrderStatus::Closed, "V1"));
  EXPECT_EQ(kinds(compared(t, mexc({seen(id(Side::Buy, 7, 1).view(), "V1", false)}))), Kinds{});
  EXPECT_EQ(plan_hash({}), "0");
}

TEST(Books, AnOrderOfTheBooksRestsHasEndedOrIsNowhere) {
  StoredTask t = task();
  t.orders = {row(Side::Buy, 1, OrderStatus::Open, "V1"), row(Side::Buy, 2, OrderStatus::Unknown), row(Side::Buy, 3, OrderStatus::Unknown)};
  const auto found = compared(t, mexc({seen(id(Side::Buy, 7, 1).view(), "V1", true), seen(id(Side::Buy, 7, 2).view(), "V2", false, "0.1")}));
  EXPECT_EQ(kinds(found), (Kinds{"resting", "ended", "unproven"}));
}

TEST(Books, AnOrderOfAVenueThatDidNotTellIsUnproven) {
  StoredTask t = task();
  t.orders = {row(Side::Sell, 1, OrderStatus::Open, "G1")};
  EXPECT_EQ(kinds(compared(t, mexc({}))), Kinds{"unproven"});
}

TEST(Books, AnOrderOfTheTaskThatTheBooksLackIsLostUnlessAnEarlierRoundMadeIt) {
  const StoredTask t = task();  // its round began with epoch 5
  EXPECT_EQ(kinds(compared(t, mexc({seen(id(Side::Buy, 5, 1).view(), "V1", false, "0.1")}))), Kinds{"lost"});
  EXPECT_EQ(kinds(compared(t, mexc({seen(id(Side::Buy, 4, 1).view(), "V1", false, "0.1")}))), Kinds{});
  EXPECT_EQ(kinds(compared(t, mexc({seen(id(Side::Buy, 4, 1).view(), "V1", false, "0.1")}), true)), Kinds{"lost"});
}

TEST(Books, AnOpenOrderOfAnEarlierRoundIsNamed) {
  EXPECT_EQ(kinds(compared(task(), mexc({seen(id(Side::Buy, 4, 1).view(), "V1", true)}))), Kinds{"other_task"});
}

TEST(Books, AnOrderOfTheOtherLegIsNotOfThisVenue) {
  EXPECT_EQ(reconcile(task(), mexc({seen(id(Side::Sell, 7, 1).view(), "V1", true)}), false).lost.size(), 0u);
}

TEST(Books, StrangersAreNamedAndNothingIsDoneAboutThem) {
  const auto found = compared(task(), mexc({seen("web", "F1", true), seen("", "F2", false), seen(id(Side::Buy, 1, 1, "eth").view(), "E1", true),
                                            seen(id(Side::Buy, 1, 1, "gone").view(), "X1", true)},
                                           {trade("T1", "F2", Side::Buy, "0.2"), trade("T2", "F2", Side::Buy, "0.3"), trade("T3", "E1", Side::Sell, "1")}));
  EXPECT_EQ(kinds(found), (Kinds{"foreign", "other_task", "foreign_trades"})) << "an order of another task of the database is its own plan's";
  EXPECT_EQ(found[2].filled, qty("0.5"));
  for (const Finding& f : found) EXPECT_EQ(action(f.kind), "");
  EXPECT_EQ(plan_hash(found), "0");
}

TEST(Books, ATradeOfAClosedOrderThatIsNotBookedContradictsThem) {
  StoredTask t = task();
  t.orders = {row(Side::Buy, 1, OrderStatus::Closed, "V1")};
  t.fills = {trade("T1", "V1", Side::Buy, "0.05")};
  EXPECT_EQ(kinds(compared(t, mexc({seen(id(Side::Buy, 7, 1).view(), "V1", false, "0.1")}, {trade("T1", "V1", Side::Buy, "0.05")}))), Kinds{});
  EXPECT_EQ(kinds(compared(t, mexc({seen(id(Side::Buy, 7, 1).view(), "V1", false, "0.1")}, {trade("T2", "V1", Side::Buy, "0.05")}))), Kinds{"missed_fill"});
}

TEST(Books, APlanChangesWithWhatItWouldActOn) {
  StoredTask t = task();
  t.orders = {row(Side::Buy, 1, OrderStatus::Open, "V1")};
  const auto hash = [&](std::string_view filled, std::string_view stranger) {
    return plan_hash(compared(t, mexc({seen(id(Side::Buy, 7, 1).view(), "V1", true, filled), seen(stranger, "F1", true)})));
  };
  EXPECT_EQ(hash("0", "web"), hash("0", "app"));
  EXPECT_NE(hash("0", "web"), hash("0.05", "web"));
}

TEST(Books, ALostOrderBecomesARowAndWhatIsKnownOfItAnEvent) {
  const Reconciliation r = reconcile(task(), mexc({seen(id(Side::Buy, 6, 4).view(), "V9", true, "0.04")}, {trade("T9", "V9", Side::Buy, "0.04")}), false);
  ASSERT_EQ(r.lost.size(), 1u);
  const OrderRecord& o = r.lost[0];
  EXPECT_EQ(o.status, OrderStatus::Unknown);
  EXPECT_EQ(o.request.leg, Side::Buy);
  EXPECT_EQ(o.request.qty, qty("0.1"));
  EXPECT_EQ(o.booked, Qty{}) << "its trades are booked by the engine, once";
  EXPECT_EQ(r.newest_epoch, 6u);
  ASSERT_EQ(r.known.size(), 2u);
  EXPECT_TRUE(std::get<LookupReport>(r.known[0]).open);
  EXPECT_EQ(std::get<StreamFill>(r.known[1]).fill.order, o.request.id) << "the venue's trade names only the venue's order";
}

TEST(Books, AdoptionTakesLostOrdersOverAndGoesOnAfterTheirEpoch) {
  StoredTask books = task();
  books.task.orders = 3;
  books.task.first_order = kNow + Dur::seconds(9);
  const auto found = reconcile(books, mexc({seen(id(Side::Buy, 9, 1).view(), "v1", true)}), false);
  const JournalBatch batch = adoption(books, found, kNow + Dur::minutes(1));
  EXPECT_TRUE(batch.task);
  ASSERT_EQ(batch.orders.size(), 1u);
  EXPECT_EQ(batch.orders[0].request.id, id(Side::Buy, 9, 1));
  EXPECT_EQ(batch.orders[0].status, OrderStatus::Unknown);
  EXPECT_EQ(books.orders.size(), 1u);
  EXPECT_EQ(books.task.run_epoch, 10u);
  EXPECT_EQ(books.task.orders, 4);
  EXPECT_EQ(books.task.first_order, kNow);
  EXPECT_EQ(books.task.updated, kNow + Dur::minutes(1));
  EXPECT_EQ(batch.events.size(), 1u);
  EXPECT_EQ(lost_in_words(found), "1 order of the task is at the venues and not in the books");
  EXPECT_TRUE(adoption(books, Reconciliation{}, kNow).empty());
}

TEST(Books, AClosedOrderThatRestsAfterAllIsAskedAboutAgain) {
  StoredTask books = task();
  books.task.orders = 1;
  books.orders = {row(Side::Buy, 1, OrderStatus::Closed, "V1")};
  books.orders[0].close_reason = CloseReason::Cancelled;
  books.orders[0].booked = qty("0.02");
  const AccountViews venue = mexc({seen(id(Side::Buy, 7, 1).view(), "V1", true, "0.02")});
  EXPECT_EQ(kinds(compared(books, venue)), Kinds{"resting"});
  const std::uint32_t epoch = books.task.run_epoch;
  const JournalBatch batch = adoption(books, reconcile(books, venue, false), kNow);
  ASSERT_EQ(batch.orders.size(), 1u);
  ASSERT_EQ(books.orders.size(), 1u) << "it stays the order that it was";
  EXPECT_EQ(books.orders[0].status, OrderStatus::Unknown);
  EXPECT_EQ(books.orders[0].close_reason, CloseReason::None);
  EXPECT_EQ(books.orders[0].booked, qty("0.02")) << "what it traded is booked already";
  EXPECT_EQ(books.task.orders, 1);
  EXPECT_EQ(books.task.run_epoch, epoch);
  EXPECT_EQ(batch.events.size(), 1u);
}

TEST(Books, OneThatNeverArrivedIsTakenBackByTheEngine) {
  StoredTask books = task();
  books.orders = {row(Side::Buy, 1, OrderStatus::Closed, "V1")};
  books.orders[0].close_reason = CloseReason::NeverArrived;
  EXPECT_TRUE(reconcile(books, mexc({seen(id(Side::Buy, 7, 1).view(), "V1", true)}), false).reopened.empty());
}

TEST(Books, AnOrderOnTheOtherSideContradictsThem) {
  StoredTask books = task();
  books.orders = {row(Side::Buy, 1, OrderStatus::Open, "V1")};
  const AccountViews venue = mexc({seen(id(Side::Buy, 7, 1).view(), "V1", true)});
  EXPECT_EQ(reconcile(books, venue, false).contradiction, "");
  books.orders[0].request.side = Side::Sell;
  EXPECT_EQ(kinds(compared(books, venue)), (Kinds{"contradicts", "resting"}));
  EXPECT_NE(reconcile(books, venue, false).contradiction.find("is a sell in the books and a buy at mexc_spot"), std::string::npos);
}

TEST(Books, TradesOfOtherRoundsAreNobodysNews) {
  const Reconciliation r = reconcile(task(), mexc({seen(id(Side::Buy, 4, 1).view(), "V1", false, "0.1")}, {trade("T1", "V1", Side::Buy, "0.1")}), false);
  EXPECT_TRUE(r.lost.empty());
  EXPECT_TRUE(r.known.empty());
}

TEST(Books, TracesTellWhatAnUnknownPastLeft) {
  const Traces t = traces_of(task().task.spec,
                             mexc({seen(id(Side::Buy, 1, 1).view(), "V1", true, "0.04"), seen("web", "F1", true)},
                                  {trade("T1", "V1", Side::Buy, "0.04"), trade("T2", "F1", Side::Buy, "9")}),
                             5);
  EXPECT_EQ(t.orders, 1);
  EXPECT_EQ(t.open, 1);
  EXPECT_EQ(t.net, qty("0.04"));
  EXPECT_EQ(t.newest_epoch, 1u);
  EXPECT_EQ(t.trades, 1);
}

// ---- the promises of the books

StoredTask sound() {
  StoredTask t = task();
  OrderRecord o = row(Side::Buy, 1, OrderStatus::Closed, "V1");
  o.booked = o.filled = qty("0.05");
  o.filled_quote = px("43250") * qty("0.05");
  t.orders = {o};
  Fill f = trade("T1", "V1", Side::Buy, "0.05");
  f.order = o.request.id;
  t.fills = {f};
  LegTotals& l = t.task.leg.buy;
  l.filled = l.net = l.traded = qty("0.05");
  l.traded_quote = o.filled_quote;
  l.cash = -o.filled_quote;
  l.fees.add(Asset("USDT"), Fee());
  t.task.next_seq = 2;
  return t;
}

TEST(Promises, SoundBooksBreakNone) { EXPECT_EQ(broken_promises(sound()), Kinds{}); }

TEST(Promises, EachBrokenOneIsTold) {
  const auto breaks = [](auto&& change) {
    StoredTask t = sound();
    change(t);
    return broken_promises(t).size();
  };
  EXPECT_GE(breaks([](StoredTask& t) { t.fills.push_back(t.fills[0]); }), 1u) << "a trade twice";
  EXPECT_GE(breaks([](StoredTask& t) { t.fills.clear(); }), 1u) << "a fill gone";
  EXPECT_GE(breaks([](StoredTask& t) { t.orders.clear(); }), 1u) << "a fill without its order";
  EXPECT_GE(breaks([](StoredTask& t) { t.task.leg.buy.net += qty("0.01"); }), 1u);
  EXPECT_GE(breaks([](StoredTask& t) { t.task.leg.buy.fees.add(Asset("USDT"), Fee(1)); }), 1u);
  EXPECT_GE(breaks([](StoredTask& t) { t.orders[0].filled = qty("0.06"); }), 1u) << "closed with an amount that is not booked";
  EXPECT_GE(breaks([](StoredTask& t) { t.orders[0].request.id = id(Side::Buy, 8, 1); }), 1u) << "an epoch that has not begun";
  EXPECT_GE(breaks([](StoredTask& t) { t.task.next_seq = 1; }), 1u) << "a number that would be used again";
  EXPECT_GE(breaks([](StoredTask& t) {
              t.fills[0].fee = Fee(1);
              t.fills[0].fee_asset = Asset("MX");
            }),
            1u)
      << "a fee that the task's sums have no row of";
  EXPECT_GE(breaks([](StoredTask& t) { t.task.mode = TaskMode::Halted; }), 1u) << "no reason";
}

// A flatten of an ended task that was killed: its orders are not proven yet.
TEST(Promises, AnEndedTaskMayHaveOrdersOfAPersonsErrand) {
  StoredTask t = sound();
  t.task.verdict = Verdict::Completed;
  t.orders.push_back(row(Side::Sell, 1, OrderStatus::Unknown));
  EXPECT_EQ(broken_promises(t), Kinds{});
}

TEST(Promises, BooksThatBreakOneAreNotTradedOn) {
  StoredTask t = sound();
  EXPECT_TRUE(check_books(t));
  t.task.leg.buy.cash += Money(1);
  const auto one = check_books(t);
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code, ExitCode::Contradiction);
  EXPECT_THAT(one.error().message, HasSubstr("cash"));
  EXPECT_THAT(one.error().message, Not(HasSubstr("more")));
  t.fills.clear();
  EXPECT_THAT(check_books(t).error().message, HasSubstr("more: dn-recover verify"));
}

}  // namespace
}  // namespace dn::app
