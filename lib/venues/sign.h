// Digests that venues sign with.
#pragma once

#include <string>
#include <string_view>

namespace dn::venues {

std::string hmac_sha256_hex(std::string_view secret, std::string_view message);
std::string hmac_sha512_hex(std::string_view secret, std::string_view message);
std::string sha512_hex(std::string_view message);

// Percent-encodes all but A-Z a-z 0-9 - _ . ~ and the characters of `also_plain`; upper-case hex.
std::string percent_encoded(std::string_view text, std::string_view also_plain = {});

}  // namespace dn::venues
