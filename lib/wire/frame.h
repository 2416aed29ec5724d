// One WebSocket message as plain data. C++17-clean, as lib/net reads it.
#pragma once

#include <string>

namespace dn::wire {

struct Frame {
  bool binary = false;
  std::string payload;  // bounded by the client
};

}  // namespace dn::wire
