// The control address: what really happened, and faults to make.
#include <algorithm>

#include "server.h"

namespace dn::exchange {
namespace {

std::string_view short_venue(Venue v) { return v == Venue::MexcSpot ? "mexc" : v == Venue::GateioSpot ? "gate_spot" : "gate_futures"; }
constexpr std::array kVenues{Venue::MexcSpot, Venue::GateioSpot, Venue::GateioFutures};

std::string_view type_name(ListedType t) {
  constexpr std::array<std::string_view, 5> kNames{"limit", "post_only", "ioc", "fok", "market"};
  return kNames[static_cast<std::size_t>(t)];
}

std::string ledger_order(const Order& o) {
  Obj out;
  out.s("venue", name(o.market->venue)).s("symbol", o.market->name).s("client_order_id", o.client_id).s("venue_order_id", o.id);
  out.s("side", name(o.side)).s("type", type_name(o.type)).d("price", o.price).d("quantity", o.qty).d("filled", o.filled);
  out.d("filled_quote", o.filled_quote).b("open", o.open).b("reduce_only", o.reduce_only).s("finish", o.finish_as).n("time_ms", o.created.us / 1000);
  out.n("began_us", o.created.us).n("ended_us", o.open ? 0 : o.updated.us);
  return out.str();
}

std::string ledger_trade(const Trade& t) {
  const Order& o = *t.order;
  Obj out;
  out.s("venue", name(o.market->venue)).s("symbol", o.market->name).s("trade_id", trade_id(t)).s("stream_trade_id", stream_trade_id(t));
  out.s("client_order_id", o.client_id).s("venue_order_id", o.id).s("side", name(o.side)).d("price", t.price).d("quantity", t.qty);
  out.d("fee", t.fee).s("fee_asset", t.fee_asset).s("liquidity", t.maker ? "maker" : "taker").n("time_ms", t.time.us / 1000);
  return out.str();
}

class Control final : public Api {
 public:
  explicit Control(Site& site) : site_(site) {}
  bool owns(const HttpRequest& r) const override { return r.path.rfind("/control/", 0) == 0; }
  Venue venue_of(const HttpRequest&) const override { return Venue::MexcSpot; }
  std::string what(const HttpRequest&) const override { return "control"; }
  HttpReply failure(int status) const override { return {status, "{}", {}}; }
  Upgrade upgrade(const HttpRequest&) override { return {nullptr, 0, {404, "", {}, ""}}; }

  HttpReply handle(const HttpRequest& r) override {
    const std::string verb = r.method + " " + r.path.substr(9);
    if (verb == "GET ledger") return {200, ledger(), {}};
    if (verb == "GET faults") return {200, site_.faults.left(), {}};
    const auto body = Json::parse(r.body);
    if (r.method != "POST" || !body || !body->is(Json::Kind::Object)) return wrong("POST with a JSON object");
    if (verb == "POST faults") return answer(faults(*body));
    if (verb == "POST settings") return answer(site_.exchange.settings().apply(*body));
    if (verb == "POST latency") return answer(latency(*body));
    if (verb == "POST halt") return answer(halt(*body));
    if (verb == "POST book") return answer(book(*body));
    if (verb == "POST funding") return answer(funding(*body));
    if (verb == "POST funding_terms") return answer(funding_terms(*body));
    if (verb == "POST end_order") return answer(end_order(*body));
    return {404, R"({"error":"no such control"})", {}};
  }

 private:
  static HttpReply wrong(const std::string& why) { return {400, Obj().s("error", why).str(), {}}; }
  static HttpReply answer(const std::string& why) { return why.empty() ? HttpReply{200, R"({"ok":true})", {}} : wrong(why); }

  std::string ledger() {
    Arr orders;
    Arr trades;
    Obj balances;
    Obj positions;
    for (const Venue v : kVenues) {
      const Account& a = site_.exchange.account(v);
      for (const Order& o : a.orders) orders.raw(ledger_order(o));
      for (const Trade& t : a.trades) trades.raw(ledger_trade(t));
      Obj assets;
      for (const auto& [asset, total] : a.total) {
        const BalanceView b = site_.exchange.balance(v, asset);
        assets.raw(asset, Obj().d("total", b.total).d("locked", b.locked).d("margin", b.margin).d("free", b.free()).str());
      }
      balances.raw(short_venue(v), assets.str());
    }
    for (const Market* m : site_.exchange.markets(Venue::GateioFutures)) {
      const sim::VenueTruth& t = m->sim.truth();
      if (!m->traded) continue;
      positions.raw(m->name, Obj().d("quantity", t.position).d("cost", t.position_cost).d("realised", t.realised).d("funding", t.funding).str());
    }
    auto& counted = site_.exchange.counters();
    for (const char* key : {"requests", "bad_signatures", "bad_timestamps", "filter_violations", "rate_limit_breaches", "duplicate_orders", "protocol_errors",
                            "unknown_paths", "ws_connections", "ws_refusals", "refused_orders", "expired_requests", "logins"}) {
      counted[key];  // told even while it is zero
    }
    Obj counters;
    for (const auto& [key, n] : counted) counters.n(key, n);
    Arr marks;
    for (const Site::Mark& m : site_.marks) marks.raw(Obj().n("time_us", m.time.us).s("what", m.what).s("venue", name(m.venue)).s("detail", m.detail).str());
    Obj out;
    out.raw("marks", marks.str());
    out.raw("orders", orders.str()).raw("trades", trades.str()).raw("balances", balances.str()).raw("positions", positions.str());
    return out.raw("counters", counters.str()).str();
  }

  std::string faults(const Json& body) {
    if (body.truth("clear")) {
      site_.faults.clear();
      return "";
    }
    std::vector<Fault> now;
    std::string wrong = site_.faults.add(body, now);
    for (const Fault& f : now) {
      for (const auto& stream : site_.live(f.venue)) act(f, *stream);
    }
    return wrong;
  }

  static void act(const Fault& f, Stream& stream) {
    if (f.fault == "drop_stream") stream.connection()->reset();
    if (f.fault == "stall_stream") stream.connection()->stall(std::chrono::steady_clock::now() + std::chrono::milliseconds(f.ms));
    if (f.fault == "upgrade_notice") stream.upgrade_notice();
  }

  std::string latency(const Json& body) {
    const std::int64_t ms = body.whole("ms", -1);
    if (ms < 0) return "ms is a whole number, at least 0";
    site_.exchange.settings().latency_ms = ms;
    return "";
  }

  Market* market_of(const Json& body, Venue otherwise) { return site_.exchange.market(venue_from(body.str("venue")).value_or(otherwise), body.str("symbol")); }

  std::string halt(const Json& body) {
    Market* m = market_of(body, Venue::MexcSpot);
    if (m == nullptr) return "venue and symbol name no market";
    const std::string status = body.str("status");
    if (status != "trading" && status != "halted" && status != "reduce_only") return "status: trading, halted or reduce_only";
    site_.exchange.halt(*m, status == "trading" ? TradingStatus::Trading : status == "halted" ? TradingStatus::Halted : TradingStatus::ReduceOnly);
    return "";
  }

  static std::optional<std::vector<sim::Level>> levels(const Json* rows) {
    std::vector<sim::Level> out;
    if (rows == nullptr || !rows->is(Json::Kind::Array)) return std::nullopt;
    for (const Json& row : rows->items) {
      const auto price = row.items.size() == 2 ? decimal_from(row.items[0].text) : std::nullopt;
      const auto qty = row.items.size() == 2 ? decimal_from(row.items[1].text) : std::nullopt;
      if (!price || !qty) return std::nullopt;
      out.push_back({Price(*price), Qty(*qty)});
    }
    return out;
  }

  // A market that somebody else makes: also one that no sane venue shows.
  std::string book(const Json& body) {
    Market* m = market_of(body, Venue::MexcSpot);
    if (m == nullptr) return "venue and symbol name no market";
    if (body.truth("free")) {
      site_.exchange.pin(*m, std::nullopt);
      return "";
    }
    auto bids = levels(body.find("bids"));
    auto asks = levels(body.find("asks"));
    if (!bids || !asks) return "bids and asks are lists of [price, quantity], both as text, the best first; or free is true";
    site_.exchange.pin(*m, sim::Book{std::move(*bids), std::move(*asks)});
    return "";
  }

  std::string funding(const Json& body) {
    Market* m = market_of(body, Venue::GateioFutures);
    const auto rate = decimal_from(body.str("rate"));
    if (m == nullptr || !m->is_futures() || !rate) return "symbol names a contract, rate is a fraction";
    site_.exchange.settle_funding(*m, Rate(*rate));
    return "";
  }

  // What the contract tells of its next settlement; nothing is settled.
  std::string funding_terms(const Json& body) {
    Market* m = market_of(body, Venue::GateioFutures);
    const auto rate = decimal_from(body.str("rate"));
    const std::int64_t interval = body.whole("interval", 28800);
    const std::int64_t next = body.whole("in", 0);
    if (m == nullptr || !m->is_futures() || !rate || interval < 1 || next < 0)
      return "symbol names a contract, rate is a fraction, interval and in are seconds";
    const Time at = next == 0 ? Time{} : site_.exchange.venue_now() + Dur::seconds(next);
    m->funding = {Rate(*rate), Dur::seconds(interval), Time{at.us / 1'000'000 * 1'000'000}};
    return "";
  }

  // The venue itself ends an order.
  std::string end_order(const Json& body) {
    const auto venue = venue_from(body.str("venue"));
    Order* o = venue ? site_.exchange.find(*venue, body.str("id")) : nullptr;
    if (o == nullptr && venue) o = site_.exchange.find_client(*venue, body.str("id"));
    return o != nullptr && site_.exchange.cancel(*o, body.has("finish_as") ? body.str("finish_as") : "cancelled") ? "" : "no such open order";
  }

  Site& site_;
};

}  // namespace

std::unique_ptr<Api> control_api(Site& site) { return std::make_unique<Control>(site); }

}  // namespace dn::exchange
