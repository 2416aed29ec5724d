// Nothing that a venue sends ends the program: every question and stream is given every recorded payload, hostile values in every
// place of them, and damaged text.
#include <functional>
#include <random>

#include "gateio_fixtures.h"
#include "venues/gateio/trading_ws.h"

namespace dn::venues::gateio::test {
namespace {

void feed(const std::string& text) {
  static const std::vector<std::unique_ptr<VenueApi>> apis = [] {
    std::vector<std::unique_ptr<VenueApi>> out;
    for (const Venue v : {Venue::GateioSpot, Venue::GateioFutures}) out.push_back(ready(v));
    return out;
  }();
  const auto twice = [&](auto question) {
    run(std::move(question), {answer(200, text), answer(200, text), answer(200, text), answer(200, text), answer(200, text), nothing()});
  };
  const ClientOrderId id("t-123456");
  for (const auto& api : apis) {
    VenueFacts facts;
    facts.instrument = instrument(Venue::GateioSpot);
    facts.instrument.multiplier = qty("0.0001");
    twice(api->server_time());
    twice(api->market());
    twice(api->account(facts));
    twice(api->top_of_book());
    twice(api->cancel_all_after(Dur::seconds(10)));
    for (const int status : {200, 400}) {
      run(api->place(order()), {answer(status, text, {{"x-gate-ratelimit-reset-timestamp", text.substr(0, 20)}, {"retry-after", text.substr(0, 20)}})});
      run(api->cancel(id, {}), {answer(status, text)});
    }
    for (const LookupStage s : {LookupStage::ById, LookupStage::OpenOrders, LookupStage::History}) {
      twice(api->lookup(id, {}, s));
      twice(api->lookup(id, VenueOrderId("12332324"), s));
    }
    twice(api->trades(id, {}));
    twice(api->trades(id, VenueOrderId("4128442423")));
    for (const auto& stream : {api->public_stream(), api->private_stream()}) {
      stream->opened(kNow);
      stream->frame({false, text}, kNow);
      stream->frame({true, text}, kNow);
    }
  }
  for (const Venue v : {Venue::GateioSpot, Venue::GateioFutures}) {
    Context c;
    c.venue = v;
    c.pair = "BTC_USDT";
    c.instrument = instrument(v);
    ws_answer(c, {false, text}, id, kNow);
  }
}

void wrapped(const std::string& text) {
  feed(text);
  feed("[" + text + "]");
  for (const char* channel : {"spot.book_ticker", "futures.book_ticker", "spot.orders", "futures.orders", "spot.usertrades", "futures.usertrades"}) {
    feed(R"({"channel":")" + std::string(channel) + R"(","event":"update","result":)" + text + "}");
  }
}

constexpr const char* kSamples[] = {
    R"({"id":"12332324","text":"t-123456","status":"open","currency_pair":"BTC_USDT","contract":"BTC_USDT","type":"market","side":"buy","amount":"20","size":-5,"price":"0","left":"1.07319","filled_total":"18.92681","avg_deal_price":"27038.3"})",
    R"({"id":"1","trade_id":"1","order_id":"4128442423","text":"t-123456","currency_pair":"BTC_USDT","contract":"BTC_USDT","side":"buy","role":"maker","amount":"0.15","size":"3","price":"0.03","fee":"0.0005","fee_currency":"ETH","gt_fee":"0","point_fee":"0","create_time":"1548000000","create_time_ms":"1548000000123.456"})",
    R"({"u":5,"s":"BTC_USDT","b":"1","B":"2","a":"3","A":4,"asks":[["1","2"]],"bids":[{"p":"1","s":2}]})",
    R"({"base":"BTC","quote":"USDT","precision":1,"amount_precision":6,"min_base_amount":"1","max_quote_amount":"2","trade_status":"tradable","buy_start":0,"delisting_time":5})",
    R"({"name":"BTC_USDT","type":"direct","quanto_multiplier":"0.0001","order_price_round":"0.1","order_size_min":"1","order_size_max":100,"order_price_deviate":"0.04","enable_decimal":true})",
    R"({"user_id":1,"user":1,"key":{"mode":2},"currency_pairs":["A"],"taker_fee":"0.1","maker_fee":"0.1","gt_discount":true,"available":"1","position_mode":"single","in_dual_mode":false,"margin_mode":1,"BTC_USDT":{"taker_fee":"0.1","maker_fee":"0.1"},"balances":{"USDT":{"available":"1"}},"mode":"single","contract":"BTC_USDT","size":"1","leverage":"3"})",
    R"({"request_id":"r","ack":false,"header":{"status":"200","channel":"spot.order_status","x_in_time":1,"x_gate_ratelimit_reset_timestamp":5},"data":{"result":{"id":"1","text":"t-123456","side":"buy","amount":"1","left":"0","uid":"5"},"errs":{"label":"","message":""}}})",
    R"({"label":"ORDER_NOT_FOUND","message":"x","detail":"y","server_time":1,"triggerTime":"5","type":"upgrade","msg":"z"})"};

constexpr const char* kHostile[] = {"null",
                                    "true",
                                    "[]",
                                    "{}",
                                    "\"\"",
                                    "-1",
                                    "0",
                                    "1e38",
                                    "1e-38",
                                    "1e999",
                                    "99999999999999999999",
                                    "9999999999999999999",
                                    "9223372036854775807",
                                    "0.00000000000001",
                                    "-0.00000000000001",
                                    "\"9999999999999999999\"",
                                    "\"0.99999999999999999999999999999999999999\"",
                                    "99999.99999999999999",
                                    "\"-\"",
                                    "\"1e5\"",
                                    "\"\\u0000\\u001b[2J\"",
                                    "[[[[1]]]]",
                                    "[[\"1e30\",\"1e30\"]]",
                                    "{\"mode\":{}}",
                                    "12.5"};

// Each field meets some of the values and each value many of the fields; all with all would take minutes under the sanitizers.
TEST(GateioRobust, HostileValuesInEveryField) {
  std::size_t turn = 0;
  for (const char* sample : kSamples) {
    const std::string s = sample;
    wrapped(s);
    for (std::size_t at = s.find(':'); at != std::string::npos; at = s.find(':', at + 1)) {
      // The end of a plain value; values that are objects or lists are left to the damage below.
      if (s[at + 1] == '{' || s[at + 1] == '[') continue;
      const std::size_t end = s.find_first_of(",}", at);
      for (std::size_t i = turn++ % 7; i < std::size(kHostile); i += 7) wrapped(s.substr(0, at + 1) + kHostile[i] + s.substr(end));
    }
  }
}

TEST(GateioRobust, DamagedText) {
  std::mt19937 random(20240607);  // NOLINT: the same damage each time
  for (const char* sample : kSamples) {
    for (int i = 0; i < 150; ++i) {
      std::string s = sample;
      for (int n = 0; n < 1 + i % 4; ++n) {
        const std::size_t at = random() % s.size();
        switch (random() % 3) {
          case 0: s[at] = static_cast<char>(random() % 256); break;
          case 1: s.erase(at, 1 + random() % 5); break;
          default: s.insert(at, 1, "0123456789-.eE\"[]{},:"[random() % 21]); break;
        }
        if (s.empty()) s = "x";
      }
      feed(s);
    }
  }
  feed(std::string(5000, '['));
  feed("");
  feed(std::string("\0\0", 2));
}

TEST(GateioRobust, EveryRecordedPayload) {
  for (const char* file : {"ccxt_comment_samples.json", "error_labels.json", "errors.json", "futures_rest_docs.json", "futures_rest_real.json",
                           "futures_ws_docs.json", "markets_futures.json", "markets_spot.json", "spot_rest_docs.json", "spot_rest_real.json",
                           "spot_ws_docs.json", "wallet_account_unified_docs.json", "ws_api_docs_futures.json", "ws_api_docs_spot.json", "ws_real.json"}) {
    GATE_FIXTURE(f, file);
    // Every object and list of the file, at whatever depth.
    const std::function<void(simdjson::dom::element, int)> walk = [&](simdjson::dom::element e, int depth) {
      if (depth > 6) return;
      feed(simdjson::minify(e));
      if (e.is_object()) {
        const simdjson::dom::object members = e.get_object().value();
        for (const auto m : members) {
          if (m.value.is_object() || m.value.is_array()) walk(m.value, depth + 1);
        }
      } else if (e.is_array()) {
        const simdjson::dom::array members = e.get_array().value();
        for (const auto m : members) {
          if (m.is_object()) walk(m, depth + 1);
        }
      }
    };
    walk(f.root(), 0);
  }
}

}  // namespace
}  // namespace dn::venues::gateio::test
