// Gate.io's trading API over WebSocket as a stream: the login is its subscription, the answers are its news.
#pragma once

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

std::unique_ptr<OrderChannel> order_channel(ContextPtr context);

// What is said over a channel that `order_channel` made, for the market of `context`: any one of the channel's venue and account.
wire::Frame place_over(OrderChannel& channel, const ContextPtr& context, const OrderRequest& request, Time venue_now);
wire::Frame cancel_over(OrderChannel& channel, const ContextPtr& context, const ClientOrderId& id, const VenueOrderId& venue_order_id, Time venue_now);

}  // namespace dn::venues::gateio
