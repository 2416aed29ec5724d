// Gate's WebSockets: subscriptions, pushes, and the door to the trading API.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "digest.h"
#include "gate.h"
#include "gate_feeds.h"

namespace dn::exchange {
namespace {

std::string with_tail(std::string object, const std::string& members) { return gate_with(std::move(object), members); }

class GateStream final : public Stream {
 public:
  GateStream(Gate& gate, Venue venue, bool decimal_sizes)
      : Stream(gate.site, venue),
        futures_(venue == Venue::GateioFutures),
        prefix_(futures_ ? "futures." : "spot."),
        decimal_sizes_(!futures_ || decimal_sizes),
        connection_id_(sha512(fmt::format("{} conn {}", gate.site.gate.key, gate.site.exchange.next_number())).substr(0, 16)),
        api_(gate, venue, decimal_sizes, connection_id_),
        feeds_(gate.site, venue, decimal_sizes,
               [this](const std::string& what, const std::string& result, const char* event) { update(what, result, false, event); }) {}

  void text(const std::string& message) override {
    const auto json = Json::parse(message);
    if (!json || !json->is(Json::Kind::Object)) {
      say(Obj().n("time", seconds()).s("channel", "").s("event", "").raw("error", R"({"code":1,"message":"invalid request body"})").null("result").str());
      return;
    }
    const std::string channel = json->str("channel");
    const std::string event = json->str("event");
    if (channel == prefix_ + "ping") {
      say(Obj().n("time", seconds()).n("time_ms", millis()).s("channel", prefix_ + "pong").s("event", "").null("error").null("result").str());
    } else if (event == "api") {
      const std::weak_ptr<Stream> weak = weak_from_this();
      api_.request(
          *json, [weak](const std::string& text) { with(weak, [&](GateStream& s) { s.say(text); }); },
          [weak] { with(weak, [](GateStream& s) { s.connection()->reset(); }); });
    } else if (event == "subscribe" || event == "unsubscribe") {
      subscription(*json, channel, event);
    } else {
      fail(*json, channel, event, 1, "unknown event " + event);
    }
  }
  void binary() override { connection()->close(1003, "text only"); }
  void pong() override { unanswered_ = 0; }

  void tick(Time now) override {
    if (now >= next_ping_) {
      next_ping_ = now + Dur::seconds(std::max<std::int64_t>(1, site_.exchange.settings().gate_ping_s));
      if (++unanswered_ > 2) return connection()->close(1000, "no pong");
      connection()->send_ping();
    }
    if (now < next_ticker_) return;
    next_ticker_ = now + Dur::seconds(1);
    for (const std::string& name : wanted("tickers")) {
      const Market* m = site_.exchange.market(venue(), name);
      const std::string ticker =
          futures_ ? "[" + gate_futures_ticker(*m, site_.exchange.now(), decimal_sizes_) + "]" : gate_spot_ticker(*m, site_.exchange.now());
      update("tickers", ticker, false);
    }
  }

  void upgrade_notice() override { say(R"({"type":"upgrade","msg":"The connection will soon be closed for a service upgrade. Please reconnect."})"); }

  void on_book(const Market& m) override {
    const auto top = m.sim.top();
    if (wants("book_ticker", m.name) && top) {
      const std::string told = top->bid.str() + " " + top->bid_qty.str() + " " + top->ask.str() + " " + top->ask_qty.str();
      if (std::exchange(told_[m.name], told) != told) {
        Obj o;
        o.n("t", millis()).n("u", m.version).s("s", m.name).d("b", top->bid).raw("B", size(m, top->bid_qty)).d("a", top->ask).raw("A", size(m, top->ask_qty));
        update("book_ticker", o.str(), false);
      }
    }
    feeds_.on_book(m);
  }

  void on_deal(const Market& m, const PublicDeal& d) override {
    feeds_.on_deal(m);
    if (!wants("trades", m.name)) return;
    Obj o;
    o.n("id", d.number).n("create_time", d.time.us / 1'000'000);
    if (futures_) {
      const Decimal contracts = m.contracts(d.trade.qty);
      o.n("create_time_ms", d.time.us / 1000).s("contract", m.name).raw("size", gate_size(d.trade.taker == Side::Buy ? contracts : -contracts, decimal_sizes_));
      update("trades", "[" + o.d("price", d.trade.price).str() + "]", false);
    } else {
      o.n("id_market", d.number).s("create_time_ms", fmt::format("{}.{:03}", d.time.us / 1000, d.time.us % 1000)).s("side", name(d.trade.taker));
      o.s("currency_pair", m.name).d("amount", d.trade.qty).d("price", d.trade.price).s("range", fmt::format("{}-{}", d.number, d.number));
      update("trades", o.str(), false);
    }
  }

  void on_order(const Order& o, OrderChange change) override {
    const std::string& uid = site_.gate.uid;
    for (const char* channel : {"orders", "orders_v2"}) {
      if (!wants_private(channel, o.market->name)) continue;
      const bool fees = std::string_view(channel) == "orders";
      update(channel, "[" + (futures_ ? gate_futures_order(o, OrderShape::Push, decimal_sizes_, uid) : gate_spot_push(o, change, uid, fees)) + "]", true);
    }
  }

  void on_trade(const Trade& t) override {
    const Order& order = *t.order;
    if (futures_ && wants_private("positions", order.market->name)) push_position(*order.market);
    if (futures_ && private_.count("balances") > 0) fees_.emplace_back(fmt::format("{}:{}", order.market->name, t.number), t.fee);
    if (wants_private("usertrades", order.market->name)) update("usertrades", "[" + (futures_ ? futures_trade(t) : spot_trade(t, true)) + "]", true);
    if (wants_private("usertrades_v2", order.market->name)) update("usertrades_v2", "[" + spot_trade(t, false) + "]", true);
  }

  void on_balance(const BalanceChange& c) override {
    if (private_.count("balances") == 0) return;
    if (futures_) return futures_balances(c);
    Obj o;
    o.s("timestamp", std::to_string(seconds())).s("timestamp_ms", std::to_string(millis())).s("user", site_.gate.uid).s("currency", c.asset);
    o.d("change", c.change).d("total", c.now.total).d("available", c.now.free()).d("freeze", c.now.locked).d("freeze_change", c.locked_change);
    o.s("change_type", c.kind == "place" ? "order-create" : c.kind == "fill" ? "order-match" : "order-update");
    update("balances", "[" + o.str() + "]", true);
  }

 private:
  template <class Act>
  static void with(const std::weak_ptr<Stream>& weak, const Act& act) {
    const auto self = std::static_pointer_cast<GateStream>(weak.lock());
    if (self && self->is_open()) act(*self);
  }

  std::string futures_trade(const Trade& t) const {
    const Order& order = *t.order;
    const Decimal contracts = order.market->contracts(t.qty);
    Obj o;
    o.s("id", std::to_string(t.number)).n("create_time", t.time.us / 1'000'000).n("create_time_ms", t.time.us / 1000).s("contract", order.market->name);
    o.s("order_id", order.id).raw("size", gate_size(order.side == Side::Buy ? contracts : -contracts, decimal_sizes_)).d("price", t.price);
    return o.s("role", t.maker ? "maker" : "taker").s("text", order.text).raw("fee", t.fee.str()).n("point_fee", 0).str();
  }

  std::string spot_trade(const Trade& t, bool with_fees) const {
    const Order& order = *t.order;
    Obj o;
    o.n("id", t.number).raw("user_id", site_.gate.uid).s("order_id", order.id).s("currency_pair", order.market->name).n("create_time", t.time.us / 1'000'000);
    o.s("create_time_ms", fmt::format("{}.{:03}", t.time.us / 1000, t.time.us % 1000)).s("side", name(order.side)).d("amount", t.qty);
    o.s("role", t.maker ? "maker" : "taker").d("price", t.price);
    if (with_fees) gate_spot_fee(o, t);
    return o.s("text", order.text).n("id_market", t.number).s("amend_text", order.amend_text).s("biz_info", "-").str();
  }

  std::int64_t seconds() const { return site_.exchange.venue_now().us / 1'000'000; }
  std::int64_t millis() const { return site_.exchange.venue_now().us / 1000; }
  std::string size(const Market& m, Qty qty) const { return futures_ ? gate_size(m.contracts(qty), decimal_sizes_) : quoted(qty.str()); }
  static bool is_private(const std::string& what) {
    return what == "orders" || what == "usertrades" || what == "balances" || what == "positions" || what == "orders_v2" || what == "usertrades_v2";
  }
  bool is_known(const std::string& what) const {
    if (what == "positions") return futures_;
    if (what == "orders_v2" || what == "usertrades_v2") return !futures_;
    return what == "book_ticker" || what == "tickers" || what == "trades" || GateFeeds::owns(what) || is_private(what);
  }

  bool wants(const std::string& what, const std::string& symbol) const {
    const auto at = public_.find(what);
    return at != public_.end() && at->second.count(symbol) > 0;
  }
  bool wants_private(const std::string& what, const std::string& symbol) const {
    const auto at = private_.find(what);
    return at != private_.end() && (at->second.count("!all") > 0 || at->second.count(symbol) > 0);
  }
  std::set<std::string> wanted(const std::string& what) const {
    const auto at = public_.find(what);
    return at == public_.end() ? std::set<std::string>() : at->second;
  }

  void update(const std::string& what, const std::string& result, bool is_private, const char* event = "update") {
    Obj o;
    o.n("time", seconds()).n("time_ms", millis()).s("channel", prefix_ + what).s("event", event).raw("result", result);
    push(WsMessage::Kind::Text, o.str(), is_private);
  }

  // Each fee is a movement of its own, then comes what the trades gained or lost.
  void futures_balances(const BalanceChange& c) {
    Decimal balance = c.now.total - c.change;
    Decimal rest = c.change;
    const auto row = [&](const Decimal& change, const char* type, const std::string& text) {
      balance += change;
      rest -= change;
      Obj o;
      o.raw("balance", balance.str()).raw("change", change.str()).s("text", text).n("time", seconds()).n("time_ms", millis());
      update("balances", "[" + o.s("type", type).s("user", site_.gate.uid).s("currency", "usdt").str() + "]", true);
    };
    for (const auto& [text, fee] : std::exchange(fees_, {})) row(-fee, "fee", text);
    if (!rest.is_zero()) row(Decimal(rest), c.kind == "fund" ? "fund" : "pnl", "");
  }

  void push_position(const Market& m) {
    const sim::VenueTruth& t = m.sim.truth();
    const Decimal held = t.position.is_negative() ? -m.contracts(t.position.abs()) : m.contracts(t.position);
    const std::string entry = t.position.is_zero() ? "0" : average_price(t.position_cost, t.position).str();
    Obj o;
    o.s("contract", m.name).n("cross_leverage_limit", m.cross_limit).raw("entry_price", entry).n("history_pnl", 0).n("history_point", 0).n("last_close_pnl", 0);
    o.n("leverage", m.leverage).n("leverage_max", 100).n("liq_price", 0).raw("maintenance_rate", "0.005").n("margin", 0).s("mode", "single");
    o.raw("realised_pnl", t.realised.str()).n("realised_point", 0).n("risk_limit", 500000).raw("size", gate_size(held, decimal_sizes_));
    o.n("time", seconds()).n("time_ms", millis()).s("user", site_.gate.uid).n("update_id", static_cast<std::int64_t>(t.fills.size()));
    update("positions", "[" + o.str() + "]", true);
  }

  // ---- subscriptions

  std::string reply_head(const Json& request, const std::string& channel, const std::string& event) {
    const std::string trace = sha512(fmt::format("{} {}", connection_id_, ++replies_)).substr(0, 32);
    Obj o;
    o.n("time", seconds()).n("time_ms", millis());
    if (request.has("id")) o.raw("id", request.find("id")->raw);
    o.s("conn_id", connection_id_).s("trace_id", trace).s("channel", channel).s("event", event);
    if (request.has("payload")) o.raw("payload", request.find("payload")->raw);
    return o.s("requestId", trace).str();
  }

  void fail(const Json& request, const std::string& channel, const std::string& event, int code, const std::string& message) {
    site_.exchange.count("ws_refusals");
    const std::string error = Obj().n("code", code).s("message", message).str();
    say(with_tail(reply_head(request, channel, event), R"("error":)" + error + R"(,"result":{"status":"fail"})"));
  }

  // "" when the request is signed well, else the venue's error as JSON text.
  std::string check_auth(const Json& request, const std::string& channel, const std::string& event) {
    const auto error = [&](const char* label, const char* message) {
      site_.exchange.count("bad_signatures");
      return Obj().s("label", label).s("message", message).str() + "\n";
    };
    const Json* auth = request.find("auth");
    if (auth == nullptr || auth->str("method") != "api_key") return error("AUTHENTICATION_FAILED", "auth is missing");
    const auto time = whole_from(request.str("time"));
    if (!time || std::abs(*time - seconds()) > 60) return error("REQUEST_EXPIRED", "time is off by more than 60 seconds");
    if (!same(auth->str("KEY"), site_.gate.key)) return error("INVALID_KEY", "Invalid key provided");
    const std::string text = fmt::format("channel={}&event={}&time={}", channel, event, *time);
    return same(hmac_sha512(site_.gate.secret, text), auth->str("SIGN")) ? "" : error("INVALID_SIGNATURE", "Signature mismatch");
  }

  void subscription(const Json& request, const std::string& channel, const std::string& event) {
    const std::string what = channel.rfind(prefix_, 0) == 0 ? channel.substr(prefix_.size()) : "";
    if (!is_known(what)) return fail(request, channel, event, 2, "unknown channel " + channel);
    std::vector<std::string> items;
    if (const Json* payload = request.find("payload")) {
      for (const Json& item : payload->items) items.push_back(item.text);
    }
    bool silent = false;
    if (is_private(what)) {
      if (const std::string error = check_auth(request, channel, event); !error.empty()) return fail(request, channel, event, 4, error);
      if (futures_) {
        if (items.empty()) return fail(request, channel, event, 2, "user id is missing");
        silent = items[0] != site_.gate.uid;  // acknowledged, and never heard of again
        items.erase(items.begin());
      }
      if (what == "balances") items = {"!all"};
    }
    if (items.empty()) return fail(request, channel, event, 2, "payload is empty");
    if (GateFeeds::owns(what)) {
      if (const std::string bad = feeds_.change(what, event, items); !bad.empty()) return fail(request, channel, event, 2, bad);
      say(with_tail(reply_head(request, channel, event), R"("result":{"status":"success"})"));
      if (event == "subscribe") feeds_.begin(what, items);
      return;
    }
    for (const std::string& item : items) {
      if ((item != "!all" || !is_private(what)) && site_.exchange.market(venue(), item) == nullptr) {
        return fail(request, channel, event, 2, futures_ ? "unknown contract " + item : "unknown currency pair: " + item);
      }
    }
    auto& list = is_private(what) ? private_[what] : public_[what];
    for (const std::string& item : items) {
      if (event == "unsubscribe") {
        list.erase(item);
      } else if (!silent) {
        list.insert(item);
        if (!is_private(what)) site_.mark("prices", venue(), item);
      }
    }
    if (list.empty() && is_private(what)) private_.erase(what);
    say(with_tail(reply_head(request, channel, event), R"("result":{"status":"success"})"));
  }

  bool futures_;
  std::string prefix_;
  bool decimal_sizes_;
  std::string connection_id_;
  GateWsApi api_;
  GateFeeds feeds_;
  std::map<std::string, std::set<std::string>> public_;
  std::map<std::string, std::set<std::string>> private_;
  std::map<std::string, std::string> told_;
  std::vector<std::pair<std::string, Decimal>> fees_;  // of trades whose balance is not told yet
  Time next_ping_;
  Time next_ticker_;
  int unanswered_ = 0;
  std::int64_t replies_ = 0;
};

}  // namespace

std::shared_ptr<Stream> gate_stream(Gate& gate, Venue venue, bool decimal_sizes) { return std::make_shared<GateStream>(gate, venue, decimal_sizes); }

}  // namespace dn::exchange
