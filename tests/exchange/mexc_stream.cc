// MEXC's WebSocket: text to control it, protobuf for data.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "book_change.h"
#include "digest.h"
#include "mexc.h"
#include "mexc_push.h"

namespace dn::exchange {
namespace {

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
    for (MexcTopic& t : topics_) {
      if (t.market == &m && t.follows_books()) pace(t);
    }
  }
  void on_deal(const Market& m, const PublicDeal& d) override {
    for (MexcTopic& t : topics_) {
      if (t.kind == MexcTopic::Kind::Minis) pace(t);
      if (t.market != &m) continue;
      if (t.follows_deals()) pace(t);
      if (t.kind == MexcTopic::Kind::Deals) send(t, MexcBody::AggreDeals, mexc_deal_bytes(d, t));
    }
  }
  void on_order(const Order& o, OrderChange) override { send_private(kOrdersTopic, o.market->name, Time{}, MexcBody::Orders, mexc_order_bytes(o)); }
  void on_trade(const Trade& d) override { send_private(kDealsTopic, d.order->market->name, Time{}, MexcBody::Deals, mexc_my_deal_bytes(d)); }
  void on_balance(const BalanceChange& c) override {
    const Time now = site_.exchange.venue_now();
    send_private(kAccountTopic, "", now, MexcBody::Account, mexc_account_bytes(c, now));
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

  MexcTopic* topic(std::string_view name) {
    const auto at = std::find_if(topics_.begin(), topics_.end(), [&](const MexcTopic& t) { return t.name == name; });
    return at == topics_.end() ? nullptr : &*at;
  }

  // nullopt: not a topic that this connection may have.
  std::optional<MexcTopic> read_topic(const std::string& name) {
    auto t = mexc_topic(site_.exchange, name);
    if (!t || (t->is_private() && !counted_)) return std::nullopt;
    if (t->kind == MexcTopic::Kind::AggreDepth) {
      t->book = t->market->sim.book();
      t->version = t->market->version;
    }
    return t;
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
      site_.mark("prices", venue(), good);
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
      topics_.erase(std::remove_if(topics_.begin(), topics_.end(), [&](const MexcTopic& t) { return t.name == p.text; }), topics_.end());
      gone += (gone.empty() ? "" : ",") + p.text;
    }
    answer(json.whole("id", 0), gone);
  }

  // Pushes now, or when the topic's pause is over.
  void pace(MexcTopic& t) {
    if (t.due) return;
    const Time now = site_.exchange.now();
    if (now >= t.last + t.pause) {
      flush(t);
      return;
    }
    t.due = true;
    site_.after(t.last + t.pause - now, [weak = weak_from_this(), name = t.name] {
      const auto self = std::static_pointer_cast<MexcStream>(weak.lock());
      MexcTopic* later = self && self->is_open() ? self->topic(name) : nullptr;
      if (later == nullptr) return;
      later->due = false;
      self->flush(*later);
    });
  }

  void flush(MexcTopic& t) {
    const Time now = site_.exchange.now();
    switch (t.kind) {
      case MexcTopic::Kind::Kline: send(t, MexcBody::Kline, mexc_kline_bytes(t.market->candles.current(t.period, now), t)); break;
      case MexcTopic::Kind::Mini: send(t, MexcBody::MiniTicker, mexc_mini_bytes(*t.market, now)); break;
      case MexcTopic::Kind::Minis: send(t, MexcBody::MiniTickers, minis(now)); break;
      case MexcTopic::Kind::Depth: send(t, MexcBody::LimitDepths, mexc_depth_bytes(*t.market, t.levels)); break;
      case MexcTopic::Kind::AggreDepth: flush_changes(t); break;
      default: flush_top(t);
    }
  }

  // Only what changes is pushed.
  void flush_top(MexcTopic& t) {
    const auto top = t.market->sim.top();
    if (!top) return;
    const std::string told = top->bid.str() + " " + top->bid_qty.str() + " " + top->ask.str() + " " + top->ask_qty.str();
    if (std::exchange(t.told, told) == told) return;
    if (t.kind == MexcTopic::Kind::TickerBatch) return send(t, MexcBody::BookTickerBatch, mexc_ticker_batch_bytes(*t.market, *top));
    send(t, MexcBody::AggreBookTicker, mexc_book_ticker_bytes(*t.market, *top));
  }

  // A push begins behind the version where the one before it ended.
  void flush_changes(MexcTopic& t) {
    const sim::Book& now = t.market->sim.book();
    const sim::Book change = book_change(t.book, now, std::max({t.book.bids.size(), t.book.asks.size(), now.bids.size(), now.asks.size()}));
    if (is_empty(change)) return;
    send(t, MexcBody::AggreDepths, mexc_aggre_depth_bytes(*t.market, change, t));
    t.book = now;
    t.version = t.market->version;
  }

  std::string minis(Time now) {
    std::string out;
    protozero::pbf_writer w(out);
    for (const Market* m : site_.exchange.markets(Venue::MexcSpot)) w.add_message(1, mexc_mini_bytes(*m, now));
    return out;
  }

  void send(MexcTopic& t, MexcBody tag, const std::string& body) {
    t.last = quiet_since_ = site_.exchange.now();
    MexcWrapper about{t.name, t.market != nullptr ? std::string_view(t.market->name) : std::string_view(), "", Time{}, site_.exchange.venue_now()};
    // A kline names its symbol by an id too, and tells when it was made instead of when it was sent.
    std::string id;
    if (t.kind == MexcTopic::Kind::Kline) {
      id = sha512(t.market->name).substr(0, 32);
      about.symbol_id = id;
      about.created = std::exchange(about.sent, Time{});
    }
    push(WsMessage::Kind::Binary, mexc_wrapped(about, tag, body), t.is_private());
  }

  void send_private(std::string_view name, std::string_view symbol, Time created, MexcBody tag, const std::string& body) {
    const MexcTopic* t = topic(name);
    if (t == nullptr) return;
    quiet_since_ = site_.exchange.now();
    push(WsMessage::Kind::Binary, mexc_wrapped({name, symbol, "", created, site_.exchange.venue_now()}, tag, body), true);
  }

  ListenKeys& keys_;
  std::string listen_key_;
  bool counted_ = false;
  std::vector<MexcTopic> topics_;
  Time opened_;
  Time quiet_since_;
};

}  // namespace

std::shared_ptr<Stream> mexc_stream(Site& site, ListenKeys& keys, const std::string& listen_key) {
  return std::make_shared<MexcStream>(site, keys, listen_key);
}

}  // namespace dn::exchange
