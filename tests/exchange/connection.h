// One connection: HTTP requests one after another, until one of them turns it into a WebSocket.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "byte_stream.h"
#include "http.h"
#include "ws_frame.h"

namespace dn::exchange {

// What becomes of an answer on its way.
enum class Fate : std::uint8_t { Send, Reset, Truncate };

class Connection;

// What stands behind a WebSocket. Its calls come from the connection.
class WsSession {
 public:
  virtual ~WsSession() = default;
  virtual void opened(const std::shared_ptr<Connection>& connection) = 0;
  virtual void text(const std::string& message) = 0;
  virtual void binary() = 0;
  virtual void pong() {}
  virtual void closed() = 0;
};

struct Upgrade {
  std::shared_ptr<WsSession> session;  // none: `refusal` is the answer
  std::size_t max_message = 64 * 1024;
  HttpReply refusal;
};

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // `reply` is called once, at once or later.
  virtual void request(const HttpRequest& request, std::function<void(const HttpReply&, Fate)> reply) = 0;
  virtual Upgrade upgrade(const HttpRequest& request) = 0;
  virtual void protocol_error(const std::string& why) = 0;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::io_context& io, std::unique_ptr<ByteStream> stream, ConnectionOwner& owner) : io_(io), stream_(std::move(stream)), owner_(owner) {}

  void start();
  // Ends it from the server's side, whatever is under way.
  void reset();

  // ---- once it is a WebSocket
  void send_text(std::string_view message) { send_frame(WsMessage::Kind::Text, message); }
  void send_binary(std::string_view message) { send_frame(WsMessage::Kind::Binary, message); }
  void send_ping() { send_frame(WsMessage::Kind::Ping, "dn"); }
  void send_frame(WsMessage::Kind kind, std::string_view payload);
  void close(std::uint16_t code, std::string_view reason);
  bool is_open() const { return !over_; }
  // Nothing is written before `until`.
  void stall(std::chrono::steady_clock::time_point until);

 private:
  void read();
  void pump();
  void pump_http();
  void pump_ws();
  void handle(const WsMessage& m);
  void answer(const HttpReply& reply, Fate fate, bool keep_alive);
  void become_ws(const HttpRequest& request);
  void send(std::string bytes);
  void write_next();
  void end();

  asio::io_context& io_;
  std::unique_ptr<ByteStream> stream_;
  ConnectionOwner& owner_;
  std::array<char, 16384> chunk_{};
  std::string in_;
  std::deque<std::string> out_;
  std::size_t out_bytes_ = 0;
  bool writing_ = false;
  std::shared_ptr<asio::steady_timer> stalled_;
  bool busy_ = false;     // a request is being answered
  bool closing_ = false;  // ends when all is written
  bool over_ = false;
  std::shared_ptr<WsSession> session_;
  std::unique_ptr<WsDecoder> decoder_;
};

}  // namespace dn::exchange
