// An absolute URL, taken apart strictly: what the clients of this room connect to.
//
// Ownership: plain data. Thread rule: none needed. Error rule: nullopt for anything that is not understood to the last byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dn::net {

struct Url {
  std::string scheme;      // "https", "http", "wss" or "ws"
  std::string host;        // a name in lower case, or an IP address; IPv6 without brackets
  std::uint16_t port = 0;  // the scheme's own when the text names none
  std::string path;        // path and query: "/" or longer
};

// Refused: other schemes, user names, fragments, blanks and control characters, hosts longer than 253 bytes.
std::optional<Url> parse_url(std::string_view text);

// ASCII only, as hosts and header names are.
std::string lower(std::string_view text);

bool is_ip(const std::string& host);
// "localhost", 127.0.0.0/8 and ::1: the only hosts that are spoken to without TLS.
bool is_loopback(const std::string& host);
// "name", "1.2.3.4" or "[::1]": as it stands in a URL.
std::string host_in_url(const std::string& host);

}  // namespace dn::net
