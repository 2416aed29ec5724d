// Gate's REST door: signatures in the order that the venue checks them, limits, routes.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "digest.h"
#include "gate.h"

namespace dn::exchange {
namespace {

constexpr std::string_view kRoot = "/api/v4";

// A route's limits, and what faults call it.
enum class Group : std::uint8_t { Public, Place, Cancel, Read };

struct Call {
  const HttpRequest& http;
  Params params;
  Json body;
  std::string tail;  // what stands for {} in the route
  GateContext context;
};

class GateApi final : public Api {
 public:
  explicit GateApi(Site& site) : site_(site), gate_(site) {}

  bool owns(const HttpRequest& r) const override { return r.path.rfind("/api/v4/", 0) == 0 || is_ws(r.path); }
  Venue venue_of(const HttpRequest& r) const override {
    return r.path.rfind("/api/v4/futures", 0) == 0 || r.path == "/v4/ws/usdt" ? Venue::GateioFutures : Venue::GateioSpot;
  }
  std::string what(const HttpRequest& r) const override {
    std::string tail;
    const Route* route = find_route(r, tail);
    if (route == nullptr || route->group == Group::Public) return "public";
    if (r.path.ends_with("/countdown_cancel_all")) return "deadman";
    return route->group == Group::Place ? "place" : route->group == Group::Cancel ? "cancel" : "query";
  }
  HttpReply failure(int status) const override {
    HttpReply reply;
    if (status == 429) {
      reply = {429, gate_error(429, "TOO_MANY_REQUESTS", "Request Rate Limit Exceeded").error_json(), {}};
    } else {
      reply = {status, gate_error(status, status == 503 ? "TOO_BUSY" : "SERVER_ERROR", "Internal server error").error_json(), {}};
    }
    return reply;
  }

  HttpReply handle(const HttpRequest& r) override {
    const std::int64_t came = site_.exchange.venue_now().us;
    RateLimits::Standing standing;
    HttpReply reply = answer(r, standing);
    // What was refused before it was counted knows no limit; a "remain" of 0 would tell the client to wait.
    if (standing.limit > 0) {
      const Time reset = site_.exchange.venue_now() + standing.until_free;
      reply.headers.emplace_back("X-Gate-RateLimit-Requests-Remain", std::to_string(standing.remain));
      reply.headers.emplace_back("X-Gate-RateLimit-Limit", std::to_string(standing.limit));
      reply.headers.emplace_back("X-Gate-RateLimit-Reset-Timestamp", std::to_string(reset.us / 1'000'000));
    }
    reply.headers.emplace_back("X-In-Time", std::to_string(came));
    reply.headers.emplace_back("X-Out-Time", std::to_string(site_.exchange.venue_now().us));
    reply.headers.emplace_back("X-Gate-Trace-ID", sha512(std::to_string(came) + r.path).substr(0, 32));
    return reply;
  }

  Upgrade upgrade(const HttpRequest& r) override {
    if (!is_ws(r.path)) return {nullptr, 0, {404, "", {}, ""}};
    return {gate_stream(gate_, venue_of(r), r.header("x-gate-size-decimal") == "1"), 64 * 1024, {}};
  }

 private:
  struct Route {
    std::string_view method;
    std::string_view path;  // {}: one segment
    Group group;
    GateAnswer (GateApi::*run)(const Call&);
    bool by_query = false;  // the parameters may stand in the query instead of a body
  };
  static const Route kRoutes[];
  static bool is_ws(std::string_view path) { return path == "/ws/v4/" || path == "/v4/ws/usdt"; }

  static const Route* find_route(const HttpRequest& r, std::string& tail);

  HttpReply answer(const HttpRequest& r, RateLimits::Standing& standing) {
    const auto refuse = [](const GateAnswer& a) { return HttpReply{a.status, a.error_json(), {}}; };
    Call c{r, {}, {}, "", {false, r.header("x-gate-size-decimal") == "1"}};
    const Route* route = find_route(r, c.tail);
    if (route == nullptr) return refuse(gate_error(404, "NOT_FOUND", "path not found"));
    if (route->group != Group::Public) {
      if (auto bad = check_auth(r); !bad.good()) return refuse(bad);
    }
    if ((route->group == Group::Place || route->group == Group::Cancel) && !site_.exchange.settings().gate_key_trades)
      return refuse(gate_error(403, "READ_ONLY", "the key is read-only"));
    const bool has_body = r.method != "GET" && r.method != "DELETE" && (!route->by_query || !r.body.empty());
    if (!has_body && !r.body.empty()) return refuse(gate_error(400, "INVALID_REQUEST_BODY", "no body expected"));
    if (has_body && r.header("content-type").rfind("application/json", 0) != 0) return refuse(gate_error(400, "INVALID_REQUEST_BODY", "JSON expected"));
    if (!c.params.add(r.query)) return refuse(gate_error(400, "INVALID_PARAM_VALUE", "bad query"));
    if (has_body) {
      auto body = Json::parse(r.body);
      if (!body) return refuse(gate_error(400, "INVALID_REQUEST_BODY", "Invalid request body"));
      c.body = std::move(*body);
    }
    standing = count(*route, c);
    if (!standing.good) return failure(429);
    if (auto late = check_expiry(*route, r); !late.good()) return refuse(late);
    const GateAnswer a = (this->*route->run)(c);
    return a.good() ? HttpReply{a.status, a.body, {}} : refuse(a);
  }

  RateLimits::Standing count(const Route& route, const Call& c) {
    const bool futures = venue_of(c.http) == Venue::GateioFutures;
    switch (route.group) {
      case Group::Place: return gate_count_place(site_, venue_of(c.http), c.body, c.params.get("currency_pair"));
      case Group::Cancel: return site_.limit(futures ? "gate futures cancel" : "gate spot cancel", 200, Dur::seconds(1));
      default: return site_.limit(fmt::format("gate {} {}", route.method, route.path), 200, Dur::seconds(10));
    }
  }

  GateAnswer check_auth(const HttpRequest& r) {
    for (const auto& [field, shown] : {std::pair("timestamp", "Timestamp"), std::pair("key", "KEY"), std::pair("sign", "SIGN")}) {
      if (r.header(field).empty()) return gate_error(400, "MISSING_REQUIRED_HEADER", fmt::format("Missing required header: {}", shown));
    }
    const std::string_view sent = r.header("timestamp");
    const auto stamp = decimal_from(sent);
    const std::int64_t now = site_.exchange.venue_now().us / 1'000'000;
    if (!stamp || (*stamp - Decimal(now)).abs() > Decimal(60)) {
      site_.exchange.count("bad_timestamps");
      return gate_error(403, "REQUEST_EXPIRED",
                        fmt::format("gap between request Timestamp and server time exceeds 60 current_time:{} header.timestamp:{}", now, sent));
    }
    if (!same(r.header("key"), site_.gate.key)) {
      site_.exchange.count("bad_signatures");
      return gate_error(401, "INVALID_KEY", "Invalid key provided");
    }
    // What is signed is the query without its escapes.
    const std::string query = percent_decoded(r.query).value_or(r.query);
    const std::string text = fmt::format("{}\n{}\n{}\n{}\n{}", r.method, r.path, query, sha512(r.body), sent);
    if (same(hmac_sha512(site_.gate.secret, text), r.header("sign"))) return gate_ok("");
    site_.exchange.count("bad_signatures");
    return gate_error(401, "INVALID_SIGNATURE", "Signature mismatch");
  }

  // Orders that came too late are not looked at.
  GateAnswer check_expiry(const Route& route, const HttpRequest& r) {
    if ((route.group != Group::Place && route.group != Group::Cancel) || !r.has_header("x-gate-exptime")) return gate_ok("");
    const auto until = whole_from(r.header("x-gate-exptime"));
    if (!until) return gate_invalid("x-gate-exptime", r.header("x-gate-exptime"));
    if (site_.exchange.venue_now().us / 1000 <= *until) return gate_ok("");
    site_.exchange.count("expired_requests");
    return gate_error(400, "REQUEST_EXPIRED", "request expired");
  }

  // ---- endpoints

  // NOLINTNEXTLINE(readability-make-member-function-const): the table of routes has one type for all
  GateAnswer time(const Call&) { return gate_ok(Obj().n("server_time", site_.exchange.venue_now().us / 1000).str()); }
  GateAnswer pairs(const Call& c) { return gate_.spot.pairs(c.tail); }
  GateAnswer spot_tickers(const Call& c) { return gate_.spot.tickers(c.params); }
  GateAnswer spot_book(const Call& c) { return gate_.spot.order_book(c.params); }
  GateAnswer spot_trades(const Call& c) { return gate_.spot.trades(c.params); }
  GateAnswer spot_accounts(const Call& c) { return gate_.spot.accounts(c.params); }
  GateAnswer spot_place(const Call& c) { return gate_.spot.place(c.body, c.context); }
  GateAnswer spot_place_batch(const Call& c) { return gate_.spot.place_batch(c.body, c.context); }
  GateAnswer spot_amend(const Call& c) { return gate_.spot.amend(c.tail, with_query(c)); }
  GateAnswer spot_amend_batch(const Call& c) { return gate_.spot.amend_batch(c.body); }
  GateAnswer spot_candles(const Call& c) { return gate_.spot.candlesticks(c.params); }
  GateAnswer spot_fees(const Call& c) { return gate_.spot.fees(c.params); }
  GateAnswer currencies(const Call& c) { return gate_.spot.currencies(c.tail); }
  GateAnswer spot_get(const Call& c) { return gate_.spot.get(c.tail, c.params.get("currency_pair")); }
  GateAnswer spot_cancel(const Call& c) { return gate_.spot.cancel(c.tail, c.params.get("currency_pair")); }
  GateAnswer spot_cancel_all(const Call& c) { return gate_.spot.cancel_all(c.params.get("currency_pair"), c.params.get("side")); }
  GateAnswer spot_cancel_batch(const Call& c) { return gate_.spot.cancel_batch(c.body); }
  GateAnswer spot_list(const Call& c) { return gate_.spot.list(c.params); }
  GateAnswer spot_open(const Call& c) { return gate_.spot.open_orders(c.params); }
  GateAnswer spot_my_trades(const Call& c) { return gate_.spot.my_trades(c.params); }
  GateAnswer spot_countdown(const Call& c) { return gate_.countdowns.set(Venue::GateioSpot, c.body, "currency_pair"); }

  GateAnswer contracts(const Call& c) { return gate_.futures.contracts(c.tail, c.context); }
  GateAnswer futures_tickers(const Call& c) { return gate_.futures.tickers(c.params, c.context); }
  GateAnswer futures_book(const Call& c) { return gate_.futures.order_book(c.params, c.context); }
  GateAnswer futures_trades(const Call& c) { return gate_.futures.trades(c.params, c.context); }
  GateAnswer funding_rate(const Call& c) { return gate_.futures.funding_rate(c.params); }
  GateAnswer futures_account(const Call&) { return gate_.futures.account(); }
  GateAnswer account_book(const Call& c) { return gate_.futures.account_book(c.params); }
  GateAnswer positions(const Call& c) { return gate_.futures.positions(c.params, c.context); }
  GateAnswer position(const Call& c) { return gate_.futures.position(c.tail, c.context); }
  GateAnswer futures_fee(const Call& c) { return gate_.futures.fee(c.params); }
  GateAnswer futures_place(const Call& c) { return gate_.futures.place(c.body, c.context); }
  GateAnswer futures_place_batch(const Call& c) { return gate_.futures.place_batch(c.body, c.context); }
  GateAnswer futures_amend(const Call& c) { return gate_.futures.amend(c.tail, c.body, c.context); }
  GateAnswer futures_amend_batch(const Call& c) { return gate_.futures.amend_batch(c.body, c.context); }
  GateAnswer futures_candles(const Call& c) { return gate_.futures.candlesticks(c.params, c.context); }
  GateAnswer risk_tiers(const Call& c) { return gate_.futures.risk_tiers(c.params); }
  GateAnswer leverage(const Call& c) { return gate_.futures.set_leverage(c.tail, c.params, c.context); }
  GateAnswer dual_mode(const Call& c) {
    const std::string dual = c.params.get("dual_mode");
    return dual == "true" || dual == "false" ? gate_.futures.set_mode(dual == "true") : gate_invalid("dual_mode", dual);
  }
  GateAnswer position_mode(const Call& c) {
    const std::string mode = c.params.get("position_mode");
    return mode == "single" || mode == "dual" ? gate_.futures.set_mode(mode == "dual") : gate_invalid("position_mode", mode);
  }
  GateAnswer futures_by_time(const Call& c) { return gate_.futures.list_by_time(c.params, c.context); }
  GateAnswer futures_get(const Call& c) { return gate_.futures.get(c.tail, c.context); }
  GateAnswer futures_cancel(const Call& c) { return gate_.futures.cancel(c.tail, c.context); }
  GateAnswer futures_cancel_all(const Call& c) { return gate_.futures.cancel_all(c.params.get("contract"), c.params.get("side"), c.context); }
  GateAnswer futures_cancel_batch(const Call& c) { return gate_.futures.cancel_batch(c.body); }
  GateAnswer futures_list(const Call& c) { return gate_.futures.list(c.params, c.context); }
  GateAnswer futures_my_trades(const Call& c) { return gate_.futures.my_trades(c.params, false, c.context); }
  GateAnswer futures_trades_by_time(const Call& c) { return gate_.futures.my_trades(c.params, true, c.context); }
  GateAnswer futures_countdown(const Call& c) { return gate_.countdowns.set(Venue::GateioFutures, c.body, "contract"); }

  GateAnswer fees(const Call& c) {
    const std::string pair = c.params.get("currency_pair");
    if (!pair.empty() && site_.exchange.market(Venue::GateioSpot, pair) == nullptr)
      return gate_error(400, "INVALID_CURRENCY_PAIR", "Invalid currency pair " + pair);
    const Instrument& spot = site_.exchange.markets(Venue::GateioSpot)[0]->rules;
    const Instrument& perp = site_.exchange.markets(Venue::GateioFutures)[0]->rules;
    Obj o;
    o.raw("user_id", site_.gate.uid);
    gate_spot_rates(o, spot);
    o.s("loan_fee", "0.18").s("point_type", "1").d("futures_taker_fee", perp.taker_fee).d("futures_maker_fee", perp.maker_fee);
    o.s("delivery_taker_fee", "0.0005").s("delivery_maker_fee", "0.0002");
    if (!pair.empty()) o.s("currency_pair", pair);
    return gate_ok(o.str());
  }
  // NOLINTNEXTLINE(readability-make-member-function-const): the table of routes has one type for all
  GateAnswer detail(const Call&) {
    Obj o;
    o.raw("user_id", site_.gate.uid).raw("ip_whitelist", "[]").raw("currency_pairs", "[]").raw("key", R"({"mode":1})").n("tier", 0).n("copy_trading_role", 0);
    return gate_ok(o.str());
  }
  // Markets that this exchange does not have.
  GateAnswer none(const Call&) { return gate_ok("[]"); }
  GateAnswer unified(const Call&) { return gate_error(400, "USER_NOT_FOUND", "unified account is not activated"); }

  // The body, and what it does not name from the query.
  static Json with_query(const Call& c) {
    Json out = c.body;
    if (out.is(Json::Kind::Null)) out.kind = Json::Kind::Object;
    for (const auto& [key, value] : c.params.all()) {
      if (out.has(key)) continue;
      Json text;
      text.kind = Json::Kind::String;
      text.text = value;
      out.members.push_back({key, std::move(text)});
    }
    return out;
  }

  Site& site_;
  Gate gate_;
};

const GateApi::Route GateApi::kRoutes[] = {
    {"GET", "/spot/time", Group::Public, &GateApi::time},
    {"GET", "/spot/currency_pairs", Group::Public, &GateApi::pairs},
    {"GET", "/spot/currency_pairs/{}", Group::Public, &GateApi::pairs},
    {"GET", "/spot/tickers", Group::Public, &GateApi::spot_tickers},
    {"GET", "/spot/order_book", Group::Public, &GateApi::spot_book},
    {"GET", "/spot/trades", Group::Public, &GateApi::spot_trades},
    {"GET", "/spot/candlesticks", Group::Public, &GateApi::spot_candles},
    {"GET", "/spot/currencies", Group::Public, &GateApi::currencies},
    {"GET", "/spot/currencies/{}", Group::Public, &GateApi::currencies},
    {"GET", "/margin/currency_pairs", Group::Public, &GateApi::none},
    {"GET", "/margin/uni/currency_pairs", Group::Public, &GateApi::none},
    {"GET", "/futures/btc/contracts", Group::Public, &GateApi::none},
    {"GET", "/delivery/usdt/contracts", Group::Public, &GateApi::none},
    {"GET", "/options/underlyings", Group::Public, &GateApi::none},
    {"GET", "/spot/batch_fee", Group::Read, &GateApi::spot_fees},
    {"GET", "/spot/accounts", Group::Read, &GateApi::spot_accounts},
    {"GET", "/spot/fee", Group::Read, &GateApi::fees},
    {"GET", "/wallet/fee", Group::Read, &GateApi::fees},
    {"GET", "/account/detail", Group::Read, &GateApi::detail},
    {"GET", "/unified/accounts", Group::Read, &GateApi::unified},
    {"GET", "/unified/unified_mode", Group::Read, &GateApi::unified},
    {"POST", "/spot/orders", Group::Place, &GateApi::spot_place},
    {"POST", "/spot/batch_orders", Group::Place, &GateApi::spot_place_batch},
    {"PATCH", "/spot/orders/{}", Group::Place, &GateApi::spot_amend, true},
    {"POST", "/spot/amend_batch_orders", Group::Place, &GateApi::spot_amend_batch},
    {"GET", "/spot/orders", Group::Read, &GateApi::spot_list},
    {"GET", "/spot/orders/{}", Group::Read, &GateApi::spot_get},
    {"DELETE", "/spot/orders/{}", Group::Cancel, &GateApi::spot_cancel},
    {"DELETE", "/spot/orders", Group::Cancel, &GateApi::spot_cancel_all},
    {"GET", "/spot/open_orders", Group::Read, &GateApi::spot_open},
    {"GET", "/spot/my_trades", Group::Read, &GateApi::spot_my_trades},
    {"POST", "/spot/cancel_batch_orders", Group::Cancel, &GateApi::spot_cancel_batch},
    {"POST", "/spot/countdown_cancel_all", Group::Read, &GateApi::spot_countdown},
    {"GET", "/futures/usdt/contracts", Group::Public, &GateApi::contracts},
    {"GET", "/futures/usdt/contracts/{}", Group::Public, &GateApi::contracts},
    {"GET", "/futures/usdt/tickers", Group::Public, &GateApi::futures_tickers},
    {"GET", "/futures/usdt/order_book", Group::Public, &GateApi::futures_book},
    {"GET", "/futures/usdt/trades", Group::Public, &GateApi::futures_trades},
    {"GET", "/futures/usdt/candlesticks", Group::Public, &GateApi::futures_candles},
    {"GET", "/futures/usdt/risk_limit_tiers", Group::Public, &GateApi::risk_tiers},
    {"GET", "/futures/usdt/funding_rate", Group::Public, &GateApi::funding_rate},
    {"GET", "/futures/usdt/accounts", Group::Read, &GateApi::futures_account},
    {"GET", "/futures/usdt/account_book", Group::Read, &GateApi::account_book},
    {"GET", "/futures/usdt/positions", Group::Read, &GateApi::positions},
    {"GET", "/futures/usdt/positions/{}", Group::Read, &GateApi::position},
    {"POST", "/futures/usdt/positions/{}/leverage", Group::Read, &GateApi::leverage, true},
    {"POST", "/futures/usdt/dual_mode", Group::Read, &GateApi::dual_mode, true},
    {"POST", "/futures/usdt/set_position_mode", Group::Read, &GateApi::position_mode, true},
    {"GET", "/futures/usdt/fee", Group::Read, &GateApi::futures_fee},
    {"POST", "/futures/usdt/orders", Group::Place, &GateApi::futures_place},
    {"POST", "/futures/usdt/batch_orders", Group::Place, &GateApi::futures_place_batch},
    {"PUT", "/futures/usdt/orders/{}", Group::Place, &GateApi::futures_amend},
    {"POST", "/futures/usdt/batch_amend_orders", Group::Place, &GateApi::futures_amend_batch},
    {"GET", "/futures/usdt/orders", Group::Read, &GateApi::futures_list},
    {"GET", "/futures/usdt/orders_timerange", Group::Read, &GateApi::futures_by_time},
    {"GET", "/futures/usdt/orders/{}", Group::Read, &GateApi::futures_get},
    {"DELETE", "/futures/usdt/orders/{}", Group::Cancel, &GateApi::futures_cancel},
    {"DELETE", "/futures/usdt/orders", Group::Cancel, &GateApi::futures_cancel_all},
    {"POST", "/futures/usdt/batch_cancel_orders", Group::Cancel, &GateApi::futures_cancel_batch},
    {"GET", "/futures/usdt/my_trades", Group::Read, &GateApi::futures_my_trades},
    {"GET", "/futures/usdt/my_trades_timerange", Group::Read, &GateApi::futures_trades_by_time},
    {"POST", "/futures/usdt/countdown_cancel_all", Group::Read, &GateApi::futures_countdown},
};

const GateApi::Route* GateApi::find_route(const HttpRequest& r, std::string& tail) {
  const std::string_view path = std::string_view(r.path).substr(std::min(kRoot.size(), r.path.size()));
  for (const Route& route : kRoutes) {
    if (r.method != route.method) continue;
    if (path == route.path) return &route;
    const auto open = route.path.find("{}");
    if (open == std::string_view::npos) continue;
    const std::string_view behind = route.path.substr(open + 2);
    if (path.size() <= open + behind.size() || path.substr(0, open) != route.path.substr(0, open)) continue;
    if (path.substr(path.size() - behind.size()) != behind) continue;
    tail = std::string(path.substr(open, path.size() - open - behind.size()));
    if (tail.find('/') == std::string::npos) return &route;
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Api> gate_api(Site& site) { return std::make_unique<GateApi>(site); }

}  // namespace dn::exchange
