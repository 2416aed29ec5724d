// Signatures of Gate.io's API v4: REST, stream subscriptions, and the login of the trading WebSocket.
#pragma once

#include <string>
#include <string_view>

namespace dn::venues::gateio {

// What a REST signature covers. The query is as on the URL, without '?'; the timestamp is the text of the Timestamp header.
struct Signed {
  std::string_view method;
  std::string_view path;  // with "/api/v4"
  std::string_view query;
  std::string_view body;
  std::string_view timestamp;
};
std::string rest_signature(std::string_view secret, const Signed& request);

// For `auth.SIGN` of a subscribe or unsubscribe; `time` is the text of the message's own time.
std::string subscription_signature(std::string_view secret, std::string_view channel, std::string_view event, std::string_view time);

// For `payload.signature` of "spot.login" and "futures.login". `raw_param` is the raw text of payload.req_param, "" when it is absent.
std::string login_signature(std::string_view secret, std::string_view channel, std::string_view raw_param, std::string_view timestamp);

}  // namespace dn::venues::gateio
