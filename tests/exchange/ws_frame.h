// RFC 6455 as a server: what clients send is read to the letter, what we send is never masked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http.h"

namespace dn::exchange {

struct WsMessage {
  enum class Kind : std::uint8_t { Text, Binary, Close, Ping, Pong };
  Kind kind = Kind::Text;
  std::string payload;
};

class WsDecoder {
 public:
  explicit WsDecoder(std::size_t max_message) : max_message_(max_message) {}
  void feed(std::string_view bytes) { in_.append(bytes); }
  // The next whole message; nullopt when more bytes are needed or after an error.
  std::optional<WsMessage> next();
  // 0 while all is well, else the close code to answer with.
  std::uint16_t error() const { return error_; }
  const std::string& why() const { return why_; }

 private:
  struct Head {
    bool fin = false;
    unsigned opcode = 0;
    std::size_t length = 0;
    std::size_t size = 0;  // of the head itself, mask included
  };
  std::optional<Head> head();
  std::optional<WsMessage> control(unsigned opcode, std::string payload);
  std::optional<WsMessage> fail(std::uint16_t code, std::string why);

  std::size_t max_message_;
  std::string in_;
  std::string partial_;        // fragments so far
  unsigned partial_kind_ = 0;  // opcode of the first fragment; 0: none
  std::uint16_t error_ = 0;
  std::string why_;
};

std::string ws_frame(WsMessage::Kind kind, std::string_view payload);
std::string ws_close_payload(std::uint16_t code, std::string_view reason);

// The answer to an upgrade request: status 101 with its headers, or the refusal.
HttpReply ws_handshake(const HttpRequest& request);
bool wants_ws(const HttpRequest& request);

bool is_utf8(std::string_view text);

}  // namespace dn::exchange
