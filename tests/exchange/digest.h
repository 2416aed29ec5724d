// The digests and encodings that the venues and RFC 6455 use. Written apart from the client's, so that both must agree with the documents.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dn::exchange {

std::string hmac_sha256(std::string_view secret, std::string_view message);  // lower-case hex
std::string hmac_sha512(std::string_view secret, std::string_view message);
std::string sha512(std::string_view message);
std::string sha1_base64(std::string_view message);
std::string base64(std::string_view bytes);
// How many bytes a base64 text stands for; nullopt when it is none.
std::optional<std::size_t> base64_size(std::string_view text);
// Without telling by its time where two texts differ.
bool same(std::string_view a, std::string_view b);

}  // namespace dn::exchange
