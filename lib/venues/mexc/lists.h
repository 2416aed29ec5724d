// The lists of orders and trades that lookups and surveys read: their calls and their pages.
#pragma once

#include <vector>

#include "venues/mexc/orders.h"
#include "venues/mexc/windows.h"

namespace dn::venues::mexc {

inline constexpr std::size_t kFullPage = 500;  // a page of so many orders may have left some out: the venue's own limit was lower before
inline constexpr std::size_t kTradesAPage = 100;
inline constexpr Dur kHistory = Dur::hours(7 * 24 - 1);        // allOrders takes windows of up to 7 days
inline constexpr Dur kTradeHistory = Dur::hours(30 * 24 - 1);  // myTrades goes back for a month

Call order_call(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id, Time venue_now);
Call open_orders_call(const Desk& desk, Time venue_now);
Call all_orders_call(const Desk& desk, const Windows::Window& window, Time venue_now);
// Of one order where its id is not empty; without a window the newest.
Call trades_call(const Desk& desk, const VenueOrderId& venue_order_id, const Windows::Window* window, Time venue_now);

// A page. A row that cannot be read may be the one that is asked for.
template <class Row>
struct Rows {
  std::vector<Row> rows;
  bool all_readable = true;
  Time first = Time::never();  // of the rows' times
  Time last;
};
Rows<OrderRow> read_orders(const Element& list);
Rows<Fill> read_trades(const Element& list);

}  // namespace dn::venues::mexc
