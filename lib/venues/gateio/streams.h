// Gate.io's streams: the best prices, and the account's own orders and trades.
#pragma once

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

std::unique_ptr<StreamProtocol> public_stream(ContextPtr context);
std::unique_ptr<StreamProtocol> private_stream(ContextPtr context);

}  // namespace dn::venues::gateio
