#include "venues/gateio/sign.h"

#include "gateio_fixtures.h"

namespace dn::venues::gateio::test {
namespace {

std::string field(simdjson::dom::element e, const char* key) {
  std::string_view s;
  std::int64_t n = 0;
  if (e[key].get(s) == simdjson::SUCCESS) return std::string(s);
  return e[key].get(n) == simdjson::SUCCESS ? std::to_string(n) : std::string();
}

TEST(GateioSign, RestSignaturesAsPublished) {
  GATE_FIXTURE(f, "signature_vectors.json");
  int seen = 0;
  for (const auto v : f.root()["rest"].get_array()) {
    const std::string method = field(v, "method"), path = field(v, "path"), query = field(v, "query"), body = field(v, "body"), time = field(v, "timestamp");
    const std::string secret = field(v, "secret"), sign = field(v, "SIGN");
    EXPECT_EQ(rest_signature(secret, {method, path, query, body, time}), sign) << field(v, "source");
    // Every part counts.
    EXPECT_NE(rest_signature(secret + "x", {method, path, query, body, time}), sign);
    EXPECT_NE(rest_signature(secret, {"PUT", path, query, body, time}), sign);
    EXPECT_NE(rest_signature(secret, {method, path + "/", query, body, time}), sign);
    EXPECT_NE(rest_signature(secret, {method, path, query + "&x=1", body, time}), sign);
    EXPECT_NE(rest_signature(secret, {method, path, query, body + " ", time}), sign);
    EXPECT_NE(rest_signature(secret, {method, path, query, body, time + "0"}), sign);
    ++seen;
  }
  EXPECT_GE(seen, 9);
}

TEST(GateioSign, CommasStayAsTheyAreInTheQuery) {
  const std::string raw = rest_signature("secret", {"GET", "/api/v4/spot/batch_fee", "currency_pairs=BTC_USDT,ETH_USDT", "", "1700000000"});
  const std::string encoded = rest_signature("secret", {"GET", "/api/v4/spot/batch_fee", "currency_pairs=BTC_USDT%2CETH_USDT", "", "1700000000"});
  EXPECT_EQ(raw, "fa200eb1be0c23cb8970a09224a5ceea14dbf89695c1b322655316ea77968692392330a63d21df52d266afaf4a1391b579a98541f0d25aceacbacceb5a0f4a40");
  EXPECT_NE(raw, encoded);
}

TEST(GateioSign, SubscriptionsAndLogins) {
  GATE_FIXTURE(f, "signature_vectors.json");
  for (const auto v : f.root()["ws_subscribe"].get_array()) {
    EXPECT_EQ(subscription_signature(field(v, "secret"), field(v, "channel"), field(v, "event"), field(v, "time")), field(v, "SIGN"));
    EXPECT_NE(subscription_signature(field(v, "secret"), field(v, "channel"), "unsubscribe", field(v, "time")), field(v, "SIGN"));
  }
  for (const auto v : f.root()["ws_api_login"].get_array()) {
    EXPECT_EQ(login_signature(field(v, "secret"), field(v, "channel"), field(v, "req_param_raw"), field(v, "timestamp")), field(v, "signature"));
  }
}

// The published vectors, as the codec's own requests carry them.
TEST(GateioSign, RequestsCarryWhatTheySign) {
  const auto api = ready(Venue::GateioSpot);
  const Call c = api->cancel(ClientOrderId("t-x"), VenueOrderId("12332324"))->call(kNow);
  EXPECT_EQ(c.http.method, "DELETE");
  EXPECT_EQ(c.http.target, "/api/v4/spot/orders/12332324?currency_pair=BTC_USDT");
  EXPECT_EQ(header_of(c, "KEY"), "key");
  EXPECT_EQ(header_of(c, "Timestamp"), "1700000000");
  EXPECT_EQ(header_of(c, "SIGN"),
            "ec17c580a959d781ed252b0660a20e5c10a8a63c7553fa1b6c94593c2c769631daa6226dab6b790f476d0bbbba4ef575776709c5ed0350f38fccf37cbe1a612d");
}

}  // namespace
}  // namespace dn::venues::gateio::test
