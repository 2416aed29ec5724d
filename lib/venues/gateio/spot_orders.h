// Spot orders of Gate.io: /spot/orders, /spot/my_trades.
#pragma once

#include "venues/gateio/orders.h"

namespace dn::venues::gateio {

DialectPtr spot_dialect(ContextPtr context);

// The body of POST /spot/orders and the req_param of spot.order_place.
std::string spot_order_body(const Context& context, const OrderRequest& request);
std::optional<Order> read_spot_order(const Element& row, const Instrument& instrument);

// What a spot trade's fee came out of, on REST and on the streams alike.
struct FeePaid {
  Fee fee;
  Asset asset;
};
std::optional<FeePaid> spot_fee(const Element& trade, Asset otherwise);

}  // namespace dn::venues::gateio
