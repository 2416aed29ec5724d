// Lookups, cancels and trades on MEXC.
#include <gmock/gmock.h>

#include <functional>

#include "fixtures.h"
#include "venues/mexc/orders.h"

namespace dn::venues::mexc {
namespace {

using testing::reply;

const Symbol kBtc = *symbol_from("BTC/USDT");
const ClientOrderId kId("t-00000000b1-1");
const Time kNow{1'700'000'000'000'000};

Desk desk() { return {kBtc, {Secret("mx0TESTKEY"), Secret("dn-test-secret-0001")}}; }

std::string order_json(const std::string& id, const std::string& client, const std::string& status, const std::string& filled,
                       std::int64_t time = 1'699'999'999'000) {
  return R"({"symbol":"BTCUSDT","orderId":")" + id + R"(","clientOrderId":)" + (client.empty() ? "null" : "\"" + client + "\"") +
         R"(,"price":"50000","origQty":"0.001","executedQty":")" + filled + R"(","cummulativeQuoteQty":"0","status":")" + status + R"(","time":)" +
         std::to_string(time) + R"(,"updateTime":null})";
}

std::string trade_json(const std::string& id, std::int64_t time) {
  return R"({"symbol":"BTCUSDT","id":")" + id +
         R"(","orderId":"C02__1","price":"50000","qty":"0.0001","quoteQty":"5","commission":"0.0025","commissionAsset":"USDT","time":)" + std::to_string(time) +
         R"(,"isBuyer":true,"isMaker":false,"clientOrderId":"t-00000000b1-1"})";
}

TEST(MexcLookup, ById) {
  auto ask = [](const wire::HttpResponse& r) { return *ask_lookup(desk(), kId, {}, LookupStage::ById)->heard(r, kNow); };
  LookupReport l = ask(reply(200, order_json("C02__7", kId.str(), "PARTIALLY_CANCELED", "0.0004")));
  EXPECT_EQ(l.outcome, LookupOutcome::Found);
  EXPECT_FALSE(l.open);
  EXPECT_EQ(l.filled.str(), "0.0004") << "an end with fills counts them";
  EXPECT_EQ(l.venue_order_id.view(), "C02__7");
  EXPECT_TRUE(ask(reply(200, order_json("C02__7", kId.str(), "NEW", "0"))).open);
  EXPECT_EQ(ask(reply(400, R"({"code":-2013,"msg":"Order does not exist."})")).outcome, LookupOutcome::NotFound);
  EXPECT_EQ(ask(reply(200, order_json("C02__7", kId.str(), "SOMETHING", "0"))).outcome, LookupOutcome::Failed) << "a state that is not known is asked again";
  EXPECT_EQ(ask(reply(200, order_json("C02__7", "t-another", "NEW", "0"))).outcome, LookupOutcome::Failed);
  EXPECT_EQ(ask(reply(500, "")).outcome, LookupOutcome::Failed);
  EXPECT_EQ(ask(reply(429, "", {{"retry-after", "3"}})).retry_after, Dur::seconds(3));
}

TEST(MexcLookup, SpeaksForTheMomentOfTheQuestionNotOfALateAnswer) {
  for (const LookupStage stage : {LookupStage::ById, LookupStage::OpenOrders}) {
    const auto q = ask_lookup(desk(), kId, {}, stage);
    (void)q->call(kNow);
    EXPECT_EQ(q->heard(stage == LookupStage::ById ? reply(400, R"({"code":-2013,"msg":"x"})") : reply(200, "[]"), kNow + Dur::seconds(9))->venue_time, kNow);
  }
}

TEST(MexcLookup, ARestoredOrderIsKnownByTheVenuesId) {
  const auto q = ask_lookup(desk(), ClientOrderId("before-buy"), VenueOrderId("C02__9"), LookupStage::ById);
  EXPECT_THAT(q->call(kNow).http.target, ::testing::HasSubstr("orderId=C02__9&"));
  EXPECT_EQ(q->heard(reply(200, order_json("C02__9", "", "NEW", "0")), kNow)->outcome, LookupOutcome::Found);
}

TEST(MexcLookup, AmongOpenOrders) {
  auto ask = [](const std::string& body) { return *ask_lookup(desk(), kId, {}, LookupStage::OpenOrders)->heard(reply(200, body), kNow); };
  EXPECT_EQ(ask("[" + order_json("1", "x", "NEW", "0") + "," + order_json("2", kId.str(), "PARTIALLY_FILLED", "0.0001") + "]").filled.str(), "0.0001");
  EXPECT_EQ(ask("[]").outcome, LookupOutcome::NotFound);
  EXPECT_EQ(ask("[" + order_json("1", "x", "NEW", "0") + R"(,{"orderId":"2"}])").outcome, LookupOutcome::Failed) << "an unreadable row may be the one";
  EXPECT_EQ(ask("{}").outcome, LookupOutcome::Failed);
}

TEST(MexcLookup, HistoryGoesOnBehindAFullPage) {
  auto q = ask_lookup(desk(), kId, {}, LookupStage::History);
  std::string page = "[";
  for (int i = 0; i < 1000; ++i) page += (i > 0 ? "," : "") + order_json("a" + std::to_string(i), "", "FILLED", "0.001", 1'699'999'000'000 + i * 100);
  (void)q->call(kNow);
  ASSERT_FALSE(q->heard(reply(200, page + "]"), kNow)) << "a thousand rows may hide more";
  int calls = 0;
  std::optional<LookupReport> answer;
  while (!answer && ++calls < 10) {
    (void)q->call(kNow);
    answer = q->heard(reply(200, calls == 2 ? "[" + order_json("C02__3", kId.str(), "FILLED", "0.001", 1'699'000'000'000) + "]" : "[]"), kNow);
  }
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->outcome, LookupOutcome::Found);
}

// Asks until there is an answer; `answers` by what the call asks for.
LookupReport history(const std::function<wire::HttpResponse(const std::string& target)>& answers) {
  const auto q = ask_lookup(desk(), kId, {}, LookupStage::History);
  for (int i = 0; i < 200; ++i) {
    if (auto done = q->heard(answers(q->call(kNow + Dur::seconds(i)).http.target), kNow + Dur::seconds(i))) return *done;
  }
  ADD_FAILURE() << "no answer";
  return {};
}

bool asks(const std::string& target, std::string_view path) { return target.rfind("/api/v3/" + std::string(path) + "?", 0) == 0; }

TEST(MexcLookup, NothingInTheOrdersAndNothingInTheTradesIsAbsence) {
  const LookupReport l = history([](const std::string&) { return reply(200, "[]"); });
  EXPECT_EQ(l.outcome, LookupOutcome::NotFound);
  EXPECT_EQ(l.venue_time, kNow) << "of the first question";
}

TEST(MexcLookup, AnOrderOlderThanTheOrdersListIsFoundByItsTrades) {
  const auto answers = [](const std::string& order) {
    return [order](const std::string& target) {
      if (asks(target, "allOrders")) return reply(200, "[]");
      if (asks(target, "myTrades")) return reply(200, "[" + trade_json("T1", 1'698'000'000'000) + "]");
      return reply(order.empty() ? 400 : 200, order.empty() ? R"({"code":-2013,"msg":"Order does not exist."})" : order);
    };
  };
  const LookupReport l = history(answers(order_json("C02__1", kId.str(), "FILLED", "0.001")));
  EXPECT_EQ(l.outcome, LookupOutcome::Found);
  EXPECT_EQ(l.filled.str(), "0.001") << "the order's own amount, not that of the trade";
  EXPECT_EQ(history(answers("")).outcome, LookupOutcome::Failed) << "a trade without its order proves neither absence nor an end";
}

TEST(MexcLookup, ATradesListThatCannotBeReadProvesNoAbsence) {
  for (const auto& bad : {reply(500, ""), reply(200, "{}"), reply(200, R"([{"id":"T1"}])")}) {
    EXPECT_EQ(history([&](const std::string& t) { return asks(t, "allOrders") ? reply(200, "[]") : bad; }).outcome, LookupOutcome::Failed);
  }
}

TEST(MexcLookup, APageOfOneMomentAloneProvesNoAbsence) {
  std::string page = "[";
  for (int i = 0; i < 1000; ++i) page += (i > 0 ? "," : "") + order_json("a" + std::to_string(i), "", "FILLED", "0.001");
  EXPECT_EQ(history([&](const std::string&) { return reply(200, page + "]"); }).outcome, LookupOutcome::Failed);
}

TEST(MexcCancel, IsOnlyAnswered) {
  const auto q = ask_cancel(desk(), kId, VenueOrderId("C02__1"));
  EXPECT_EQ(q->call(kNow).http.method, "DELETE");
  EXPECT_TRUE(q->heard(reply(200, R"({"symbol":"BTCUSDT","orderId":"C02__1","status":"NEW","executedQty":"0"})"), kNow)->answered);
  EXPECT_TRUE(read_cancel(kId, reply(400, R"({"code":-2011,"msg":"Unknown order sent."})")).answered);
  EXPECT_EQ(read_cancel(kId, reply(400, R"({"code":-2011,"msg":"Unknown order sent."})")).code.view(), "-2011");
  EXPECT_FALSE(read_cancel(kId, reply(502, "<html>")).answered);
}

TEST(MexcTrades, ReadsFillsWithTheirFeeWhereverItIsTaken) {
  auto q = ask_trades(desk(), kId, VenueOrderId("C02__1"));
  EXPECT_THAT(q->call(kNow).http.target, ::testing::StartsWith("/api/v3/myTrades?symbol=BTCUSDT&orderId=C02__1&limit=100"));
  std::string mx = trade_json("T2", 1'699'999'999'000);
  mx.replace(mx.find("\"USDT\""), 6, "\"MX\"");
  const TradesReport t = *q->heard(reply(200, "[" + trade_json("T1", 1'699'999'999'000) + "," + mx + "," + trade_json("T1", 1'699'999'999'000) + "]"), kNow);
  EXPECT_TRUE(t.answered);
  ASSERT_EQ(t.fills.size(), 2U) << "a trade that is listed twice is one trade";
  EXPECT_EQ(t.fills[0].order, kId);
  EXPECT_EQ(t.fills[0].fee.str(), "0.0025");
  EXPECT_EQ(t.fills[1].fee_asset.view(), "MX");
  EXPECT_EQ(t.fills[0].liquidity, Liquidity::Taker);
}

// A venue with `count` trades, one a second, that answers a page of the window that is asked for.
TradesReport read_all(int count, bool newest_first) {
  auto q = ask_trades(desk(), kId, VenueOrderId("C02__1"));
  const auto number = [](const std::string& target, const std::string& name, std::int64_t otherwise) {
    const auto at = target.find(name + "=");
    return at == std::string::npos ? otherwise : std::stoll(target.substr(at + name.size() + 1));
  };
  for (int calls = 0; calls < 100; ++calls) {
    const std::string target = q->call(kNow).http.target;
    const std::int64_t from = number(target, "startTime", 0);
    const std::int64_t to = number(target, "endTime", INT64_MAX);
    std::string body;
    for (int i = 0, rows = 0; i < count && rows < 100; ++i) {
      const int n = newest_first ? count - 1 - i : i;
      const std::int64_t at = 1'699'999'000'000 + std::int64_t{n} * 1000;
      if (at < from || at > to) continue;
      body += (body.empty() ? "" : ",") + trade_json("T" + std::to_string(n), at);
      ++rows;
    }
    if (auto done = q->heard(reply(200, "[" + body + "]"), kNow)) return *done;
  }
  ADD_FAILURE() << "no answer";
  return {};
}

TEST(MexcTrades, AreAllReadWhateverTheVenuesOrder) {
  for (const int count : {0, 1, 99, 100, 101, 350}) {
    for (const bool newest_first : {false, true}) {
      const TradesReport t = read_all(count, newest_first);
      EXPECT_TRUE(t.answered);
      EXPECT_EQ(t.fills.size(), static_cast<std::size_t>(count)) << newest_first;
    }
  }
}

TEST(MexcTrades, AnythingUnreadableIsNoAnswer) {
  for (const char* body : {"{}", R"([{"id":"T1"}])", "",
                           R"([{"id":"T1","orderId":"C02__1","price":"1","qty":"-1","commission":"0","commissionAsset":"USDT","time":1,"isBuyer":true}])"}) {
    EXPECT_FALSE(ask_trades(desk(), kId, VenueOrderId("C02__1"))->heard(reply(200, body), kNow)->answered) << body;
  }
}

TEST(MexcLookup, ALimitAmongTheTradesOfTheHistoryIsWaitedFor) {
  const auto q = ask_lookup(desk(), kId, {}, LookupStage::History);
  (void)q->call(kNow);
  ASSERT_FALSE(q->heard(reply(200, "[]"), kNow));
  (void)q->call(kNow);
  const auto l = q->heard(reply(429, "", {{"retry-after", "7"}}), kNow);
  ASSERT_TRUE(l);
  EXPECT_EQ(l->outcome, LookupOutcome::Failed);
  EXPECT_EQ(l->retry_after, Dur::seconds(7));
}

TEST(MexcLookup, ARowWithAmountsBelowZeroProvesNothing) {
  const std::string good = order_json("C02__7", kId.str(), "FILLED", "0.001");
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"0.001\"", "\"-0.001\""}, {"\"50000\"", "\"-1\""}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_EQ(ask_lookup(desk(), kId, {}, LookupStage::ById)->heard(reply(200, bad), kNow)->outcome, LookupOutcome::Failed) << bad;
  }
}

TEST(MexcTrades, ATradeForNothingIsNoTrade) {
  for (const char* price : {"0", "-5"}) {
    std::string bad = trade_json("1", 1'699'999'999'000);
    bad.replace(bad.find("50000"), 5, price);
    const auto q = ask_trades(desk(), kId, VenueOrderId("C02__1"));
    (void)q->call(kNow);
    const auto r = q->heard(reply(200, "[" + bad + "]"), kNow);
    ASSERT_TRUE(r);
    EXPECT_FALSE(r->answered) << "it would be booked at that price";
    EXPECT_TRUE(r->fills.empty());
  }
}

}  // namespace
}  // namespace dn::venues::mexc
