// Gate.io's trading API over WebSocket: the REST calls as messages with a request id. Pure encoding and decoding.
#pragma once

#include <string>
#include <string_view>

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

// Once per connection; nothing after it is signed.
wire::Frame ws_login(const Context& context, std::string_view request_id, Time venue_now);
wire::Frame ws_place(const Context& context, const OrderRequest& request, std::string_view request_id, Time venue_now);
wire::Frame ws_cancel(const Context& context, const ClientOrderId& id, const VenueOrderId& venue_order_id, std::string_view request_id, Time venue_now);
wire::Frame ws_status(const Context& context, const ClientOrderId& id, const VenueOrderId& venue_order_id, std::string_view request_id, Time venue_now);

// One message of the venue.
struct WsAnswer {
  enum class Kind : std::uint8_t {
    Nothing,   // no answer of the trading API
    LoggedIn,  // `user_id` is known
    LoginFailed,
    Ack,     // a placement was received: proves nothing yet, its result follows
    Place,   // `place`
    Cancel,  // `cancel`
    Status,  // `status`
  };
  Kind kind = Kind::Nothing;
  std::string request_id;
  std::string user_id;
  Problem problem;  // for LoginFailed
  // Reports without their client id, unless the answer's order names it: the caller knows what `request_id` was about.
  PlaceReport place;
  CancelReport cancel;
  LookupReport status;
};
// `id` of the asked order, as the caller noted it under the request id; used to check what an answer names.
WsAnswer ws_answer(const Context& context, const wire::Frame& frame, const ClientOrderId& id, Time venue_now);
// The request id of an answer, so that the caller finds what it asked; "" for anything else.
std::string ws_request_id(const wire::Frame& frame);

}  // namespace dn::venues::gateio
