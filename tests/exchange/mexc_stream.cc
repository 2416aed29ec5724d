// MEXC's WebSocket: text to control it, protobuf for data.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <protozero/pbf_writer.hpp>

#include "mexc.h"

namespace dn::exchange {
namespace {

using protozero::pbf_tag_type;
using protozero::pbf_writer;

constexpr std::string_view kOrdersTopic = "spot@private.orders.v3.api.pb";
constexpr std::string_view kDealsTopic = "spot@private.deals.v3.api.pb";
constexpr std::string_view kAccountTopic = "spot@private.account.v3.api.pb";

std::int64_t ms(Time t) { return t.us / 1000; }

// PushDataV3ApiWrapper around a body; the private account's names no symbol but a time of creation.
std::string wrapped(std::string_view channel, std::string_view symbol, Time created, Time sent, pbf_tag_type tag, const std::string& body) {
  std::string out;
  pbf_writer w(out);
  w.add_string(1, channel.data(), channel.size());
  if (!symbol.empty()) w.add_string(3, symbol.data(), symbol.size());
  if (created.us != 0) w.add_int64(5, ms(created));
  w.add_int64(6, ms(sent));
  w.add_message(tag, body);
  return out;
}

// proto3: what is empty or zero is not written.
void put(pbf_writer& w, pbf_tag_type tag, const std::string& text) {
  if (!text.empty()) w.add_string(tag, text);
}

std::string level_bytes(const sim::Level& l, int price_places) {
  std::string out;
  pbf_writer w(out);
  put(w, 1, l.price.decimal().str_padded(price_places));
  put(w, 2, l.qty.str());
  return out;
}

std::string book_ticker_bytes(const Market& m, const TopOfBook& top) {
  std::string out;
  pbf_writer w(out);
  put(w, 1, top.bid.str());
  put(w, 2, top.bid_qty.str());
  put(w, 3, top.ask.str());
  put(w, 4, top.ask_qty.str());
  put(w, 5, std::to_string(m.version));
  w.add_int64(6, ms(m.book_time));
  return out;
}

std::string depth_bytes(const Market& m, std::size_t levels) {
  std::string out;
  pbf_writer w(out);
  for (const bool asks : {true, false}) {
    const auto& side = asks ? m.sim.book().asks : m.sim.book().bids;
    for (std::size_t i = 0; i < std::min(levels, side.size()); ++i) w.add_message(asks ? 1 : 2, level_bytes(side[i], m.price_places));
  }
  put(w, 3, "spot@public.limit.depth.v3.api.pb");
  put(w, 4, std::to_string(m.version));
  w.add_int64(5, ms(m.book_time));
  return out;
}

std::string deals_bytes(const PublicDeal& d, const std::string& event) {
  std::string deal;
  pbf_writer w(deal);
  put(w, 1, d.trade.price.str());
  put(w, 2, d.trade.qty.str());
  w.add_int32(3, d.trade.taker == Side::Buy ? 1 : 2);
  w.add_int64(4, ms(d.time));
  put(w, 5, fmt::format("{}X1", d.number));
  std::string out;
  pbf_writer all(out);
  all.add_message(1, deal);
  put(all, 2, event);
  return out;
}

int status_code(const Order& o) {
  if (o.open) return o.filled.is_zero() ? 1 : 3;
  return o.left().is_zero() ? 2 : o.filled.is_zero() ? 4 : 5;
}

int type_code(ListedType t) {
  constexpr std::array kCodes{1, 2, 3, 4, 5};
  return kCodes[static_cast<std::size_t>(t)];
}

std::string order_bytes(const Order& o) {
  const bool market = o.type == ListedType::Market;
  const Money left = market && o.side == Side::Sell ? Money{} : o.price * o.qty - o.filled_quote;
  std::string out;
  pbf_writer w(out);
  put(w, 1, o.id);
  put(w, 2, o.client_id);
  put(w, 3, o.price.str());
  put(w, 4, o.qty.str());
  put(w, 5, o.by_quote ? o.amount.str() : market ? "0" : (o.price * o.qty).str());
  put(w, 6, o.average().decimal().rounded(o.market->price_places + 2, Rounding::HalfUp).str());
  w.add_int32(7, type_code(o.type));
  w.add_int32(8, o.side == Side::Buy ? 1 : 2);
  if (o.maker_last) w.add_bool(9, true);
  put(w, 10, (market ? left : o.price * o.left()).str());
  put(w, 11, o.left().str());
  if (!o.last_fill.is_zero()) put(w, 12, o.last_fill.str());
  put(w, 13, o.filled.str());
  put(w, 14, o.filled_quote.str());
  w.add_int32(15, status_code(o));
  w.add_int64(16, ms(o.created));
  return out;
}

std::string deal_bytes(const Trade& t) {
  const Order& o = *t.order;
  std::string out;
  pbf_writer w(out);
  put(w, 1, t.price.str());
  put(w, 2, t.qty.str());
  put(w, 3, (t.price * t.qty).str());
  w.add_int32(4, o.side == Side::Buy ? 1 : 2);
  if (t.maker) w.add_bool(5, true);
  put(w, 7, stream_trade_id(t));
  put(w, 8, o.client_id);
  put(w, 9, o.id);
  put(w, 10, t.fee.str());
  put(w, 11, t.fee_asset);
  w.add_int64(12, ms(t.time));
  return out;
}

std::string account_bytes(const BalanceChange& c, Time now) {
  std::string out;
  pbf_writer w(out);
  put(w, 1, c.asset);
  put(w, 2, "coin-" + c.asset);
  put(w, 3, c.now.free().str());
  put(w, 4, (c.change - c.locked_change).str());
  put(w, 5, c.now.locked.str());
  put(w, 6, c.locked_change.str());
  put(w, 7, c.kind == "place" ? "ENTRUST_PLACE" : c.kind == "fill" ? "ENTRUST" : "ENTRUST_CANCEL");
  w.add_int64(8, ms(now));
  return out;
}

struct Topic {
  enum class Kind : std::uint8_t { Ticker, Depth, Deals, Orders, MyDeals, Account };
  std::string name;
  Kind kind = Kind::Ticker;
  const Market* market = nullptr;  // of public topics
  Dur pause;                       // between two pushes
  std::size_t levels = 0;
  Time last;
  bool due = false;
  std::string told;  // the top that was last pushed
};

class MexcStream final : public Stream {
 public:
  MexcStream(Site& site, ListenKeys& keys, std::string listen_key) : Stream(site, Venue::MexcSpot), keys_(keys), listen_key_(std::move(listen_key)) {}

  void text(const std::string& message) override {
    if (!site_.limits.take(fmt::format("mexc ws {}", static_cast<const void*>(this)), 100, Dur::seconds(1), site_.exchange.now()).good) {
      connection()->close(1008, "too many messages");
      return;
    }
    const auto json = Json::parse(message);
    if (!json || !json->is(Json::Kind::Object)) {
      answer(0, "msg format invalid");
      return;
    }
    const std::string method = json->str("method");
    if (method == "PING" || method == "ping") {
      quiet_since_ = site_.exchange.now();
      answer(0, "PONG");
    } else if (method == "SUBSCRIPTION") {
      subscribe(*json);
    } else if (method == "UNSUBSCRIPTION") {
      unsubscribe(*json);
    } else {
      answer(0, "no handler");
    }
  }
  void binary() override { connection()->close(1003, "text only"); }

  void closed() override {
    const auto at = keys_.live.find(listen_key_);
    if (counted_ && at != keys_.live.end()) --at->second.connections;
    counted_ = false;
    Stream::closed();
  }

  void tick(Time now) override {
    const Settings& s = site_.exchange.settings();
    if (!listen_key_.empty()) {
      keys_.drop_expired(now);
      if (keys_.live.count(listen_key_) == 0) return connection()->close(1000, "listen key expired");
    }
    if (topics_.empty() && now > opened_ + Dur::seconds(s.mexc_ws_unused_s)) return connection()->close(1000, "no subscription");
    if (now > quiet_since_ + Dur::seconds(s.mexc_ws_quiet_s)) return connection()->close(1000, "no data");
    if (now > opened_ + Dur::seconds(s.mexc_ws_life_s)) return connection()->close(1000, "a day has passed");
  }

  void on_book(const Market& m) override {
    for (Topic& t : topics_) {
      if (t.market == &m && (t.kind == Topic::Kind::Ticker || t.kind == Topic::Kind::Depth)) pace(t);
    }
  }
  void on_deal(const Market& m, const PublicDeal& d) override {
    for (const Topic& t : topics_) {
      if (t.market == &m && t.kind == Topic::Kind::Deals) send(t, m.name, Time{}, 314, deals_bytes(d, "spot@public.aggre.deals.v3.api.pb"));
    }
  }
  void on_order(const Order& o, OrderChange) override {
    if (const Topic* t = topic(kOrdersTopic)) send(*t, o.market->name, Time{}, 304, order_bytes(o));
  }
  void on_trade(const Trade& d) override {
    if (const Topic* t = topic(kDealsTopic)) send(*t, d.order->market->name, Time{}, 306, deal_bytes(d));
  }
  void on_balance(const BalanceChange& c) override {
    const Time now = site_.exchange.venue_now();
    if (const Topic* t = topic(kAccountTopic)) send(*t, "", now, 307, account_bytes(c, now));
  }

 protected:
  void started() override {
    opened_ = quiet_since_ = site_.exchange.now();
    if (listen_key_.empty()) return;
    keys_.drop_expired(opened_);
    const auto at = keys_.live.find(listen_key_);
    if (at == keys_.live.end() || at->second.connections >= 5) {
      say("Invalid listen key");
      connection()->close(1008, "Invalid listen key");
      return;
    }
    ++at->second.connections;
    counted_ = true;
  }

 private:
  void answer(std::int64_t id, std::string_view msg) { say(Obj().n("id", id).n("code", 0).s("msg", msg).str()); }

  Topic* topic(std::string_view name) {
    const auto at = std::find_if(topics_.begin(), topics_.end(), [&](const Topic& t) { return t.name == name; });
    return at == topics_.end() ? nullptr : &*at;
  }

  // nullopt: not a topic that this connection may have.
  std::optional<Topic> read_topic(const std::string& name) {
    Topic t;
    t.name = name;
    if (name == kOrdersTopic || name == kDealsTopic || name == kAccountTopic) {
      t.kind = name == kOrdersTopic ? Topic::Kind::Orders : name == kDealsTopic ? Topic::Kind::MyDeals : Topic::Kind::Account;
      return counted_ ? std::optional(t) : std::nullopt;
    }
    const auto rest_after = [&](std::string_view prefix) { return name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : std::string(); };
    std::string rest = rest_after("spot@public.limit.depth.v3.api.pb@");
    if (!rest.empty()) {
      t.kind = Topic::Kind::Depth;
      const auto at = rest.find('@');
      const std::string levels = at == std::string::npos ? "" : rest.substr(at + 1);
      if (levels != "5" && levels != "10" && levels != "20") return std::nullopt;
      t.levels = static_cast<std::size_t>(*whole_from(levels));
      t.market = site_.exchange.market(Venue::MexcSpot, rest.substr(0, at));
      return t.market != nullptr ? std::optional(t) : std::nullopt;
    }
    rest = rest_after("spot@public.aggre.bookTicker.v3.api.pb@");
    if (rest.empty()) {
      t.kind = Topic::Kind::Deals;
      rest = rest_after("spot@public.aggre.deals.v3.api.pb@");
    }
    const auto at = rest.find('@');
    const std::string pause = rest.substr(0, at);
    if (at == std::string::npos || (pause != "100ms" && pause != "10ms")) return std::nullopt;
    t.pause = Dur::millis(pause == "10ms" ? 10 : 100);
    t.market = site_.exchange.market(Venue::MexcSpot, rest.substr(at + 1));
    return t.market != nullptr ? std::optional(t) : std::nullopt;
  }

  void subscribe(const Json& json) {
    std::string good;
    std::string bad;
    const Json* params = json.find("params");
    for (const Json& p : params != nullptr ? params->items : std::vector<Json>()) {
      auto t = topics_.size() < 30 || topic(p.text) != nullptr ? read_topic(p.text) : std::nullopt;
      std::string& list = t ? good : bad;
      list += (list.empty() ? "" : ",") + p.text;
      if (t && topic(p.text) == nullptr) topics_.push_back(std::move(*t));
    }
    // A refusal is no error to MEXC: only the text tells.
    if (bad.empty() && !good.empty()) {
      answer(json.whole("id", 0), good);
    } else {
      site_.exchange.count("ws_refusals");
      answer(json.whole("id", 0), "Not Subscribed successfully! [" + bad + "].  Reason\xEF\xBC\x9A Blocked! ");
    }
  }

  void unsubscribe(const Json& json) {
    std::string gone;
    const Json* params = json.find("params");
    for (const Json& p : params != nullptr ? params->items : std::vector<Json>()) {
      topics_.erase(std::remove_if(topics_.begin(), topics_.end(), [&](const Topic& t) { return t.name == p.text; }), topics_.end());
      gone += (gone.empty() ? "" : ",") + p.text;
    }
    answer(json.whole("id", 0), gone);
  }

  // Pushes now, or when the topic's pause is over.
  void pace(Topic& t) {
    if (t.due) return;
    const Time now = site_.exchange.now();
    if (now >= t.last + t.pause) {
      flush(t);
      return;
    }
    t.due = true;
    site_.after(t.last + t.pause - now, [weak = weak_from_this(), name = t.name] {
      const auto self = std::static_pointer_cast<MexcStream>(weak.lock());
      Topic* later = self && self->is_open() ? self->topic(name) : nullptr;
      if (later == nullptr) return;
      later->due = false;
      self->flush(*later);
    });
  }

  void flush(Topic& t) {
    const auto top = t.market->sim.top();
    if (!top) return;
    if (t.kind == Topic::Kind::Depth) {
      t.last = site_.exchange.now();
      send(t, t.market->name, Time{}, 303, depth_bytes(*t.market, t.levels));
      return;
    }
    const std::string told = top->bid.str() + " " + top->bid_qty.str() + " " + top->ask.str() + " " + top->ask_qty.str();
    if (told == t.told) return;  // only what changes is pushed
    t.told = told;
    t.last = site_.exchange.now();
    send(t, t.market->name, Time{}, 315, book_ticker_bytes(*t.market, *top));
  }

  void send(const Topic& t, std::string_view symbol, Time created, pbf_tag_type tag, const std::string& body) {
    quiet_since_ = site_.exchange.now();
    push(WsMessage::Kind::Binary, wrapped(t.name, symbol, created, site_.exchange.venue_now(), tag, body), t.market == nullptr);
  }

  ListenKeys& keys_;
  std::string listen_key_;
  bool counted_ = false;
  std::vector<Topic> topics_;
  Time opened_;
  Time quiet_since_;
};

}  // namespace

std::shared_ptr<Stream> mexc_stream(Site& site, ListenKeys& keys, const std::string& listen_key) {
  return std::make_shared<MexcStream>(site, keys, listen_key);
}

}  // namespace dn::exchange
