// Orders of Gate.io's USDT perpetuals: /futures/usdt/orders, /my_trades. The venue counts contracts with a sign; here everything is base.
#pragma once

#include "venues/gateio/orders.h"

namespace dn::venues::gateio {

DialectPtr futures_dialect(ContextPtr context);

// The body of POST /futures/usdt/orders and the req_param of futures.order_place.
std::string futures_order_body(const Context& context, const OrderRequest& request);

// `compact`: an answer of the trading WebSocket, which leaves out what is zero.
enum class Shape : std::uint8_t { Full, Compact };
std::optional<Order> read_futures_order(const Element& row, const Instrument& instrument, Shape shape);

// A row of my_trades ("id"), my_trades_timerange ("trade_id") or futures.usertrades.
std::optional<Fill> read_futures_trade(const Element& row, const Context& context);

}  // namespace dn::venues::gateio
