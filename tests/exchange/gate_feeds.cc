#include "gate_feeds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "book_change.h"

namespace dn::exchange {
namespace {

std::string id_of(const std::string& what, const std::vector<std::string>& items) {
  std::string id = what;
  for (const std::string& item : items) id += " " + item;
  return id;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

bool GateFeeds::owns(const std::string& what) { return what == "order_book" || what == "order_book_update" || what == "obu" || what == "candlesticks"; }

std::string GateFeeds::unknown(const std::string& name) const { return futures() ? "unknown contract " + name : "unknown currency pair: " + name; }

// ---- subscriptions

std::string GateFeeds::read_changes(Feed& f, const std::vector<std::string>& items) const {
  f.kind = Kind::Changes;
  const std::string pace = items.size() > 1 ? items[1] : "";
  if (pace != "20ms" && pace != "100ms") return "invalid interval " + pace;
  f.pause = Dur::millis(pace == "20ms" ? 20 : 100);
  f.label = pace == "20ms" ? "20" : "100";
  if (futures() && items.size() > 2) {
    constexpr std::array<std::string_view, 3> kLevels{"20", "50", "100"};
    if (!is_one_of(kLevels, items[2]) || (pace == "20ms" && items[2] != "20")) return "invalid level " + items[2];
    f.label = items[2];
  }
  f.levels = static_cast<std::size_t>(*whole_from(f.label));
  f.market = site_.exchange.market(venue_, items[0]);
  return f.market == nullptr ? unknown(items[0]) : "";
}

// "ob.BTC_USDT.50"
std::string GateFeeds::read_obu(Feed& f, const std::vector<std::string>& items) const {
  f.kind = Kind::Obu;
  f.label = items[0];
  const auto last = f.label.rfind('.');
  if (f.label.rfind("ob.", 0) != 0 || last < 4) return "invalid payload " + f.label;
  const std::string level = f.label.substr(last + 1);
  if (level != "50" && level != "400") return "invalid level " + level;
  f.levels = static_cast<std::size_t>(*whole_from(level));
  f.pause = Dur::millis(level == "50" ? 20 : 100);
  const std::string name = f.label.substr(3, last - 3);
  f.market = site_.exchange.market(venue_, name);
  return f.market == nullptr ? unknown(name) : "";
}

std::string GateFeeds::read(Feed& f, const std::vector<std::string>& items) const {
  if (f.what == "order_book_update") return read_changes(f, items);
  if (f.what == "obu") return read_obu(f, items);
  if (items.size() < 2) return "invalid payload";
  if (f.what == "candlesticks") {
    f.kind = Kind::Candles;
    const auto period = gate_period(items[0]);
    if (!period) return "invalid interval " + items[0];
    f.period = *period;
    f.label = items[0];
    f.pause = Dur::seconds(2);
    f.market = site_.exchange.market(venue_, items[1]);
    return f.market == nullptr ? unknown(items[1]) : "";
  }
  constexpr std::array<std::string_view, 5> kLevels{"5", "10", "20", "50", "100"};
  constexpr std::array<std::string_view, 4> kPaces{"100ms", "1000ms", "0", ""};
  const std::string pace = items.size() > 2 ? items[2] : "";
  if (!is_one_of(kLevels, items[1]) || !is_one_of(kPaces, pace)) return "invalid payload";
  f.label = items[1];
  f.levels = static_cast<std::size_t>(*whole_from(items[1]));
  f.pause = Dur::millis(pace == "100ms" ? 100 : pace == "1000ms" ? 1000 : 0);
  f.market = site_.exchange.market(venue_, items[0]);
  return f.market == nullptr ? unknown(items[0]) : "";
}

// Several "ob." items are several books; of the other channels a payload names one.
std::string GateFeeds::change(const std::string& what, const std::string& event, const std::vector<std::string>& items) {
  std::vector<Feed> fresh;
  const std::size_t books = what == "obu" ? items.size() : 1;
  for (std::size_t i = 0; i < books; ++i) {
    const std::vector<std::string> own = what == "obu" ? std::vector<std::string>{items[i]} : items;
    Feed& f = fresh.emplace_back();
    f.what = what;
    f.id = id_of(what, own);
    if (std::string bad = read(f, own); !bad.empty()) return bad;
    if (what == "obu" && event == "subscribe" && find(f.id) != nullptr) return "Alert sub " + f.label;
  }
  for (Feed& f : fresh) {
    feeds_.erase(std::remove_if(feeds_.begin(), feeds_.end(), [&](const Feed& old) { return old.id == f.id; }), feeds_.end());
    if (event == "unsubscribe") continue;
    f.book = book_top(f.market->sim.book(), f.levels);
    f.version = f.market->version;
    feeds_.push_back(std::move(f));
  }
  return "";
}

void GateFeeds::begin(const std::string& what, const std::vector<std::string>& items) {
  if (what == "obu") {
    for (const std::string& item : items) {
      Feed* f = find(id_of(what, {item}));
      if (f == nullptr) continue;
      f->version = 0;  // asks for everything
      flush(*f);
    }
    return;
  }
  Feed* f = find(id_of(what, items));
  if (f != nullptr && f->kind != Kind::Changes) flush(*f);
}

GateFeeds::Feed* GateFeeds::find(const std::string& id) {
  const auto at = std::find_if(feeds_.begin(), feeds_.end(), [&](const Feed& f) { return f.id == id; });
  return at == feeds_.end() ? nullptr : &*at;
}

// ---- pushes

void GateFeeds::on_book(const Market& m) {
  for (Feed& f : feeds_) {
    if (f.market == &m && f.kind != Kind::Candles) pace(f);
  }
}

void GateFeeds::on_deal(const Market& m) {
  for (Feed& f : feeds_) {
    if (f.market == &m && f.kind == Kind::Candles) pace(f);
  }
}

// Pushes now, or when the feed's pause is over.
void GateFeeds::pace(Feed& f) {
  if (f.due) return;
  const Time now = site_.exchange.now();
  if (now >= f.last + f.pause) return flush(f);
  f.due = true;
  site_.after(f.last + f.pause - now, [this, id = f.id, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    Feed* later = find(id);
    if (later == nullptr) return;
    later->due = false;
    flush(*later);
  });
}

void GateFeeds::flush(Feed& f) {
  f.last = site_.exchange.now();
  switch (f.kind) {
    case Kind::Snapshot: return push_snapshot(f);
    case Kind::Changes: return push_changes(f);
    case Kind::Obu: return push_obu(f);
    case Kind::Candles: return push_candle(f);
  }
}

std::string GateFeeds::size(const Market& m, Qty qty) const { return futures() ? gate_size(m.contracts(qty), decimal_sizes_) : quoted(qty.str()); }

std::string GateFeeds::side(const Market& m, const std::vector<sim::Level>& levels, bool objects) const {
  Arr out;
  for (const sim::Level& l : levels) {
    if (objects) {
      out.raw(Obj().d("p", l.price).raw("s", size(m, l.qty)).str());
    } else {
      out.raw(Arr().s(l.price.str()).s(m.contracts(l.qty).str()).str());
    }
  }
  return out.str();
}

void GateFeeds::push_snapshot(Feed& f) {
  const Market& m = *f.market;
  const sim::Book top = book_top(m.sim.book(), f.levels);
  const std::string asks = side(m, top.asks, futures());
  const std::string bids = side(m, top.bids, futures());
  Obj o;
  o.n("t", site_.exchange.venue_now().us / 1000);
  if (futures()) {
    o.s("contract", m.name).n("id", m.version).raw("asks", asks).raw("bids", bids).s("l", f.label);
    return push_(f.what, o.str(), "all");
  }
  o.n("lastUpdateId", m.version).s("s", m.name).s("l", f.label).raw("bids", bids).raw("asks", asks);
  push_(f.what, o.str(), "update");
}

// Levels with their size now; what comes next begins behind `u`.
void GateFeeds::push_changes(Feed& f) {
  const Market& m = *f.market;
  const sim::Book top = book_top(m.sim.book(), f.levels);
  const sim::Book change = book_change(f.book, top, f.levels);
  if (is_empty(change)) return;
  const std::int64_t now = site_.exchange.venue_now().us / 1000;
  Obj o;
  o.n("t", now);
  if (!futures()) o.s("e", "depthUpdate").n("E", now / 1000);
  o.s("s", m.name).n("U", f.version + 1).n("u", m.version).s("l", f.label);
  o.raw("b", side(m, change.bids, futures())).raw("a", side(m, change.asks, futures()));
  f.book = top;
  f.version = m.version;
  push_(f.what, o.str(), "update");
}

void GateFeeds::push_obu(Feed& f) {
  const Market& m = *f.market;
  const sim::Book top = book_top(m.sim.book(), f.levels);
  const bool full = f.version == 0;
  const sim::Book change = full ? top : book_change(f.book, top, f.levels);
  if (!full && is_empty(change)) return;
  Obj o;
  o.n("t", site_.exchange.venue_now().us / 1000);
  if (full) o.b("full", true);
  o.s("s", f.label);
  if (!full) o.n("U", f.version + 1);
  o.n("u", m.version).raw("b", side(m, change.bids, false)).raw("a", side(m, change.asks, false));
  f.book = top;
  f.version = m.version;
  push_(f.what, o.str(), "update");
}

// A candle that ended since the last push is told once more, as closed.
void GateFeeds::push_candle(Feed& f) {
  const Market& m = *f.market;
  if (m.candles.empty()) return;
  const Time now = site_.exchange.now();
  const auto tell = [&](const Candle& c) {
    Obj o;
    const bool closed = f.period.next(c.start) <= now;
    const std::string volume = futures() ? gate_size(m.contracts(c.volume), decimal_sizes_) : quoted(c.quote.str());
    if (futures()) {
      o.n("t", c.start.us / 1'000'000);
    } else {
      o.s("t", std::to_string(c.start.us / 1'000'000));
    }
    o.raw("v", volume).d("c", c.close).d("h", c.high).d("l", c.low).d("o", c.open).s("n", f.label + "_" + m.name).d("a", c.volume).b("w", closed);
    push_(f.what, futures() ? "[" + o.str() + "]" : o.str(), "update");
  };
  const Candle current = m.candles.current(f.period, now);
  if (f.candle.us != 0 && f.candle != current.start) {
    for (const Candle& c : m.candles.list(f.period, f.candle, f.candle, 1)) tell(c);
  }
  f.candle = current.start;
  tell(current);
}

}  // namespace dn::exchange
