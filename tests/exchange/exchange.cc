#include "exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "feeds.h"
#include "sim/instruments.h"

namespace dn::exchange {
namespace {

constexpr std::size_t kDealsKept = 1000;

std::string wire_name_of(Venue venue, const Symbol& symbol) { return symbol.base.str() + (venue == Venue::MexcSpot ? "" : "_") + symbol.quote.str(); }

}  // namespace

Time wall_clock() { return Time{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }

std::string stream_trade_id(const Trade& t) {
  if (t.order->market->venue != Venue::MexcSpot) return std::to_string(t.number);
  return fmt::format("{}X1", t.number);
}

std::string trade_id(const Trade& t) { return t.order->market->venue == Venue::MexcSpot ? fmt::format("{:032x}", t.number * 7919) : std::to_string(t.number); }

Market::Market(Instrument r, std::string wire_name)
    : venue(r.venue), name(std::move(wire_name)), base(r.symbol.base.str()), quote(r.symbol.quote.str()), rules(std::move(r)), sim([&] {
        // Bands and minimums are the wire's business: its answers differ from venue to venue.
        Instrument bare = rules;
        bare.price_band = std::nullopt;
        bare.min_notional = {};
        bare.min_qty = {};
        bare.max_qty = std::nullopt;
        bare.max_notional = std::nullopt;
        return sim::VenueSetup{std::move(bare), {}, "", {}};
      }()) {
  price_places = rules.tick.decimal().normalized().scale();
  size_places = rules.step.decimal().normalized().scale();
}

Price Market::mid() const {
  const auto top = sim.top();
  return top ? Price((top->bid + top->ask).decimal() * Decimal::from_parts(5, 1)) : last;
}

void Market::trade_happened(std::int64_t number, const sim::PublicTrade& trade, Time time) {
  last = trade.price;
  candles.add(time, trade.price, trade.qty);
  deals.push_back({number, trade, time});
  if (deals.size() > kDealsKept) deals.pop_front();
}

struct Exchange::Feed {
  MarketPair pair;
};

Exchange::Exchange(std::uint64_t seed, Settings settings) : settings_(std::move(settings)) {
  const std::int64_t start_ms = wall_clock().us / 1000;
  run_digits_ = std::to_string(start_ms);
  numbers_ = start_ms / 1000 % 1'000'000 * 100'000;
  list_symbols(seed);
  for (const auto venue : {Venue::MexcSpot, Venue::GateioSpot, Venue::GateioFutures}) {
    Account& a = accounts_[venue];
    a.venue = venue;
    const Balances& given = settings_.balances[venue];
    const auto opening = [&](const std::string& asset) {
      const auto named = given.find(asset);
      if (named != given.end()) return named->second;
      const auto rest = given.find("");
      return rest != given.end() ? rest->second : asset == "USDT" ? Decimal(10'000'000) : asset == "BTC" ? Decimal(100) : Decimal(1'000'000);
    };
    for (const auto& [name, market] : markets_[static_cast<std::size_t>(venue)]) {
      if (!market->is_futures()) a.total[market->base] = opening(market->base);
      a.total[market->quote] = opening(market->quote);
      if (market->rules.fee_in == FeeIn::Token) a.total[market->rules.fee_token.str()] = opening(market->rules.fee_token.str());
    }
    for (const auto& [asset, amount] : a.total) a.told[asset] = balance(venue, asset);
  }
  // Everybody begins with a book on every market.
  for (const auto& feed : feeds_) feed->pair.warm_up();
  advance();
}

Exchange::~Exchange() = default;

// As paper knows it, with the account's choice of what its fees are paid in.
Instrument Exchange::listed(Venue venue, const Symbol& symbol) const {
  Instrument i = *sim::paper_instrument(venue, symbol);
  const Decimal price = venue == Venue::GateioSpot ? settings_.gate_gt_price : venue == Venue::MexcSpot ? settings_.mexc_mx_price : Decimal();
  if (!price.is_positive()) return i;
  i.fee_in = FeeIn::Token;
  i.fee_token = Asset(venue == Venue::GateioSpot ? "GT" : "MX");
  i.fee_token_price = Price(price);
  return i;
}

void Exchange::list_symbols(std::uint64_t seed) {
  for (const auto venue : {Venue::MexcSpot, Venue::GateioSpot, Venue::GateioFutures}) {
    for (const Symbol& symbol : sim::paper_symbols(venue)) {
      const std::string name = wire_name_of(venue, symbol);
      markets_[static_cast<std::size_t>(venue)][name] = std::make_unique<Market>(listed(venue, symbol), name);
    }
  }
  for (const auto& [name, mexc] : markets_[0]) {
    const Symbol& symbol = mexc->rules.symbol;
    const auto hear = [this](Market& m, const MarketNews& news) { std::visit([&](const auto& what) { this->hear(m, what); }, news); };
    Market* spot = market(Venue::GateioSpot, wire_name_of(Venue::GateioSpot, symbol));
    Market* futures = market(Venue::GateioFutures, wire_name_of(Venue::GateioFutures, symbol));
    feeds_.push_back(std::make_unique<Feed>(Feed{MarketPair(seed++, wall_clock(), {mexc.get(), spot, futures}, settings_, hear)}));
  }
}

Time Exchange::now() const {
  latest_ = std::max(latest_, wall_clock());
  return latest_;
}
Time Exchange::venue_now() const { return wall_clock() + Dur::millis(settings_.skew_ms); }

void Exchange::advance() {
  const Time t = now();
  for (const auto& feed : feeds_) feed->pair.advance(t);
}

Market* Exchange::market(Venue venue, std::string_view wire_name) {
  auto& list = markets_[static_cast<std::size_t>(venue)];
  const auto at = list.find(wire_name);
  return at == list.end() ? nullptr : at->second.get();
}

std::vector<Market*> Exchange::markets(Venue venue) {
  std::vector<Market*> out;
  for (const auto& [name, market] : markets_[static_cast<std::size_t>(venue)]) out.push_back(market.get());
  return out;
}

Order* Exchange::find(Venue venue, const std::string& id) {
  auto& ids = accounts_[venue].by_id;
  const auto at = ids.find(id);
  return at == ids.end() ? nullptr : at->second;
}

Order* Exchange::find_client(Venue venue, const std::string& client_id) {
  auto& ids = accounts_[venue].by_client_id;
  const auto at = ids.find(client_id);
  return at == ids.end() || client_id.empty() ? nullptr : at->second;
}

// ---- the market

void Exchange::hear(Market& m, const sim::Book& fed) {
  const sim::Book& book = m.pinned ? *m.pinned : fed;
  m.sim.on_book(book, now());
  ++m.version;
  m.book_time = now();
  if (m.is_futures()) m.marks.add(now(), m.mid(), Qty{});
  if (m.last.is_zero() && !book.bids.empty()) m.last = book.bids[0].price;
  if (listener_ != nullptr) listener_->on_book(m);
}

void Exchange::hear(Market& m, const sim::PublicTrade& trade) {
  if (m.pinned) return;
  m.trade_happened(next_number(), trade, now());
  if (listener_ != nullptr) listener_->on_deal(m, m.deals.back());
  m.sim.on_trade(trade, now());
  collect(m, "fill");
}

Qty Exchange::depth(const Market& m, Side taker, Price limit) {
  Qty sum;
  for (const sim::Level& l : taker == Side::Buy ? m.sim.book().asks : m.sim.book().bids) {
    if (!limit.is_zero() && (taker == Side::Buy ? l.price > limit : l.price < limit)) break;
    sum += l.qty;
  }
  return sum;
}

Qty Exchange::base_for(const Market& m, Side taker, Money money) {
  Qty out;
  for (const sim::Level& l : taker == Side::Buy ? m.sim.book().asks : m.sim.book().bids) {
    const Money whole = l.price * l.qty;
    if (whole >= money) return (out + Qty(money.decimal().divided_by(l.price.decimal(), 14, Rounding::Down))).floor_to(m.rules.step);
    out += l.qty;
    money -= whole;
  }
  return out.floor_to(m.rules.step);
}

void Exchange::halt(Market& m, TradingStatus status) { m.sim.set_status(status); }

void Exchange::pin(Market& m, std::optional<sim::Book> book) {
  m.pinned = std::move(book);
  if (!m.pinned) return;
  if (!m.pinned->bids.empty() && !m.pinned->bids[0].price.is_zero()) m.last = m.pinned->bids[0].price;
  hear(m, *m.pinned);
}

void Exchange::settle_funding(Market& m, const Rate& rate) {
  const Decimal before = accounts_[m.venue].total[m.quote];
  m.sim.settle_funding(rate, m.mid());
  take_money(m);
  keep_books(m, before, accounts_[m.venue].trades.size(), "fund");
  tell_balances(m.venue, "fund");
}

}  // namespace dn::exchange
