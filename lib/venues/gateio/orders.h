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
  Price price;
  Qty qty;
  Qty filled;
};

// How a row of a list names its order; views into the document.
struct RowName {
  std::string_view order_id;
  std::string_view text;
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  // `key` is the venue's id or our text.
  virtual Request place(const OrderRequest& request) const = 0;
  virtual Request cancel(std::string_view key) const = 0;
  virtual Request order(std::string_view key) const = 0;
  // Pages count from 0; a page with less than `page_size` rows is the last one.
  virtual Request open_orders(int page) const = 0;
  virtual Request finished_orders(int page, Time now) const = 0;
  virtual Request trades_of(std::string_view order_id, int page, Time now) const = 0;
  virtual Request all_trades(int page, Time now) const = 0;
  virtual int order_page() const = 0;
  virtual int trade_page() const = 0;
  // nullopt: the row is not what it should be.
  virtual std::optional<Order> read_order(const Element& row) const = 0;
  virtual std::optional<Fill> read_trade(const Element& row) const = 0;
  // True when every row of a page of finished orders ended before `now` minus the window of the history.
  virtual bool older_than_history(const Element& row, Time now) const = 0;
};
using DialectPtr = std::shared_ptr<const Dialect>;

inline constexpr Dur kOrderHistory = Dur::hours(7 * 24);
inline constexpr int kMostPages = 200;  // beyond it nothing is proven

std::unique_ptr<Question<PlaceReport>> ask_place(ContextPtr context, const Dialect& dialect, const OrderRequest& request);
std::unique_ptr<Question<CancelReport>> ask_cancel(ContextPtr context, const Dialect& dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id);
std::unique_ptr<Question<LookupReport>> ask_order(ContextPtr context, DialectPtr dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id,
                                                  LookupStage stage);
std::unique_ptr<Question<TradesReport>> ask_trades(ContextPtr context, DialectPtr dialect, const ClientOrderId& id, const VenueOrderId& venue_order_id);

// Shared with the trading WebSocket, whose answers differ in their envelope only.
PlaceReport refused_place(const ClientOrderId& id, int status, std::string_view label, std::string_view message, Dur wait);
PlaceReport accepted_place(const ClientOrderId& id, const Element& order);

RowName row_name_of_order(const Element& row);
RowName row_name_of_trade(const Element& row);

}  // namespace dn::venues::gateio
