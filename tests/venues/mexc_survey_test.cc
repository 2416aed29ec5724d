// The survey of an account on MEXC.
#include <gmock/gmock.h>

#include <functional>

#include "fixtures.h"
#include "venues/mexc/orders.h"

namespace dn::venues::mexc {
namespace {

using testing::reply;
using Answers = std::function<wire::HttpResponse(const std::string& target)>;

const Time kNow{1'700'000'000'000'000};
constexpr Dur kDay = Dur::hours(24);

Desk desk() { return {*symbol_from("BTC/USDT"), {Secret("mx0TESTKEY"), Secret("dn-test-secret-0001")}}; }

struct Row {
  std::string id = "C02__1";
  std::string client = "t-00000000b1-1";
  std::string status = "NEW";
  std::string filled = "0";
  std::int64_t time = 1'699'999'000'000;
  std::int64_t updated = 0;
};
std::string order_json(const Row& r) {
  return R"({"symbol":"BTCUSDT","orderId":")" + r.id + R"(","clientOrderId":)" + (r.client.empty() ? "null" : "\"" + r.client + "\"") +
         R"(,"price":"50000","origQty":"0.001","executedQty":")" + r.filled + R"(","status":")" + r.status + R"(","side":"SELL","type":"LIMIT","time":)" +
         std::to_string(r.time) + R"(,"updateTime":)" + (r.updated == 0 ? "null" : std::to_string(r.updated)) + "}";
}
std::string trade_json(const std::string& id, std::int64_t time = 1'699'999'500'000, const std::string& client = "t-00000000b1-1",
                       const std::string& order = "C02__1") {
  return R"({"symbol":"BTCUSDT","id":")" + id + R"(","orderId":")" + order +
         R"(","price":"50000","qty":"0.0001","commission":"0.0025","commissionAsset":"USDT","time":)" + std::to_string(time) +
         R"(,"isBuyer":false,"isMaker":true,"clientOrderId":)" + (client.empty() ? "null" : "\"" + client + "\"") + "}";
}

bool asks(const std::string& target, std::string_view path) { return target.rfind("/api/v3/" + std::string(path) + "?", 0) == 0; }
std::int64_t number(const std::string& target, const std::string& name) { return std::stoll(target.substr(target.find(name + "=") + name.size() + 1)); }

Outcome<Survey> survey(Time since, const Answers& answers, std::vector<Call>* calls = nullptr) {
  const auto q = ask_survey(desk(), since);
  for (int i = 0; i < 500; ++i) {
    const Call call = q->call(kNow + Dur::millis(i));
    if (calls != nullptr) calls->push_back(call);
    if (auto done = q->heard(answers(call.http.target), kNow + Dur::millis(i))) return std::move(*done);
  }
  return Unexpected{Problem{Problem::Kind::Config, "no end"}};
}
// Lists by their path, and an order by its id.
Answers lists(const std::string& open, const std::string& all, const std::string& trades, const wire::HttpResponse& order = reply(500, "")) {
  return [=](const std::string& target) {
    if (asks(target, "openOrders")) return reply(200, "[" + open + "]");
    if (asks(target, "allOrders")) return reply(200, "[" + all + "]");
    return asks(target, "myTrades") ? reply(200, "[" + trades + "]") : order;
  };
}

TEST(MexcSurvey, AsksInWindowsThatTheVenueTakes) {
  std::vector<Call> calls;
  const auto s = survey(kNow - kDay * 20, lists("", "", ""), &calls);
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->venue_time, kNow);
  ASSERT_EQ(calls.size(), 5U);
  EXPECT_THAT(calls[0].http.target, ::testing::StartsWith("/api/v3/openOrders?symbol=BTCUSDT&"));
  EXPECT_EQ(calls[0].weight, 3);
  std::int64_t earliest = INT64_MAX;
  for (std::size_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(asks(calls[i].http.target, "allOrders"));
    EXPECT_EQ(calls[i].weight, 10);
    EXPECT_LE(number(calls[i].http.target, "endTime") - number(calls[i].http.target, "startTime"), (kDay * 7).us / 1000);
    earliest = std::min(earliest, number(calls[i].http.target, "startTime"));
  }
  EXPECT_EQ(earliest, (kNow - kDay * 20).us / 1000);
  ASSERT_TRUE(asks(calls[4].http.target, "myTrades"));
  EXPECT_EQ(number(calls[4].http.target, "startTime"), (kNow - kDay * 20).us / 1000);
  EXPECT_GE(number(calls[4].http.target, "endTime"), kNow.us / 1000);
}

TEST(MexcSurvey, LooksAWeekBackForWhatEndedSince) {
  std::vector<Call> calls;
  ASSERT_TRUE(survey(kNow - Dur::hours(1), lists("", "", ""), &calls));
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_LE(number(calls[1].http.target, "startTime"), (kNow - Dur::hours(7 * 24 - 2)).us / 1000) << "the list goes by creation";
  EXPECT_EQ(number(calls[2].http.target, "startTime"), (kNow - Dur::hours(1)).us / 1000);
}

TEST(MexcSurvey, GoesNoFurtherBackThanTheVenuesTrades) {
  for (const Time since : {Time{}, Time{INT64_MIN}, kNow - kDay * 400}) {
    std::vector<Call> calls;
    ASSERT_TRUE(survey(since, lists("", "", ""), &calls));
    EXPECT_EQ(calls.size(), 7U);
    EXPECT_EQ(number(calls.back().http.target, "startTime"), (kNow - Dur::hours(30 * 24 - 1)).us / 1000);
  }
  EXPECT_TRUE(survey(Time::never(), lists("", "", "")));
}

TEST(MexcSurvey, TellsEachOrderAndEachTradeOnceTheOldestFirst) {
  const std::string open = order_json({"C02__2", "", "PARTIALLY_FILLED", "0.0003", 1'699'999'300'000, 0}) + "," + order_json({});
  const std::string all = order_json({"C02__1", "t-00000000b1-1", "FILLED", "0.001", 1'699'999'000'000, 1'699'999'990'000}) + "," +
                          order_json({"C02__2", "", "PARTIALLY_FILLED", "0.0002", 1'699'999'300'000, 0}) + "," +
                          order_json({"C02__0", "another_program_with_a_name_that_is_long", "CANCELED", "0", 1'699'998'000'000, 1'699'999'000'000});
  const std::string trades = trade_json("T3", 1'699'999'700'000) + "," + trade_json("T2", 1'699'999'600'000, "web_1", "C02__2") + "," +
                             trade_json("T1", 1'699'999'500'000, "", "C02__2") + "," + trade_json("T3", 1'699'999'700'000);
  const auto s = survey(kNow - Dur::hours(1), lists(open, all, trades));
  ASSERT_TRUE(s) << s.error().message;
  ASSERT_EQ(s->orders.size(), 3U);
  EXPECT_EQ(s->orders[0].client_id, "another_program_with_a_name_that_is_long");
  EXPECT_EQ(s->orders[1].venue_order_id.view(), "C02__1");
  EXPECT_FALSE(s->orders[1].open) << "it ended between the two lists";
  EXPECT_EQ(s->orders[1].filled.str(), "0.001");
  EXPECT_EQ(s->orders[1].side, Side::Sell);
  EXPECT_EQ(s->orders[1].price.str(), "50000");
  EXPECT_EQ(s->orders[1].qty.str(), "0.001");
  EXPECT_FALSE(s->orders[1].reduce_only);
  EXPECT_EQ(s->orders[1].created.us, 1'699'999'000'000'000);
  EXPECT_TRUE(s->orders[2].open);
  EXPECT_EQ(s->orders[2].client_id, "");
  EXPECT_EQ(s->orders[2].filled.str(), "0.0003") << "an older view does not take a fill back";
  ASSERT_EQ(s->trades.size(), 3U);
  EXPECT_EQ(s->trades[0].trade_id.view(), "T1");
  EXPECT_TRUE(s->trades[0].order.empty());
  EXPECT_TRUE(s->trades[1].order.empty()) << "not a text of ours";
  EXPECT_EQ(s->trades[2].order.view(), "t-00000000b1-1");
  EXPECT_EQ(s->trades[2].fee.str(), "0.0025");
}

TEST(MexcSurvey, WhatWasOverBeforeIsNotTold) {
  const std::int64_t since = 1'699'999'000'000;
  const std::string all = order_json({"before", "", "CANCELED", "0", since - 5000, since - 1000}) + "," +
                          order_json({"ended-since", "", "CANCELED", "0", since - 5000, since + 1000}) + "," +
                          order_json({"in-that-second", "", "FILLED", "0.001", since, since}) + "," +
                          order_json({"no-end", "", "CANCELED", "0", since - 5000, 0});
  const auto s = survey(Time{since * 1000 + 700'000}, lists("", all, trade_json("T0", since - 1000, "", "before")));
  ASSERT_TRUE(s) << s.error().message;
  std::vector<std::string> ids;
  for (const SeenOrder& o : s->orders) ids.push_back(o.venue_order_id.str());
  EXPECT_THAT(ids, ::testing::ElementsAre("no-end", "ended-since", "in-that-second"));
  EXPECT_TRUE(s->trades.empty());
}

// A venue with `count` rows, one every `step` ms, that answers at most `page` of the window, the newest first; its times have `grain` ms.
template <class RowOf>
std::string page_of(const std::string& target, int count, std::int64_t step, int page, const RowOf& row, std::int64_t grain = 1000) {
  std::string body;
  for (int n = count - 1, rows = 0; n >= 0 && rows < page; --n) {
    const std::int64_t at = 1'699'990'000'000 + n * step / grain * grain;
    if (at < number(target, "startTime") || at > number(target, "endTime")) continue;
    body += (body.empty() ? "" : ",") + row(std::to_string(n), at);
    ++rows;
  }
  return "[" + body + "]";
}

TEST(MexcSurvey, FullPagesAreAskedAgainFromTheirEdges) {
  for (const int page : {500, 1000}) {
    const auto s = survey(kNow - kDay, [&](const std::string& target) {
      if (asks(target, "openOrders")) return reply(200, "[]");
      if (asks(target, "allOrders")) {
        return reply(200, page_of(target, 2500, 700, page, [](const std::string& id, std::int64_t at) {
                       return order_json({id, "", "FILLED", "0.001", at, at});
                     }));
      }
      return reply(200, page_of(target, 350, 300, 100, [](const std::string& id, std::int64_t at) { return trade_json("T" + id, at, "", id); }));
    });
    ASSERT_TRUE(s) << s.error().message;
    EXPECT_EQ(s->orders.size(), 2500U);
    EXPECT_EQ(s->trades.size(), 350U);
  }
}

TEST(MexcSurvey, ManyTradesOfOneSecondAreToldByTheMillisecond) {
  const auto s = survey(kNow - kDay, [&](const std::string& target) {
    if (asks(target, "openOrders")) return reply(200, "[]");
    if (asks(target, "allOrders")) return reply(200, "[" + order_json({"C02__1", "", "FILLED", "0.045"}) + "]");
    const auto row = [](const std::string& id, std::int64_t at) { return trade_json("T" + id, at); };
    return reply(200, page_of(target, 450, 2, 100, row, 1));  // an order that swept the book
  });
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->trades.size(), 450U);
}

// Trades carry whole seconds, and the venue may choose by the millisecond all the same: what fills pages within a second is found then. Where it
// chooses by the second, nothing is made up.
TEST(MexcSurvey, ManyTradesThatSayTheSameSecondAreToldWhereTheVenueChoosesByTheMillisecond) {
  for (const bool by_millisecond : {true, false}) {
    const auto s = survey(kNow - kDay, [&](const std::string& target) {
      if (asks(target, "openOrders")) return reply(200, "[]");
      if (asks(target, "allOrders")) return reply(200, "[" + order_json({"C02__1", "", "FILLED", "0.09"}) + "]");
      std::string body;
      for (int n = 0, rows = 0; n < 2'400 && rows < 100; ++n) {  // twelve seconds
        const std::int64_t at = 1'699'990'000'000 + n * 5;
        const std::int64_t said = at / 1000 * 1000;
        if (const std::int64_t chosen = by_millisecond ? at : said; chosen < number(target, "startTime") || chosen > number(target, "endTime")) continue;
        body += (rows++ == 0 ? "" : ",") + trade_json("T" + std::to_string(n), said);
      }
      return reply(200, "[" + body + "]");
    });
    ASSERT_EQ(static_cast<bool>(s), by_millisecond);
    if (s) {
      EXPECT_EQ(s->trades.size(), 2'400U);
    } else {
      EXPECT_THAT(s.error().message, ::testing::HasSubstr("longer than can be read"));
    }
  }
}

TEST(MexcSurvey, AListThatIsNotReadToItsEndIsAProblem) {
  std::string orders;
  std::string trades;
  for (int i = 0; i < 1000; ++i) orders += (i > 0 ? "," : "") + order_json({std::to_string(i)});
  for (int i = 0; i < 100; ++i) trades += (i > 0 ? "," : "") + trade_json(std::to_string(i));
  for (const Answers& endless : {lists("", orders, ""), lists("", "", trades)}) {
    const auto s = survey(kNow - kDay, endless);
    ASSERT_FALSE(s);
    EXPECT_EQ(s.error().kind, Problem::Kind::Unreachable);
    EXPECT_THAT(s.error().message, ::testing::HasSubstr("longer than can be read"));
  }
}

TEST(MexcSurvey, ARowThatCannotBeReadIsAProblem) {
  const auto broken = [](std::string row, const std::string& from, const std::string& to) { return row.replace(row.find(from), from.size(), to); };
  std::vector<Answers> bad;
  for (const auto& [from, to] : {std::pair<std::string, std::string>{R"("NEW")", R"("NEWER")"},
                                 {R"("SELL")", R"("BOTH")"},
                                 {"50000", "-1"},
                                 {"50000", "x"},
                                 {R"("time":1)", R"("when":1)"},
                                 {R"("0.001")", R"("1e40")"},
                                 {"BTCUSDT", "ETHUSDT"},
                                 {R"("orderId")", R"("id")"}}) {
    bad.push_back(lists(order_json({"C02__5"}) + "," + broken(order_json({}), from, to), "", ""));
    bad.push_back(lists("", order_json({"C02__5"}) + "," + broken(order_json({}), from, to), ""));
  }
  for (const auto& [from, to] : {std::pair<std::string, std::string>{R"("id")", R"("no")"},
                                 {"50000", "0"},
                                 {R"("0.0001")", R"("-1")"},
                                 {"BTCUSDT", "ETHUSDT"},
                                 {R"("isBuyer":false)", R"("isBuyer":null)"}}) {
    bad.push_back(lists(order_json({}), "", broken(trade_json("T1"), from, to)));
  }
  for (const Answers& answers : bad) {
    const auto s = survey(kNow - kDay, answers);
    ASSERT_FALSE(s);
    EXPECT_EQ(s.error().kind, Problem::Kind::Unreachable);
    EXPECT_THAT(s.error().message, ::testing::HasSubstr("a row that cannot be read"));
  }
}

TEST(MexcSurvey, WhateverStepFailsTheSurveyFails) {
  using Kind = Problem::Kind;
  struct Case {
    wire::HttpResponse answer;
    Kind kind;
  };
  const std::vector<Case> cases{{reply(500, "[]"), Kind::Unreachable},
                                {reply(200, "{}"), Kind::Unreachable},
                                {reply(200, "[{}"), Kind::Unreachable},
                                {{0, {}, {}, "timeout", false}, Kind::Unreachable},
                                {reply(429, "", {{"retry-after", "3"}}), Kind::Unreachable},
                                {reply(403, "<html>"), Kind::Unreachable},
                                {reply(403, R"({"code":700007,"msg":"No permission to access the endpoint."})"), Kind::Permission},
                                {reply(401, ""), Kind::Unreachable},
                                {reply(401, "{}"), Kind::Permission},
                                {reply(400, R"({"code":700002,"msg":"Signature for this request is not valid."})"), Kind::Permission},
                                {reply(400, R"({"code":700003,"msg":"outside of the recvWindow."})"), Kind::Clock}};
  for (const char* at : {"openOrders", "allOrders", "myTrades", "order"}) {
    for (const Case& c : cases) {
      const auto good = lists("", "", trade_json("T1"));
      const auto s = survey(kNow - kDay, [&](const std::string& target) { return asks(target, at) ? c.answer : good(target); });
      ASSERT_FALSE(s) << at << " " << c.answer.status << c.answer.body;
      EXPECT_EQ(s.error().kind, c.kind) << at << ": " << s.error().message;
    }
  }
}

TEST(MexcSurvey, AnOrderThatOnlyATradeNamesIsAskedForById) {
  std::vector<Call> calls;
  const Row old{"C02__1", "t-00000000b1-1", "FILLED", "0.001", 1'690'000'000'000, 1'699'999'500'000};
  const auto s = survey(kNow - kDay, lists("", "", trade_json("T1"), reply(200, order_json(old))), &calls);
  ASSERT_TRUE(s) << s.error().message;
  ASSERT_EQ(s->orders.size(), 1U);
  EXPECT_EQ(s->orders[0].client_id, "t-00000000b1-1");
  EXPECT_THAT(calls.back().http.target, ::testing::HasSubstr("/api/v3/order?symbol=BTCUSDT&orderId=C02__1&"));
  const auto forgotten = survey(kNow - kDay, lists("", "", trade_json("T1"), reply(400, R"({"code":-2013,"msg":"Order does not exist."})")));
  ASSERT_TRUE(forgotten);
  EXPECT_TRUE(forgotten->orders.empty());
  EXPECT_EQ(forgotten->trades.size(), 1U);
  EXPECT_FALSE(survey(kNow - kDay, lists("", "", trade_json("T1"), reply(200, order_json({"C02__9"})))));
}

TEST(MexcSurvey, MoreOrdersInNoListThanCanBeAskedForAreAProblem) {
  const auto s = survey(kNow - kDay, [](const std::string& target) {
    if (!asks(target, "myTrades")) return reply(200, "[]");
    return reply(200, page_of(target, 600, 1000, 100, [](const std::string& id, std::int64_t at) { return trade_json("T" + id, at, "", "C" + id); }));
  });
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().kind, Problem::Kind::Unreachable);
  EXPECT_THAT(s.error().message, ::testing::HasSubstr("too many orders in no list"));
}

TEST(MexcSurvey, AForeignTextCannotWriteToATerminalNorFillIt) {
  const auto s = survey(kNow - kDay, lists(order_json({"1", "\\u001b[31m" + std::string(200, 'x')}), "", ""));
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->orders.at(0).client_id, "?[31m" + std::string(59, 'x'));
}

}  // namespace
}  // namespace dn::venues::mexc
