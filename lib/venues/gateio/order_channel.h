// Gate.io's trading API over WebSocket as a stream: the login is its subscription, the answers are its news.
#pragma once

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

std::unique_ptr<OrderChannel> order_channel(ContextPtr context);

}  // namespace dn::venues::gateio
