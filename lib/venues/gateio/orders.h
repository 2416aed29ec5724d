// Orders as both markets of Gate.io handle them. What differs (paths, payloads, units) is the market's Dialect.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

// An order as the venue shows it, in base.
struct Order {
  VenueOrderId id;
  bool open = false;  // by its status alone: an unknown word counts as open, so that it is asked for again
  Side side = Side::Buy;
  Price price;  // its limit, or where it has none the average of its fills
  Price limit;  // zero where it has none
  Qty qty;
  Qty filled;
  bool reduce_only = false;
  Time created;  // zero where the row does not tell
};

// How a row of a list names its order; views into the document.
struct RowName {
  std::string_view order_id;
  std::string_view text;
};

// Whole seconds of the venue's clock, both ends included.
struct Span {
  std::int64_t from = 0;
  std::int64_t to = 0;
};
// The newest part of the history. What just happened is inside, also when the clocks differ a little.
Span newest(Time now, Dur length);
// A page of a list; pages count from 0, and one with less than `rows` rows is the last one.
struct Page {
  int number = 0;
  int rows = 0;
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  // `key` is the venue's id or our text.
  virtual Request place(const OrderRequest& request) const = 0;
  virtual Request cancel(std::string_view key) const = 0;
  virtual Request order(std::string_view key) const = 0;
  virtual Request open_orders(Page page) const = 0;
  virtual Request finished_orders(Page page, Span span) const = 0;
  virtual Request trades_of(std::string_view order_id, Page page, Time now) const = 0;
  virtual Request all_trades(Page page, Span span) const = 0;
  // The widest spans that these two lists are asked for at once.
  virtual Dur order_span() const = 0;
  virtual Dur trade_span() const = 0;
  // nullopt: the row is not what it should be.
  virtual std::optional<Order> read_order(const Element& row) const = 0;
  virtual std::optional<Fill> read_trade(const Element& row) const = 0;
  // Of a row of finished orders. False as well where the query names the span and there is no need to look.
  virtual bool ended_before(const Element& row, Time time) const = 0;
  // False for a row that says to be of another symbol.
  virtual bool of_symbol(const Element& row) const = 0;
};
using DialectPtr = std::shared_ptr<const Dialect>;

inline constexpr Dur kOrderHistory = Dur::hours(7 * 24);
inline constexpr int kMostPages = 200;  // beyond it nothing is proven
// What a lookup asks for at once.
inline constexpr int kOrderPage = 100;
inline constexpr int kTradePage = 500;

std::unique_ptr<Question<PlaceReport>> ask_place(ContextPtr context, const Dialect& dialect, const OrderRequest& request);
std::unique_ptr<Question<CancelReport>> ask_cancel(ContextPtr context, const Dialect& dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id);
// By a cancel of an order that there never was.
std::unique_ptr<Question<Outcome<void>>> ask_trade_right(ContextPtr context, const Dialect& dialect);
std::unique_ptr<Question<LookupReport>> ask_order(ContextPtr context, DialectPtr dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id,
                                                  LookupStage stage);
std::unique_ptr<Question<TradesReport>> ask_trades(ContextPtr context, DialectPtr dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id);

std::unique_ptr<Question<Outcome<Survey>>> ask_survey(ContextPtr context, DialectPtr dialect, Time since);

// Shared with the trading WebSocket, whose answers differ in their envelope only.
PlaceReport refused_place(const ClientOrderId& id, int status, std::string_view label, std::string_view message, Dur wait);
PlaceReport accepted_place(const ClientOrderId& id, const Element& order);

RowName row_name_of_order(const Element& row);
RowName row_name_of_trade(const Element& row);

}  // namespace dn::venues::gateio
