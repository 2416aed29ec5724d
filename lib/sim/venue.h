// A simulated exchange for one symbol of one venue: price-time matching against a market feed, with the venue's
// rules, an account and its ledger.
//
// Pure and synchronous: every call happens at the virtual time it is given and returns the venue's answer at
// once; latency, loss and duplication are the network's work (sim/world.h). Our own orders match against the
// feed's depth, not against each other; two of ours that would trade together are counted as self trades.
// Times must not decrease from call to call. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/order.h"
#include "sim/market.h"

namespace dn::sim {

struct VenueSetup {
  Instrument instrument;
  std::map<Asset, Decimal> balances;  // free at the start
  std::string id_prefix;              // makes venue order ids and trade ids unique among venues
  Dur memory{};                       // how long ended orders and their trades can be asked for, as at real venues; 0 = for ever
};

// The venue's own record of an order.
struct VenueOrder {
  OrderRequest request;
  VenueOrderId venue_order_id;
  bool open = true;
  Qty filled;
  Qty queue_ahead;            // visible quantity that stood before it at its price
  Decimal locked;             // of the asset it locks
  std::uint64_t arrived = 0;  // arrival sequence: time priority among our own orders
};

struct Settlement {
  FundingPayment payment;
  Rate rate;
  Price mark;
};

// The exchange's truth, for the checker and for `paper.db`.
struct VenueTruth {
  std::vector<VenueOrder> orders;       // in order of arrival
  std::vector<Fill> fills;              // in order of time
  std::map<Asset, Decimal> balances;    // free + locked
  Qty position;                         // perpetual: signed base
  Money position_cost;                  // perpetual: quote paid for it, signed
  Money realised;                       // perpetual: profit booked so far
  Money funding;                        // perpetual: funding received (+) or paid (-)
  std::vector<Settlement> settlements;  // ... at each settlement that found a position, in order of time
  std::int64_t self_trades = 0;
  std::int64_t duplicate_ids = 0;  // requests with a client order id that was here before
  std::uint64_t next_id = 1;
};

class SimVenue {
 public:
  explicit SimVenue(VenueSetup setup);

  // ---- the market
  void on_book(const Book& book, Time now);
  // Fills resting orders that the trade reaches: better prices first, then its own price behind the queue.
  void on_trade(const PublicTrade& trade, Time now);
  // The depth a taker would meet now: the last book less what we took of it. Empty before the first book.
  const Book& book() const;
  std::optional<TopOfBook> top() const;  // nullopt until both sides are known

  // ---- the private API
  // Checks status, type, tick, step, minimums, maximums, price band, balance, reduce-only, post-only, expiry, id.
  PlaceReport place(const OrderRequest& request, Time now);
  // By client id, or by venue order id where the client id is not known here; `answered` is always true. Code "not_found" when no such order
  // is open.
  CancelReport cancel(const ClientOrderId& id, const VenueOrderId& venue_id, Time now);
  // By client id, or by venue order id where the client id is not known here (restored orders).
  LookupReport lookup(const ClientOrderId& id, const VenueOrderId& venue_id, LookupStage stage, Time now) const;
  TradesReport trades(const ClientOrderId& id, const VenueOrderId& venue_id) const;
  FundingReport funding(Time since) const;
  // Fills since the last call: what the private stream would push.
  std::vector<Fill> take_new_fills();

  // ---- what only the simulation does
  // The venue itself ends an order (self-trade prevention, risk, reduce-only cut).
  void venue_cancel(const ClientOrderId& id, Time now);
  void set_status(TradingStatus status);
  void deposit(const Asset& asset, const Decimal& amount);  // negative takes away
  // Perpetual: the initial margin is notional / leverage; 10 at the start.
  void set_leverage(std::int64_t leverage);
  // Perpetual: pays position × price × rate, longs pay a positive rate.
  void settle_funding(const Rate& rate, const Price& mark, Time now = {});
  // What is told of the next settlement.
  void set_funding(const FundingTerms& terms);
  // Plants an order that was there before us, under a venue order id of the caller's choice.
  void plant(const OrderRequest& request, const VenueOrderId& venue_id, Time now);

  const Instrument& instrument() const;
  const VenueTruth& truth() const;
  // Continues from a truth that was saved: open orders stand at the end of their queues.
  void restore(VenueTruth truth);

 private:
  struct IdHash {
    std::size_t operator()(const ClientOrderId& id) const { return std::hash<std::string_view>()(id.view()); }
  };

  // Why a request is refused, before anything is matched; nullopt when it is good.
  std::optional<PlaceReport> check(const OrderRequest& r, Time now) const;
  std::optional<PlaceReport> check_rules(const OrderRequest& r) const;
  std::optional<PlaceReport> check_funds(const OrderRequest& r) const;
  PlaceReport refuse(const OrderRequest& r, RejectClass why, std::string_view code, std::string_view reason) const;
  bool would_take(const OrderRequest& r) const;
  void take(VenueOrder& o, Time now);
  void forget(Time now);
  void index_orders();
  void count_self_trades(const VenueOrder& taker);
  void rest(VenueOrder& o);
  void trade(VenueOrder& o, Price price, Qty qty, Liquidity liquidity, Time now);
  void charge(Fill& fill);
  void settle(const Fill& fill);
  void settle_position(const Fill& fill);
  void cut_reduce_only();
  void end(VenueOrder& o);
  void lock(VenueOrder& o);
  void relock(VenueOrder& o);
  Decimal lock_needed(const OrderRequest& r, Qty open) const;
  Asset lock_asset(const OrderRequest& r) const;
  Decimal free(const Asset& asset) const;
  Qty reducible(Side side) const;
  Decimal margin(Money value) const;
  VenueOrder* find(const ClientOrderId& id);
  const VenueOrder* find(const ClientOrderId& id, const VenueOrderId& venue_id) const;

  Instrument instrument_;
  std::string prefix_;
  Dur memory_;
  Time next_forget_;
  std::int64_t leverage_ = 10;
  Book book_;  // the last snapshot, less what we took of it
  VenueTruth truth_;
  std::map<Asset, Decimal> locked_;
  std::vector<std::size_t> open_;  // indices into truth_.orders, in order of arrival
  std::unordered_map<ClientOrderId, std::size_t, IdHash> by_id_;
  std::size_t told_fills_ = 0;  // how many of truth_.fills take_new_fills has given out
};

}  // namespace dn::sim
