#include <gmock/gmock.h>

#include <set>

#include "fixtures.h"
#include "venues/mexc/stream.h"

namespace dn::venues::mexc {
namespace {

using testing::Fixture;
using testing::json_text;
using testing::reply;
using testing::rows;
using testing::str;

const Symbol kBtc = *symbol_from("BTC/USDT");
const Credentials kWho{Secret("mx0TESTKEY"), Secret("dn-test-secret-0001")};
const Time kNow{1'700'000'000'000'000};

TEST(MexcStream, ReadsTheCapturedFrames) {
  DN_NEEDS_FIXTURE("mexc/ws_captured_frames.json");
  const Fixture f("mexc/ws_captured_frames.json");
  int tickers = 0;
  for (const auto frame : rows(f["frames"])) {
    std::uint64_t version = 0;
    const auto decoded = frame["decoded"].value();
    const Heard h = read_push(testing::unhex(str(frame, "hex")), str(decoded, "symbol"), &version);
    EXPECT_EQ(h.kind, Heard::Kind::Data) << str(frame, "name");
    simdjson::dom::element ticker;
    if (decoded["publicAggreBookTicker"].get(ticker) != simdjson::SUCCESS) continue;
    ++tickers;
    ASSERT_EQ(h.news.size(), 1U);
    const auto& top = std::get<TopOfBook>(h.news[0]);
    EXPECT_EQ(top.bid.decimal(), *Decimal::parse(str(ticker, "bidPrice")));
    EXPECT_EQ(top.ask_qty.decimal(), *Decimal::parse(str(ticker, "askQuantity")));
    EXPECT_EQ(std::to_string(version), str(ticker, "version").empty() ? "0" : str(ticker, "version"));
  }
  EXPECT_GE(tickers, 1);
}

TEST(MexcStream, PrivatePushesAreHintsThatNameOurOrder) {
  DN_NEEDS_FIXTURE("mexc/ws_synthetic_frames.json");
  const Fixture f("mexc/ws_synthetic_frames.json");
  int hints = 0;
  for (const auto frame : rows(f["frames"])) {
    std::uint64_t version = 0;
    const auto decoded = frame["decoded"].value();
    const Heard h = read_push(testing::unhex(str(frame, "hex")), str(decoded, "symbol"), &version);
    EXPECT_EQ(h.kind, Heard::Kind::Data) << str(frame, "name");
    simdjson::dom::element body;
    std::string client;
    if (decoded["privateOrders"].get(body) == simdjson::SUCCESS) client = str(body, "clientId");
    const bool is_deal = decoded["privateDeals"].get(body) == simdjson::SUCCESS;
    if (is_deal) client = str(body, "clientOrderId");
    if (client.empty()) {
      for (const News& n : h.news) EXPECT_TRUE(std::holds_alternative<TopOfBook>(n)) << str(frame, "name");
      continue;
    }
    ASSERT_EQ(h.news.size(), 1U) << str(frame, "name");
    EXPECT_EQ(std::get<OrderNews>(h.news[0]).id.view(), client);
    EXPECT_EQ(std::get<OrderNews>(h.news[0]).traded, is_deal);
    ++hints;
  }
  EXPECT_GE(hints, 2);
}

TEST(MexcStream, AnOvertakenTickerIsDroppedAndAnotherSymbolIgnored) {
  // AggreBookTicker 1-4 and version, in a wrapper with symbol BTCUSDT.
  const auto push = [](const std::string& version) {
    std::string body;
    const auto field = [](std::string* out, char tag, const std::string& s) { *out += std::string{tag, static_cast<char>(s.size())} + s; };
    field(&body, '\x0a', "10");
    field(&body, '\x12', "1");
    field(&body, '\x1a', "11");
    field(&body, '\x22', "2");
    field(&body, '\x2a', version);
    std::string out;
    field(&out, '\x1a', "BTCUSDT");
    return out + "\xda\x13" + std::string(1, static_cast<char>(body.size())) + body;
  };
  std::uint64_t version = 0;
  EXPECT_EQ(read_push(push("100"), "BTCUSDT", &version).news.size(), 1U);
  EXPECT_EQ(read_push(push("99"), "BTCUSDT", &version).news.size(), 0U);
  EXPECT_EQ(read_push(push("100"), "BTCUSDT", &version).news.size(), 1U);
  EXPECT_EQ(read_push(push("101"), "ETHUSDT", &version).news.size(), 0U);
  EXPECT_EQ(version, 100U);
}

TEST(MexcStream, EveryCutOfAFrameIsSurvived) {
  DN_NEEDS_FIXTURE("mexc/ws_captured_frames.json");
  const Fixture f("mexc/ws_captured_frames.json");
  for (const auto frame : rows(f["frames"])) {
    const std::string whole = testing::unhex(str(frame, "hex"));
    for (std::size_t n = 0; n < whole.size(); ++n) {
      std::uint64_t version = 0;
      (void)read_push(whole.substr(0, n), "BTCUSDT", &version);
      std::string bent = whole;
      bent[n] = static_cast<char>(bent[n] ^ 0x55);
      (void)read_push(bent, "BTCUSDT", &version);
    }
  }
}

TEST(MexcStream, ControlFrames) {
  DN_NEEDS_FIXTURE("mexc/ws_control.json");
  const Fixture f("mexc/ws_control.json");
  std::multiset<Heard::Kind> kinds;
  for (const auto t : rows(f["text_frames"])) {
    if (str(t, "dir") != "server") continue;
    const std::string raw = str(t, "raw_text");
    kinds.insert(read_control(raw.empty() ? json_text(t["msg"].value()) : raw).kind);
  }
  EXPECT_GE(kinds.count(Heard::Kind::Subscribed), 2U);
  EXPECT_EQ(kinds.count(Heard::Kind::Refused), 2U) << "a refusal has code 0 too, and a bare text";
  EXPECT_EQ(kinds.count(Heard::Kind::Alive), 1U);
  EXPECT_EQ(kinds.count(Heard::Kind::Nothing), 0U);
}

TEST(MexcStream, ARefusalWithoutWordsStillSaysItsCode) {
  const Heard h = read_control(R"({"id":0,"code":7,"msg":""})");
  EXPECT_EQ(h.kind, Heard::Kind::Refused);
  EXPECT_EQ(h.text, "code 7");
}

TEST(MexcStream, ThePrivateOneFetchesAKeyAndKeepsIt) {
  const auto s = private_stream(kBtc, kWho);
  const auto q = s->ticket();
  EXPECT_EQ(q->call(kNow).http.method, "POST");
  const auto key = q->heard(reply(200, R"({"listenKey":"abc123"})"), kNow);
  ASSERT_TRUE(key && *key);
  EXPECT_EQ(s->url_suffix(**key), "?listenKey=abc123");
  EXPECT_THAT(s->renewal("abc123")->call(kNow).http.target, ::testing::StartsWith("/api/v3/userDataStream?listenKey=abc123&"));
  EXPECT_EQ(s->renewal("abc123")->call(kNow).http.method, "PUT");
  EXPECT_FALSE(*q->heard(reply(200, R"({"listenKey":"a b&c"})"), kNow)) << "nothing that would change the address";
  EXPECT_EQ(s->topics().size(), 3U);
}

TEST(MexcStream, WhereNoNewKeyIsGivenOneThatIsThereServes) {
  const auto refused = reply(400, R"({"code":730001,"msg":"too many listen keys"})");
  for (const std::string_view list : {R"({"listenKey":["k0","k1","k2"],"total":60,"available":0})", R"(["k0","k1","k2"])"}) {
    std::set<std::string> taken;
    for (std::int64_t us = 0; us < 3; ++us) {
      const auto q = private_stream(kBtc, kWho)->ticket();
      ASSERT_FALSE(q->heard(refused, kNow)) << "it asks on";
      EXPECT_EQ(q->call(kNow).http.method, "GET");
      const auto key = q->heard(reply(200, std::string(list)), kNow + Dur::micros(us));
      ASSERT_TRUE(key && *key);
      taken.insert(**key);
    }
    EXPECT_EQ(taken, (std::set<std::string>{"k0", "k1", "k2"})) << "not always the same: each carries few connections";
  }
}

TEST(MexcStream, WithoutAnyKeyTheRefusalIsTold) {
  for (const std::string_view list : {R"({"listenKey":[]})", R"({"listenKey":["a b&c"]})", R"({})", R"(7)"}) {
    const auto q = private_stream(kBtc, kWho)->ticket();
    ASSERT_FALSE(q->heard(reply(400, R"({"code":730001,"msg":"too many listen keys"})"), kNow));
    const auto key = q->heard(reply(200, std::string(list)), kNow);
    ASSERT_TRUE(key);
    EXPECT_FALSE(*key) << list;
  }
  const auto q = private_stream(kBtc, kWho)->ticket();
  const auto right = q->heard(reply(401, R"({"code":700007,"msg":"No permission to access the endpoint."})"), kNow);
  ASSERT_TRUE(right) << "a key without the right does not ask for a list";
  EXPECT_FALSE(*right);
}

}  // namespace
}  // namespace dn::venues::mexc
