// The exchange behind the wire formats: markets that move by themselves, one account on each venue, orders and trades.
//
// What a venue's documents call an order is an `Order` here; the matching itself is sim::SimVenue, one for every symbol of a
// venue. A SimVenue knows its own money only, so before every order it is given what the account has free.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "candles.h"
#include "settings.h"
#include "sim/market.h"
#include "sim/venue.h"

namespace dn::exchange {

struct Market;

enum class ListedType : std::uint8_t { Limit, PostOnly, Ioc, Fok, Market };

struct Order {
  Market* market = nullptr;
  std::string id;           // the venue's
  std::int64_t number = 0;  // the same as a number where the venue has numbers
  std::string client_id;    // the client's; "" when it sent none
  std::string text;         // Gate: as shown; the source when the client sent none
  std::string amend_text = "-";
  Side side = Side::Buy;
  ListedType type = ListedType::Limit;
  std::string tif;  // Gate: as shown
  Price price;      // as shown by queries; 0: a market order without one
  Qty qty;          // base
  Decimal amount;   // as sent: base, contracts, or quote for a market buy by quote
  bool by_quote = false;
  bool reduce_only = false;
  bool close = false;

  bool open = true;
  std::string finish_as;  // "" while open
  Qty filled;
  Money filled_quote;
  std::map<std::string, Decimal> fees;
  Time created;
  Time updated;
  std::int64_t update_id = 1;
  bool told = false;                // a stream was told of it
  std::string key;                  // its id inside the SimVenue; "" when it never got there
  std::size_t sim_index = 0;        // among the SimVenue's orders
  std::vector<std::size_t> trades;  // indices into Account::trades

  Qty left() const { return qty - filled; }
  Price average() const { return filled.is_zero() ? Price{} : average_price(filled_quote, filled); }
  bool maker_last = false;  // of the last fill
  Qty last_fill;
};

struct Trade {
  std::int64_t number = 0;
  const Order* order = nullptr;
  Price price;
  Qty qty;
  Qty closing;  // futures: how much of it reduced the position
  Decimal fee;
  std::string fee_asset;
  bool maker = false;
  Time time;
};

struct PublicDeal {
  std::int64_t number = 0;
  sim::PublicTrade trade;
  Time time;
};

// One symbol of one venue.
struct Market {
  Market(Instrument rules, std::string wire_name);
  Venue venue;
  std::string name;  // on the wire: "BTCUSDT", "BTC_USDT"
  std::string base;
  std::string quote;
  Instrument rules;
  sim::SimVenue sim;
  int price_places = 0;
  int size_places = 0;
  std::int64_t version = 0;  // of the book
  Time book_time;
  std::optional<sim::Book> pinned;  // shown instead of what the feed says, without deals
  Price last;
  std::deque<PublicDeal> deals;  // newest last
  Candles candles;
  Candles marks;             // futures: of the mark price
  std::vector<Order*> open;  // in order of arrival
  std::vector<Order*> all;
  Qty position;                          // as the trades so far made it
  std::map<std::string, Decimal> money;  // the SimVenue's, as last seen
  bool traded = false;
  // Futures: 0 is cross margin, with the limit as its leverage.
  std::int64_t leverage = 0;
  std::int64_t cross_limit = 10;
  // ... and what is told of the next settlement; a time that has passed counts as the next multiple of the interval.
  FundingTerms funding{Rate(Decimal::from_parts(1, 4)), Dur::hours(8), Time{}};

  Time next_funding(Time now) const { return funding.next > now ? funding.next : Time{(now.us / funding.interval.us + 1) * funding.interval.us}; }
  std::int64_t effective_leverage() const { return leverage == 0 ? cross_limit : leverage; }
  void trade_happened(std::int64_t number, const sim::PublicTrade& trade, Time time);
  const Instrument& instrument() const { return rules; }
  bool is_futures() const { return rules.kind == InstrumentKind::Perpetual; }
  TradingStatus status() const { return sim.instrument().status; }
  Price mid() const;
  Decimal contracts(Qty qty) const { return is_futures() ? rules.to_contracts(qty).decimal() : qty.decimal(); }
};

struct BalanceView {
  Decimal total;
  Decimal locked;
  Decimal margin;  // futures: of positions
  Decimal free() const { return total - locked - margin; }
};

struct BalanceChange {
  Venue venue = Venue::MexcSpot;
  std::string asset;
  BalanceView now;
  Decimal change;  // of the total
  Decimal locked_change;
  std::string kind;  // "place", "fill", "cancel", "fund"
};

// A line of the futures wallet's book.
struct Movement {
  std::int64_t number = 0;
  Time time;
  Decimal change;
  Decimal balance;   // after it
  std::string kind;  // "pnl", "fee", "fund"
  const Market* market = nullptr;
  std::int64_t trade = 0;  // 0: not of a trade
};

// The one account on one venue.
struct Account {
  Venue venue = Venue::MexcSpot;
  std::map<std::string, Decimal> total;
  std::map<std::string, BalanceView> told;
  std::deque<Order> orders;
  std::deque<Trade> trades;
  std::deque<Movement> movements;  // futures; newest last
  std::unordered_map<std::string, Order*> by_id;
  std::unordered_map<std::string, Order*> by_client_id;  // the latest
  std::unordered_map<std::string, Order*> by_key;
};

struct NewOrder {
  Market* market = nullptr;
  std::string client_id;
  std::string text;
  Side side = Side::Buy;
  ListedType type = ListedType::Limit;
  std::string tif;
  Price price;  // shown
  Price limit;  // matched against; 0: any price
  Qty qty;
  Decimal amount;
  bool by_quote = false;
  bool reduce_only = false;
  bool close = false;
};

struct Placed {
  Order* order = nullptr;  // none: refused
  std::string refusal;     // the SimVenue's code: "insufficient_balance"
  std::string reason;
};

enum class OrderChange : std::uint8_t { Put, Update, Finish };

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_order(const Order& order, OrderChange change) = 0;
  virtual void on_trade(const Trade& trade) = 0;
  virtual void on_balance(const BalanceChange& change) = 0;
  virtual void on_book(const Market& market) = 0;
  virtual void on_deal(const Market& market, const PublicDeal& deal) = 0;
};

class Exchange {
 public:
  Exchange(std::uint64_t seed, Settings settings);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void set_listener(Listener* listener) { listener_ = listener; }
  Settings& settings() { return settings_; }
  Time now() const;        // never goes back
  Time venue_now() const;  // what the venues' clocks show
  // Lets the markets move up to now.
  void advance();

  Market* market(Venue venue, std::string_view wire_name);
  std::vector<Market*> markets(Venue venue);
  Account& account(Venue venue) { return accounts_[venue]; }
  BalanceView balance(Venue venue, const std::string& asset);
  Order* find(Venue venue, const std::string& id);
  Order* find_client(Venue venue, const std::string& client_id);
  // Whether anybody may see it yet.
  bool shows(const Order& order) const { return now() >= order.created + Dur::millis(settings_.hidden_ms); }

  Placed place(const NewOrder& wish);
  // An order that is accepted and ended in the same moment, without having been in the book.
  Order* stillborn(const NewOrder& wish, const std::string& finish_as);
  // A new price and whole quantity, what is filled included; at or below that it ends the order. Refused: the order stays
  // as it was, at the end of its queue.
  Placed amend(Order& order, Price price, Qty qty, const std::string& amend_text);
  // False, and nothing changed, when the account could not bear it.
  bool set_leverage(Market& market, std::int64_t leverage, std::int64_t cross_limit);
  // False when it is not open any more.
  bool cancel(Order& order, const std::string& finish_as = "cancelled");
  void halt(Market& market, TradingStatus status);
  // From now on this book at every change that the feed brings, whatever it is; nullopt: the feed's own again.
  void pin(Market& market, std::optional<sim::Book> book);
  void settle_funding(Market& market, const Rate& rate);

  // What a taker could get up to a price (0: any).
  static Qty depth(const Market& market, Side taker, Price limit);
  // How much base a taker gets for `money`, on the step.
  static Qty base_for(const Market& market, Side taker, Money money);

  std::map<std::string, std::int64_t>& counters() { return counters_; }
  void count(const std::string& what) { ++counters_[what]; }
  std::int64_t next_number() { return ++numbers_; }
  const std::string& run_digits() const { return run_digits_; }

 private:
  struct Feed;
  void list_symbols(std::uint64_t seed);
  Instrument listed(Venue venue, const Symbol& symbol) const;
  void hear(Market& market, const sim::Book& book);
  void hear(Market& market, const sim::PublicTrade& trade);
  Order& enlist(const NewOrder& wish);
  PlaceReport put_into_sim(Order& order, Price limit, Qty qty);
  void give_funds(Market& market);
  void collect(Market& market, const std::string& kind);
  void book_fill(Market& market, const Fill& fill);
  void tell_balances(Venue venue, const std::string& kind);
  void take_money(Market& market);
  void keep_books(Market& market, const Decimal& before, std::size_t first_trade, const std::string& kind);

  Settings settings_;
  Listener* listener_ = nullptr;
  std::map<std::string, std::unique_ptr<Market>, std::less<>> markets_[3];
  std::map<Venue, Account> accounts_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::map<std::string, std::int64_t> counters_;
  std::int64_t numbers_ = 0;
  std::string run_digits_;
  mutable Time latest_;
};

Time wall_clock();
// A trade's id as REST and as the streams write it; MEXC's differ.
std::string trade_id(const Trade& trade);
std::string stream_trade_id(const Trade& trade);

}  // namespace dn::exchange
