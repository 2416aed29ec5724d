// Gate.io's streams: the best prices, and the account's own orders and trades.
#pragma once

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

std::unique_ptr<StreamProtocol> public_stream(ContextPtr context);
std::unique_ptr<StreamProtocol> private_stream(ContextPtr context);

// ---- what every connection of Gate.io's has, the trading one too
// Asks for sizes of futures as text, with their fractions: otherwise 1.7 comes as 1 (Gate docs v4.106.88).
wire::Headers size_headers(const Context& context);
wire::Frame ping_frame(const Context& context, Time now);
// A pong, or the notice before an upgrade, which alone has no channel; nullopt for anything else.
std::optional<Heard> notice(const Element& root);

}  // namespace dn::venues::gateio
