// One HTTP exchange as plain data: what a venue wants sent, and what came back. C++17-clean, as lib/net reads it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dn::wire {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;  // "GET", "POST", "PUT", "DELETE"
  std::string target;  // path and query exactly as signed: "/api/v3/order?symbol=..."; the client puts scheme, host and port before it
  Headers headers;     // may hold a key or a signature: never printed
  std::string body;    // exact bytes; empty = none
};

struct HttpResponse {
  int status = 0;           // 0: no complete answer came; `error` says why
  Headers headers;          // names in lower case
  std::string body;         // bounded by the client
  std::string error;        // "timeout", "connection refused", ...: for a person, without secrets
  bool never_left = false;  // status 0 only: surely no byte of the request reached the peer (resolve, connect or TLS failed)
};

// The first header of that (lower-case) name; "" when there is none.
inline std::string_view header(const HttpResponse& r, std::string_view name) {
  for (const auto& [key, value] : r.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace dn::wire
