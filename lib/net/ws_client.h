// A WebSocket connection (RFC 6455, client side) on a Loop: connect, frames both ways, ping, close.
//
// Certificates and host names are always verified (TLS 1.2 or later); plain ws is for loopback hosts only. No compression,
// no redirect, no proxy, no reconnect: those that want a new connection call connect again after on_closed.
//
// Ownership: the Loop and the handler outlive the client. The client may be destroyed at any time, also within a callback:
// the connection is dropped and the handler is not called again.
// Thread rule: the loop's thread. Error rule: every failure ends in on_closed with a text for a person. Nothing throws.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "wire/frame.h"
#include "wire/http.h"

namespace dn::net {

class Loop;

struct WsOptions {
  std::string url;                                  // "wss://host:port/path"
  std::string ca_file;                              // PEM; the only certificates that are trusted then. Empty: those of the system
  wire::Headers headers;                            // of the opening request
  std::size_t max_message_bytes = 4U << 20U;        // a larger message ends the connection
  std::size_t max_unsent_bytes = 4U << 20U;         // send refuses above this
  std::chrono::milliseconds connect_timeout{5000};  // resolve, connect, TLS and opening handshake together
  std::chrono::milliseconds close_timeout{1000};    // how long close waits for the peer's farewell
};

// Called from within the loop only.
struct WsHandler {
  virtual ~WsHandler() = default;
  virtual void on_open() = 0;
  virtual void on_frame(const wire::Frame& frame) = 0;
  virtual void on_pong() = 0;
  virtual void on_closed(std::string why) = 0;  // exactly once per connect; nothing follows it
};

class WsClient {
 public:
  WsClient(Loop& loop, WsHandler& handler);
  ~WsClient();
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  // Not between a connect and its on_closed.
  void connect(const WsOptions& options);
  // False: not open, too much is unsent already, or a text that is not UTF-8; then nothing of it is sent.
  bool send(const wire::Frame& frame);
  void ping();   // answered by on_pong; nothing when not open
  void close();  // on_closed follows, after close_timeout at the latest; nothing when closed
  bool is_open() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dn::net
