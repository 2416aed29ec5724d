// The survey of an account on both markets of Gate.io.
#include <functional>
#include <set>

#include "gateio_fixtures.h"

namespace dn::venues::gateio::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Answers = std::function<wire::HttpResponse(const std::string& target)>;

constexpr Dur kDay = Dur::hours(24);

struct Row {
  std::string id = "745504484392";
  std::string text = "t-abcdefghb1-1";
  std::string left = "0.0012";
  std::string status = "open";
  std::string created = "1699999000";
  std::string ended{};
};
// An order to sell 0.0012; `left` and amounts in base for both markets.
std::string order_row(Venue venue, const Row& r) {
  if (venue == kSpot) {
    return R"({"id":")" + r.id + R"(","text":")" + r.text +
           R"(","currency_pair":"BTC_USDT","side":"sell","type":"limit","amount":"0.0012","price":"30000.5","left":")" + r.left + R"(","create_time":")" +
           r.created + R"(","create_time_ms":)" + r.created + R"(500,"status":")" + r.status + "\"}";
  }
  const std::string left = r.left == "0" ? "0" : "-" + std::to_string(std::stoi(r.left.substr(r.left.size() - 2)));
  return R"({"id":)" + r.id + R"(,"text":")" + r.text + R"(","contract":"BTC_USDT","size":"-12","left":")" + left + R"(","price":"30000.5","create_time":)" +
         r.created + R"(.5,"is_reduce_only":true,)" + (r.ended.empty() ? "" : R"("finish_time":)" + r.ended + ",") + R"("status":")" +
         (r.status == "open" ? "open" : "finished") + "\"}";
}
std::string trade_row(Venue venue, const std::string& id, const std::string& text, const std::string& time, const std::string& order = "745504484392") {
  if (venue == kSpot) {
    return R"({"id":")" + id + R"(","order_id":")" + order + R"(","text":")" + text +
           R"(","currency_pair":"BTC_USDT","side":"sell","role":"maker","amount":"0.0004","price":"30000.5","fee":"0.012","fee_currency":"USDT","create_time":")" +
           time + "\"}";
  }
  return R"({"trade_id":")" + id + R"(","order_id":")" + order + R"(","text":")" + text +
         R"(","contract":"BTC_USDT","size":-4,"price":"30000.5","fee":"0.012","role":"maker","create_time":)" + time + "}";
}

enum class List : std::uint8_t { Open, Ended, Trades, One };
List list_of(const std::string& target) {
  if (target.find("my_trades") != std::string::npos) return List::Trades;
  if (target.find("status=open") != std::string::npos) return List::Open;
  return target.find("status=finished") != std::string::npos ? List::Ended : List::One;
}
std::int64_t number(const std::string& target, const std::string& name) { return std::stoll(target.substr(target.find("&" + name + "=") + name.size() + 2)); }

Outcome<Survey> survey(Venue venue, Time since, const Answers& answers, std::vector<std::string>* targets = nullptr) {
  const auto q = ready(venue)->survey(since);
  for (int i = 0; i < 500; ++i) {
    const std::string target = q->call(kNow).http.target;
    if (targets != nullptr) targets->push_back(target);
    if (auto done = q->heard(answers(target), kNow)) return std::move(*done);
  }
  return Unexpected{Problem{Problem::Kind::Config, "no end"}};
}
Answers lists(const std::string& open, const std::string& ended, const std::string& trades, const wire::HttpResponse& one = answer(500, "")) {
  return [=](const std::string& target) {
    switch (list_of(target)) {
      case List::Open: return answer(200, "[" + open + "]");
      case List::Ended: return answer(200, "[" + ended + "]");
      case List::Trades: return answer(200, "[" + trades + "]");
      case List::One: break;
    }
    return one;
  };
}

class GateioSurvey : public ::testing::TestWithParam<Venue> {
 protected:
  static std::string order(const Row& r) { return order_row(GetParam(), r); }
  static std::string trade(const std::string& id, const std::string& text = "t-abcdefghb1-1", const std::string& time = "1699999500",
                           const std::string& of = "745504484392") {
    return trade_row(GetParam(), id, text, time, of);
  }
  static Outcome<Survey> ask(const Answers& answers, std::vector<std::string>* targets = nullptr) { return survey(GetParam(), kNow - kDay, answers, targets); }
};
INSTANTIATE_TEST_SUITE_P(Gateio, GateioSurvey, ::testing::Values(kSpot, kFutures), [](const auto& p) { return std::string(name(p.param)); });

TEST(GateioSurveys, SpotAsksInSpansThatTheVenueTakes) {
  std::vector<std::string> targets;
  ASSERT_TRUE(survey(kSpot, kNow - kDay * 40, lists("", "", ""), &targets));
  ASSERT_EQ(targets.size(), 1U + 6U + 2U);
  EXPECT_EQ(targets[0], "/api/v4/spot/orders?currency_pair=BTC_USDT&status=open&page=1&limit=100");
  EXPECT_THAT(targets[1], StartsWith("/api/v4/spot/orders?currency_pair=BTC_USDT&status=finished&page=1&limit=1000&from="));
  EXPECT_THAT(targets[7], StartsWith("/api/v4/spot/my_trades?currency_pair=BTC_USDT&page=1&limit=1000&from="));
  for (std::size_t i = 1; i < targets.size(); ++i) {
    EXPECT_LE(number(targets[i], "to") - number(targets[i], "from"), (i <= 6 ? 7 : 29) * 86400);
    // No gap between two spans.
    if (i == 1 || i == 7) continue;
    EXPECT_EQ(number(targets[i], "to"), number(targets[i - 1], "from"));
  }
  for (const std::size_t last : {6U, 8U}) EXPECT_EQ(number(targets[last], "from"), (kNow - kDay * 40).us / 1'000'000);
  for (const std::size_t first : {1U, 7U}) EXPECT_GT(number(targets[first], "to"), kNow.us / 1'000'000);
}

TEST(GateioSurveys, FuturesAskOneListAndTheTradesByTime) {
  std::vector<std::string> targets;
  ASSERT_TRUE(survey(kFutures, kNow - kDay * 10, lists("", "", ""), &targets));
  ASSERT_EQ(targets.size(), 4U);
  EXPECT_EQ(targets[0], "/api/v4/futures/usdt/orders?contract=BTC_USDT&status=open&limit=100&offset=0");
  EXPECT_EQ(targets[1], "/api/v4/futures/usdt/orders?contract=BTC_USDT&status=finished&limit=1000&offset=0");
  EXPECT_THAT(targets[2], StartsWith("/api/v4/futures/usdt/my_trades_timerange?contract=BTC_USDT&from="));
  EXPECT_EQ(number(targets[3], "from"), (kNow - kDay * 10).us / 1'000'000);
}

TEST_P(GateioSurvey, GoesNoFurtherBackThanTheLists) {
  for (const Time since : {Time{}, Time{INT64_MIN}, Time::never(), kNow}) {
    std::vector<std::string> targets;
    const auto s = survey(GetParam(), since, lists("", "", ""), &targets);
    ASSERT_TRUE(s) << s.error().message;
    EXPECT_LE(targets.size(), 60U);
  }
}

TEST_P(GateioSurvey, TellsEachOrderAndEachTradeOnceTheOldestFirst) {
  const std::string open = order({"3", "web", "0.0005", "open", "1699999300", ""}) + "," + order({});
  const std::string ended = order({"745504484392", "t-abcdefghb1-1", "0", "closed", "1699999000", "1699999990.5"}) + "," +
                            order({"2", "", "0.0012", "cancelled", "1699998000", "1699999000"});
  const std::string trades = trade("12", "t-abcdefghb1-1", "1699999700") + "," + trade("9", "web", "1699999600", "3") + "," +
                             trade("10", "web", "1699999600", "3") + "," + trade("12", "t-abcdefghb1-1", "1699999700");
  const auto s = ask([&](const std::string& target) {
    auto r = lists(open, ended, trades)(target);
    if (list_of(target) == List::Open) r.headers = {{"x-in-time", "1699999999500000"}};
    return r;
  });
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->venue_time.us, 1'699'999'999'500'000);
  ASSERT_EQ(s->orders.size(), 3U);
  EXPECT_EQ(s->orders[0].client_id, "");
  EXPECT_EQ(s->orders[1].venue_order_id, kVenueId);
  EXPECT_EQ(s->orders[1].client_id, "t-abcdefghb1-1");
  EXPECT_FALSE(s->orders[1].open) << "it ended between the two lists";
  EXPECT_EQ(s->orders[1].filled, qty("0.0012"));
  EXPECT_EQ(s->orders[1].side, Side::Sell);
  EXPECT_EQ(s->orders[1].price, price("30000.5"));
  EXPECT_EQ(s->orders[1].qty, qty("0.0012"));
  EXPECT_EQ(s->orders[1].reduce_only, GetParam() == kFutures);
  EXPECT_EQ(s->orders[1].created.us, 1'699'999'000'500'000);
  EXPECT_TRUE(s->orders[2].open);
  EXPECT_EQ(s->orders[2].client_id, "web");
  EXPECT_EQ(s->orders[2].filled, qty("0.0007"));
  std::vector<std::string> ids;
  for (const Fill& f : s->trades) ids.push_back(f.trade_id.str());
  EXPECT_THAT(ids, ElementsAre("9", "10", "12"));
  EXPECT_TRUE(s->trades[0].order.empty());
  EXPECT_EQ(s->trades[2].order, kId);
  EXPECT_EQ(s->trades[2].fee, Fee(*Decimal::parse("0.012")));
  EXPECT_EQ(s->trades[2].fee_asset, Asset("USDT"));
}

// A page of a list of `count` rows that moves on by one row from page to page; `most` is the venue's largest.
wire::HttpResponse page_of(const std::string& target, int count, std::int64_t most, const std::function<std::string(std::string)>& row) {
  const std::int64_t limit = std::min(number(target, "limit"), most);
  const std::int64_t first = target.find("&page=") != std::string::npos ? limit * (number(target, "page") - 1) : number(target, "offset");
  std::string body;
  for (std::int64_t i = std::max<std::int64_t>(first - 1, 0); i < std::min<std::int64_t>(first + limit - (first > 0 ? 1 : 0), count); ++i) {
    body += (body.empty() ? "" : ",") + row(std::to_string(1'000'000 + i));
  }
  return answer(200, "[" + body + "]");
}

TEST_P(GateioSurvey, ReadsEveryPageAndARowOnTwoOfThemOnce) {
  // Also where the venue gives less than is asked for.
  for (const std::int64_t most : {1000, 500, 100}) {
    const auto s = ask([&](const std::string& target) {
      switch (list_of(target)) {
        case List::Open: return page_of(target, 150, most, [](const std::string& id) { return order({id, "web"}); });
        case List::Ended:
          return page_of(target, 2300, most, [](const std::string& id) { return order({"7" + id, "", "0", "closed", "1699999000", "1699999100"}); });
        default: return page_of(target, 1500, most, [](const std::string& id) { return trade(id, "web", "1699999500", "7" + id); });
      }
    });
    ASSERT_TRUE(s) << s.error().message;
    EXPECT_EQ(s->orders.size(), 150U + 2300U) << most;
    EXPECT_EQ(s->trades.size(), 1500U) << most;
  }
}

TEST(GateioSurveys, FuturesReadTheFinishedOnesUntilAPageOfOlderOnes) {
  int pages = 0;
  const auto s = survey(kFutures, Time{1'699'999'000'700'000}, [&](const std::string& target) {
    if (list_of(target) != List::Ended) return answer(200, "[]");
    std::string body = order_row(kFutures, {"1", "", "0", "closed", "1699990000", ++pages == 1 ? "1699999000.2" : "1699998999.9"});
    // Older ones need not be readable: they are not asked for.
    for (int i = 1; i < 1000; ++i) body += R"(,{"finish_time":1699990000})";
    return answer(200, "[" + body + "]");
  });
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(pages, 2);
  EXPECT_EQ(s->orders.size(), 1U) << "times count as whole seconds";
}

TEST_P(GateioSurvey, AListThatIsNotReadToItsEndIsAProblem) {
  for (const List at : {List::Open, List::Ended, List::Trades}) {
    const auto s = ask([&](const std::string& target) {
      if (list_of(target) != at) return answer(200, "[]");
      std::string body;
      for (int i = 0; i < 1000; ++i) body += (i > 0 ? "," : "") + (at == List::Trades ? trade("1") : order({}));
      return answer(200, "[" + body + "]");
    });
    ASSERT_FALSE(s);
    EXPECT_EQ(s.error().kind, Problem::Kind::Unreachable);
    EXPECT_THAT(s.error().message, HasSubstr("more pages than are read"));
  }
}

TEST_P(GateioSurvey, ARowThatCannotBeReadIsAProblem) {
  const auto broken = [](std::string row, const std::string& from, const std::string& to) { return row.replace(row.find(from), from.size(), to); };
  std::vector<Answers> bad;
  for (const auto& [from, to] : {std::pair<std::string, std::string>{R"("left")", R"("right")"},
                                 {"30000.5", "-1"},
                                 {"30000.5", "x"},
                                 {R"("30000.5")", "{}"},
                                 {R"("create_time":)", R"("create_time_ms":"x","when":)"},
                                 {"BTC_USDT", "ETH_USDT"},
                                 {R"("id")", R"("no")"}}) {
    std::string row = broken(order({}), from, to);
    if (from == R"("create_time":)" && GetParam() == kSpot) row = broken(row, R"("create_time_ms":1)", R"("at_ms":1)");
    bad.push_back(lists(order({"5"}) + "," + row, "", ""));
    bad.push_back(lists("", order({"5"}) + "," + row, ""));
  }
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{R"("order_id")", R"("no")"}, {"30000.5", "0"}, {"BTC_USDT", "ETH_USDT"}, {R"("create_time")", R"("when")"}}) {
    bad.push_back(lists(order({}), "", broken(trade("1"), from, to)));
  }
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const auto s = ask(bad[i]);
    ASSERT_FALSE(s) << i;
    EXPECT_EQ(s.error().kind, Problem::Kind::Unreachable);
    EXPECT_THAT(s.error().message, HasSubstr("a row that cannot be read")) << i;
  }
}

TEST_P(GateioSurvey, WhateverStepFailsTheSurveyFails) {
  using Kind = Problem::Kind;
  struct Case {
    wire::HttpResponse answer;
    Kind kind;
  };
  const std::vector<Case> cases{{answer(500, "[]"), Kind::Unreachable},
                                {answer(200, "{}"), Kind::Unreachable},
                                {answer(200, "[{}"), Kind::Unreachable},
                                {nothing(), Kind::Unreachable},
                                {answer(429, R"({"label":"TOO_MANY_REQUESTS"})"), Kind::Unreachable},
                                {answer(403, "<html>"), Kind::Unreachable},
                                {answer(403, R"({"label":"FORBIDDEN","message":"x"})"), Kind::Permission},
                                {answer(401, R"({"label":"INVALID_KEY","message":"Invalid key provided"})"), Kind::Permission},
                                {answer(401, R"({"label":"INVALID_SIGNATURE","message":"x"})"), Kind::Permission},
                                {answer(403, R"({"label":"REQUEST_EXPIRED","message":"x"})"), Kind::Clock}};
  for (const List at : {List::Open, List::Ended, List::Trades, List::One}) {
    for (const Case& c : cases) {
      const auto good = lists("", "", trade("1"));
      const auto s = ask([&](const std::string& target) { return list_of(target) == at ? c.answer : good(target); });
      ASSERT_FALSE(s) << c.answer.status << c.answer.body;
      EXPECT_EQ(s.error().kind, c.kind) << s.error().message;
    }
  }
}

TEST_P(GateioSurvey, AnOrderThatOnlyATradeNamesIsAskedForById) {
  std::vector<std::string> targets;
  const auto s = ask(lists("", "", trade("1"), answer(200, order({"745504484392", "t-abcdefghb1-1", "0.0008"}))), &targets);
  ASSERT_TRUE(s) << s.error().message;
  ASSERT_EQ(s->orders.size(), 1U);
  EXPECT_TRUE(s->orders[0].open);
  EXPECT_EQ(s->orders[0].filled, qty("0.0004"));
  EXPECT_THAT(targets.back(), HasSubstr("/orders/745504484392"));
  const auto forgotten = ask(lists("", "", trade("1"), answer(404, R"({"label":"ORDER_NOT_FOUND"})")));
  ASSERT_TRUE(forgotten);
  EXPECT_TRUE(forgotten->orders.empty());
  EXPECT_EQ(forgotten->trades.size(), 1U);
  EXPECT_FALSE(ask(lists("", "", trade("1"), answer(200, order({"5"})))));
}

TEST_P(GateioSurvey, AForeignTextCannotWriteToATerminalNorFillIt) {
  const auto s = ask(lists(order({"5", "\\u001b[31m" + std::string(200, 'x')}), "", ""));
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->orders.at(0).client_id, "?[31m" + std::string(59, 'x'));
}

TEST_P(GateioSurvey, AMarketOrderHasNoLimit) {
  std::string row = order({"5", "web", "0", "closed"});
  row.replace(row.find(R"("30000.5")"), 9, R"("0","fill_price":"29000","avg_deal_price":"29000")");
  const auto s = ask(lists("", row, ""));
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_TRUE(s->orders.at(0).price.is_zero());
}

}  // namespace
}  // namespace dn::venues::gateio::test
