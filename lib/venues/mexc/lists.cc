#include "venues/mexc/lists.h"

#include <algorithm>

namespace dn::venues::mexc {
namespace {

constexpr std::size_t kOrdersAPage = 1000;  // asked for

std::string millis_text(Time t) { return std::to_string(t.us / 1000); }

Time time_of(const OrderRow& row) { return row.created; }
Time time_of(const Fill& fill) { return fill.time; }

template <class Row>
Rows<Row> read_all(const Element& list, std::optional<Row> (*read)(const Element&)) {
  Rows<Row> out;
  for (const Element& e : array_of(list)) {
    if (auto row = read(e)) {
      out.first = std::min(out.first, time_of(*row));
      out.last = std::max(out.last, time_of(*row));
      out.rows.push_back(std::move(*row));
    } else {
      out.all_readable = false;
    }
  }
  return out;
}

}  // namespace

Call order_call(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id, Time venue_now) {
  Params p{{"symbol", symbol_text(desk.symbol)}};
  name_order(&p, id, venue_order_id);
  return signed_call("GET", "/api/v3/order", std::move(p), desk.who, venue_now, Pool::Account, 2);
}

Call open_orders_call(const Desk& desk, Time venue_now) {
  return signed_call("GET", "/api/v3/openOrders", {{"symbol", symbol_text(desk.symbol)}}, desk.who, venue_now, Pool::Account, 3);
}

Call all_orders_call(const Desk& desk, const Windows::Window& window, Time venue_now) {
  return signed_call("GET", "/api/v3/allOrders",
                     {{"symbol", symbol_text(desk.symbol)},
                      {"startTime", millis_text(window.from)},
                      {"endTime", millis_text(window.to)},
                      {"limit", std::to_string(kOrdersAPage)}},
                     desk.who, venue_now, Pool::Account, 10);
}

Call trades_call(const Desk& desk, const VenueOrderId& venue_order_id, const Windows::Window* window, Time venue_now) {
  Params p{{"symbol", symbol_text(desk.symbol)}};
  if (!venue_order_id.empty()) p.emplace_back("orderId", venue_order_id.str());
  if (window != nullptr) {
    p.emplace_back("startTime", millis_text(window->from));
    p.emplace_back("endTime", millis_text(window->to));
  }
  p.emplace_back("limit", std::to_string(kTradesAPage));
  return signed_call("GET", "/api/v3/myTrades", std::move(p), desk.who, venue_now, Pool::Account, 10);
}

Rows<OrderRow> read_orders(const Element& list) { return read_all<OrderRow>(list, &read_order); }
Rows<Fill> read_trades(const Element& list) { return read_all<Fill>(list, &read_trade); }

}  // namespace dn::venues::mexc
