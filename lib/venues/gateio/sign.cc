#include "venues/gateio/sign.h"

#include <fmt/format.h>

#include "venues/sign.h"

namespace dn::venues::gateio {

std::string rest_signature(std::string_view secret, const Signed& r) {
  return hmac_sha512_hex(secret, fmt::format("{}\n{}\n{}\n{}\n{}", r.method, r.path, r.query, sha512_hex(r.body), r.timestamp));
}

std::string subscription_signature(std::string_view secret, std::string_view channel, std::string_view event, std::string_view time) {
  return hmac_sha512_hex(secret, fmt::format("channel={}&event={}&time={}", channel, event, time));
}

std::string login_signature(std::string_view secret, std::string_view channel, std::string_view raw_param, std::string_view timestamp) {
  return hmac_sha512_hex(secret, fmt::format("api\n{}\n{}\n{}", channel, raw_param, timestamp));
}

}  // namespace dn::venues::gateio
