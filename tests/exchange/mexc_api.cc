// MEXC's REST door: routes, weights, signatures, the account and its listen keys.
#include <fmt/format.h>

#include <algorithm>

#include "digest.h"
#include "mexc.h"

namespace dn::exchange {
namespace {

constexpr std::string_view kContracts = "/api/v1/contract/detail";
constexpr int kSigned = 1;
constexpr int kTrading = 2;  // counts against the orders' limit

bool is_word(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

// What was signed, and with what: the signature stands last in the query or last in the body.
struct SignedText {
  std::string text;
  std::string signature;
};
std::optional<SignedText> signed_text(const HttpRequest& r) {
  const auto split = [](const std::string& from) -> std::optional<std::pair<std::string, std::string>> {
    constexpr std::string_view kMark = "signature=";
    const auto at = from.rfind(kMark);
    if (at == std::string::npos || (at > 0 && from[at - 1] != '&') || from.find('&', at) != std::string::npos) return std::nullopt;
    return std::pair(from.substr(0, at > 0 ? at - 1 : 0), from.substr(at + kMark.size()));
  };
  if (const auto q = split(r.query)) return SignedText{q->first + r.body, q->second};
  if (const auto b = split(r.body)) return SignedText{r.query + b->first, b->second};
  return std::nullopt;
}

// Escapes are written with upper-case digits, or MEXC signs something else than was sent.
bool has_lower_escape(std::string_view query) {
  for (std::size_t i = 0; i + 2 < query.size(); ++i) {
    if (query[i] == '%' && ((query[i + 1] >= 'a' && query[i + 1] <= 'f') || (query[i + 2] >= 'a' && query[i + 2] <= 'f'))) return true;
  }
  return false;
}

class MexcApi final : public Api {
 public:
  explicit MexcApi(Site& site) : site_(site), orders_(site) {}

  bool owns(const HttpRequest& r) const override { return r.path.rfind("/api/v3/", 0) == 0 || r.path == "/ws" || r.path == kContracts; }
  Venue venue_of(const HttpRequest&) const override { return Venue::MexcSpot; }

  std::string what(const HttpRequest& r) const override {
    const std::string path = r.path.substr(std::min<std::size_t>(8, r.path.size()));
    if (path == "userDataStream") return "session";
    if (path == "order" || path == "openOrders" || path == "batchOrders" || path == "order/all")
      return r.method == "POST" ? "place" : r.method == "DELETE" ? "cancel" : "query";
    const Route* route = find_route(r);
    return route != nullptr && route->flags != 0 ? "query" : "public";
  }

  HttpReply failure(int status) const override {
    if (status != 429) return mexc_error(status, status, status == 500 ? "Internal error" : "service not available, please try again");
    HttpReply reply = mexc_error(429, 429, "Too Many Requests");
    reply.headers.emplace_back("Retry-After", "1");
    return reply;
  }

  HttpReply handle(const HttpRequest& r) override {
    const Route* route = find_route(r);
    if (route == nullptr) return {404, R"({"code":404,"msg":"Not Found"})", {}};
    if (auto limited = check_rate(*route)) return *limited;
    MexcCall call{r, {}};
    if (!call.params.add(r.query) || !call.params.add(r.body)) return mexc_error(400, 700008, "Illegal characters found in parameter");
    if ((route->flags & kSigned) != 0) {
      if (auto refused = check_auth(call)) return *refused;
    }
    if ((route->flags & kTrading) != 0 && !site_.exchange.settings().mexc_key_trades) return mexc_error(400, 700007, "No permission to access the endpoint.");
    return (this->*route->run)(call);
  }

  Upgrade upgrade(const HttpRequest& r) override {
    if (r.path != "/ws") return {nullptr, 0, {404, "", {}, ""}};
    Params p;
    p.add(r.query);
    return {mexc_stream(site_, keys_, p.get("listenKey")), 1024, {}};
  }

 private:
  struct Route {
    std::string_view method;
    std::string_view path;  // under /api/v3/, or with a slash at its front all of it
    int weight;
    int flags;
    HttpReply (MexcApi::*run)(const MexcCall&);
  };
  static const Route kRoutes[];
  static const Route* find_route(const HttpRequest& r);

  std::optional<HttpReply> check_rate(const Route& route) {
    if (site_.exchange.now() < banned_until_) return mexc_error(418, 418, "IP banned");
    const bool trading = (route.flags & kTrading) != 0;
    const auto standing = trading                        ? site_.limit("mexc trade", 12, Dur::seconds(1))
                          : (route.flags & kSigned) != 0 ? site_.limit("mexc uid", 500, Dur::seconds(10), route.weight)
                                                         : site_.limit("mexc ip", 300, Dur::seconds(10), route.weight);
    if (standing.good) return std::nullopt;
    // Whoever goes on regardless is locked out for a while.
    if (!site_.limits.take("mexc abuse", 100, Dur::seconds(10), site_.exchange.now()).good) banned_until_ = site_.exchange.now() + Dur::seconds(10);
    HttpReply reply = failure(429);
    reply.headers = {{"Retry-After", std::to_string(std::max<std::int64_t>(1, (standing.until_free.us + 999'999) / 1'000'000))}};
    return reply;
  }

  HttpReply bad_signature() {
    site_.exchange.count("bad_signatures");
    return mexc_error(400, 700002, "Signature for this request is not valid.");
  }

  std::optional<HttpReply> check_auth(const MexcCall& c) {
    const HttpRequest& r = c.http;
    const std::string_view key = r.header("x-mexc-apikey");
    if (key.empty()) return mexc_error(400, 400, "api key required");
    if (!is_word(key)) return mexc_error(400, 700001, "API-key format invalid.");
    // The trap of HTTP libraries that name a form where there is none.
    if (r.method != "GET" && r.body.empty() && r.header("content-type").find("form") != std::string_view::npos) {
      return mexc_error(400, 700013, "Invalid content Type.");
    }
    if (!same(key, site_.mexc.key)) {
      site_.exchange.count("bad_signatures");
      return mexc_error(401, 10072, "Api key info invalid");
    }
    if (auto late = check_time(c.params)) return late;
    const auto text = signed_text(r);
    if (!text || has_lower_escape(r.query) || !same(hmac_sha256(site_.mexc.secret, text->text), text->signature)) return bad_signature();
    return std::nullopt;
  }

  std::optional<HttpReply> check_time(const Params& p) {
    const auto sent = whole_from(p.get("timestamp"));
    if (!sent) return mexc_error(400, 10073, "Invalid request time");
    const auto window = p.has("recvWindow") ? whole_from(p.get("recvWindow")) : std::optional<std::int64_t>(5000);
    if (!window || *window < 0 || *window > 60000) return mexc_error(400, 700005, "recvWindow must less than 60000");
    const std::int64_t now = site_.exchange.venue_now().us / 1000;
    if (*sent < now + 1000 && now - *sent <= *window) return std::nullopt;
    site_.exchange.count("bad_timestamps");
    return mexc_error(400, 700003, "Timestamp for this request is outside of the recvWindow.");
  }

  // ---- endpoints

  HttpReply ping(const MexcCall&) { return {200, "{}", {}}; }
  // NOLINTNEXTLINE(readability-make-member-function-const): the table of routes has one type for all
  HttpReply time(const MexcCall&) { return {200, Obj().n("serverTime", site_.exchange.venue_now().us / 1000).str(), {}}; }
  HttpReply default_symbols(const MexcCall&) { return mexc_symbols(site_, false); }
  HttpReply self_symbols(const MexcCall&) { return mexc_symbols(site_, true); }
  HttpReply exchange_info(const MexcCall& c) { return mexc_exchange_info(site_, c); }
  HttpReply depth(const MexcCall& c) { return mexc_depth(site_, c); }
  HttpReply book_ticker(const MexcCall& c) {
    site_.mark("prices", Venue::MexcSpot, "bookTicker");
    return mexc_book_ticker(site_, c);
  }
  HttpReply price(const MexcCall& c) { return mexc_price(site_, c); }
  HttpReply trades(const MexcCall& c) { return mexc_trades(site_, c); }
  HttpReply agg_trades(const MexcCall& c) { return mexc_agg_trades(site_, c); }
  HttpReply klines(const MexcCall& c) { return mexc_klines(site_, c); }
  HttpReply day_ticker(const MexcCall& c) { return mexc_day_ticker(site_, c); }
  HttpReply average_price(const MexcCall& c) { return mexc_average_price(site_, c); }
  HttpReply coins(const MexcCall&) { return mexc_coins(site_); }
  HttpReply place(const MexcCall& c) { return orders_.place(c); }
  HttpReply place_batch(const MexcCall& c) { return orders_.place_batch(c); }
  HttpReply cancel_everything(const MexcCall&) { return orders_.cancel_everything(); }
  HttpReply test(const MexcCall& c) { return orders_.test(c); }
  HttpReply query(const MexcCall& c) { return orders_.query(c); }
  HttpReply cancel(const MexcCall& c) { return orders_.cancel(c); }
  HttpReply open_orders(const MexcCall& c) { return orders_.open_orders(c); }
  HttpReply cancel_open(const MexcCall& c) { return orders_.cancel_open(c); }
  HttpReply all_orders(const MexcCall& c) { return orders_.all_orders(c); }
  HttpReply my_trades(const MexcCall& c) { return orders_.my_trades(c); }

  HttpReply account(const MexcCall&) {
    Arr balances;
    for (const auto& [asset, total] : site_.exchange.account(Venue::MexcSpot).total) {
      const BalanceView b = site_.exchange.balance(Venue::MexcSpot, asset);
      if (b.total.is_zero()) continue;
      balances.raw(Obj().s("asset", asset).d("free", b.free()).d("locked", b.locked).d("available", b.free()).str());
    }
    Obj out;
    out.null("makerCommission").null("takerCommission").null("buyerCommission").null("sellerCommission");
    const Settings& s = site_.exchange.settings();
    out.b("canTrade", s.mexc_account_trades).b("canWithdraw", s.mexc_account_withdraws);
    out.b("canDeposit", true).null("updateTime").s("accountType", "SPOT").raw("balances", balances.str()).raw("permissions", R"(["SPOT"])");
    return {200, out.str(), {}};
  }

  HttpReply trade_fee(const MexcCall& c) {
    const Market* m = site_.exchange.market(Venue::MexcSpot, c.params.get("symbol"));
    if (m == nullptr) return mexc_error(400, -1121, "Invalid symbol.");
    const std::string rates = Obj().raw("makerCommission", m->rules.maker_fee.str()).raw("takerCommission", m->rules.taker_fee.str()).str();
    return with_envelope(rates);
  }

  HttpReply with_envelope(const std::string& data) const {
    return {200, Obj().raw("data", data).n("code", 0).s("msg", "success").n("timestamp", site_.exchange.venue_now().us / 1000).str(), {}};
  }
  // NOLINTNEXTLINE(readability-make-member-function-const): the table of routes has one type for all
  HttpReply uid(const MexcCall&) { return {200, Obj().s("uid", site_.mexc.uid).str(), {}}; }
  HttpReply offline(const MexcCall&) {
    Arr list;
    for (const Market* m : site_.exchange.markets(Venue::MexcSpot)) {
      if (m->status() == TradingStatus::Halted) list.raw(Obj().s("symbol", m->name).n("state", 2).str());
    }
    return {200, Obj().raw("data", list.str()).str(), {}};
  }
  // Clients that know MEXC's futures ask for them too. This exchange has none.
  HttpReply contracts(const MexcCall&) { return {200, R"({"success":true,"code":0,"data":[]})", {}}; }
  HttpReply deduction(const MexcCall&) { return with_envelope(R"({"mxDeductEnable":false})"); }

  HttpReply make_listen_key(const MexcCall&) {
    keys_.drop_expired(site_.exchange.now());
    if (keys_.live.size() >= 60) return mexc_error(400, 730001, "too many listen keys");
    const std::string key = sha512(fmt::format("{} listen {}", site_.mexc.secret, ++keys_.made)).substr(0, 64);
    keys_.live[key] = {site_.exchange.now() + Dur::seconds(site_.exchange.settings().mexc_listen_key_s), 0};
    return {200, Obj().s("listenKey", key).str(), {}};
  }

  HttpReply list_listen_keys(const MexcCall&) {
    keys_.drop_expired(site_.exchange.now());
    Arr list;
    for (const auto& [key, entry] : keys_.live) list.s(key);
    const auto used = static_cast<std::int64_t>(keys_.live.size());
    return {200, Obj().raw("listenKey", list.str()).n("total", 60).n("available", 60 - used).str(), {}};
  }

  HttpReply extend_listen_key(const MexcCall& c) {
    keys_.drop_expired(site_.exchange.now());
    const auto at = keys_.live.find(c.params.get("listenKey"));
    if (at == keys_.live.end()) return mexc_error(400, 730002, "listen key does not exist");
    at->second.expires = site_.exchange.now() + Dur::seconds(site_.exchange.settings().mexc_listen_key_s);
    return {200, Obj().s("listenKey", at->first).str(), {}};
  }

  HttpReply delete_listen_key(const MexcCall& c) {
    const std::string key = c.params.get("listenKey");
    if (keys_.live.erase(key) == 0) return mexc_error(400, 730002, "listen key does not exist");
    return {200, Obj().s("listenKey", key).str(), {}};
  }

  Site& site_;
  MexcOrders orders_;
  ListenKeys keys_;
  Time banned_until_;
};

const MexcApi::Route MexcApi::kRoutes[] = {
    {"GET", "ping", 1, 0, &MexcApi::ping},
    {"GET", "time", 1, 0, &MexcApi::time},
    {"GET", "defaultSymbols", 1, 0, &MexcApi::default_symbols},
    {"GET", "selfSymbols", 1, kSigned, &MexcApi::self_symbols},
    {"GET", "exchangeInfo", 25, 0, &MexcApi::exchange_info},
    {"GET", "depth", 3, 0, &MexcApi::depth},
    {"GET", "ticker/bookTicker", 10, 0, &MexcApi::book_ticker},
    {"GET", "ticker/price", 10, 0, &MexcApi::price},
    {"GET", "ticker/24hr", 25, 0, &MexcApi::day_ticker},
    {"GET", "trades", 5, 0, &MexcApi::trades},
    {"GET", "aggTrades", 1, 0, &MexcApi::agg_trades},
    {"GET", "klines", 1, 0, &MexcApi::klines},
    {"GET", "avgPrice", 1, 0, &MexcApi::average_price},
    {"GET", "symbol/offline", 10, 0, &MexcApi::offline},
    {"GET", kContracts, 1, 0, &MexcApi::contracts},
    {"GET", "uid", 1, kSigned, &MexcApi::uid},
    {"GET", "mxDeduct/enable", 1, kSigned, &MexcApi::deduction},
    {"GET", "capital/config/getall", 10, kSigned, &MexcApi::coins},
    {"GET", "account", 10, kSigned, &MexcApi::account},
    {"GET", "tradeFee", 20, kSigned, &MexcApi::trade_fee},
    {"POST", "order", 1, kSigned | kTrading, &MexcApi::place},
    {"POST", "batchOrders", 1, kSigned | kTrading, &MexcApi::place_batch},
    {"DELETE", "order", 1, kSigned | kTrading, &MexcApi::cancel},
    {"DELETE", "order/all", 1, kSigned | kTrading, &MexcApi::cancel_everything},
    {"GET", "order", 2, kSigned, &MexcApi::query},
    {"POST", "order/test", 1, kSigned, &MexcApi::test},
    {"GET", "openOrders", 3, kSigned, &MexcApi::open_orders},
    {"DELETE", "openOrders", 1, kSigned | kTrading, &MexcApi::cancel_open},
    {"GET", "allOrders", 10, kSigned, &MexcApi::all_orders},
    {"GET", "myTrades", 10, kSigned, &MexcApi::my_trades},
    {"POST", "userDataStream", 1, kSigned, &MexcApi::make_listen_key},
    {"GET", "userDataStream", 1, kSigned, &MexcApi::list_listen_keys},
    {"PUT", "userDataStream", 1, kSigned, &MexcApi::extend_listen_key},
    {"DELETE", "userDataStream", 1, kSigned, &MexcApi::delete_listen_key},
};

const MexcApi::Route* MexcApi::find_route(const HttpRequest& r) {
  constexpr std::string_view kRoot = "/api/v3/";
  for (const Route& route : kRoutes) {
    if (r.method != route.method) continue;
    if (r.path == route.path) return &route;
    if (r.path.size() == kRoot.size() + route.path.size() && r.path.compare(kRoot.size(), std::string::npos, route.path) == 0) {
      return &route;
    }
  }
  return nullptr;
}

}  // namespace

void ListenKeys::drop_expired(Time now) {
  for (auto at = live.begin(); at != live.end();) at = at->second.expires <= now ? live.erase(at) : std::next(at);
}

HttpReply mexc_error(int http, int code, std::string_view msg) { return {http, Obj().n("code", code).s("msg", msg).str(), {}}; }
HttpReply mexc_not_found() { return {400, Obj().s("msg", "Order does not exist.").n("code", -2013).null("_extend").str(), {}}; }

std::unique_ptr<Api> mexc_api(Site& site) { return std::make_unique<MexcApi>(site); }

}  // namespace dn::exchange
