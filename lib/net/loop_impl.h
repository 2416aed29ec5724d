// What is inside a Loop; for the sources of this room only.
#pragma once

#include <asio.hpp>
#include <memory>

#include "net/loop.h"

namespace dn::net {

struct WsShared;  // the WebSocket endpoints and TLS contexts of a loop, made when first needed; defined in ws_client.cc

struct Loop::Impl {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);  // an idle loop waits, it does not end
  std::shared_ptr<WsShared> ws;                                                                 // dies before io, whose services it uses
};

}  // namespace dn::net
