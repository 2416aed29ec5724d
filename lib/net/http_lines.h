// Connections that are open before they are needed, for requests that must leave at once: orders, cancels and what asks for their fate.
//
// libcurl makes each connection, verifies the peer and closes it (CURLOPT_CONNECT_ONLY); in between, the bytes of a request are written to it by one
// call and the reply is read by Node's http_parser. Through a transfer of libcurl's, the way from a request to its first byte on the wire costs several
// times as much: a handle is set up, the multi handle's timer has to come round, and the connection is looked for among all that are kept.
//
// A line has one request under way at a time, sends it at most once, and is made anew whenever anything about it is odd. For this room only.
// Ownership: made by make_shared; its user calls shut_down before it drops it. Thread rule: the loop's.
#pragma once

#include <http_parser.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "net/multi_loop.h"
#include "net/own_sockets.h"
#include "net/url.h"

namespace dn::net {

class HttpLines final : public MultiLoop {
 public:
  HttpLines(asio::io_context& io, const HttpOptions& options, Url base, CURLSH* share);
  ~HttpLines() override;

  // Keeps so many lines open from now on.
  void keep(std::size_t count);
  // Writes the request to a free line and takes `done`, which is called later, exactly once. False: no line but `leave` is free, or none is whole;
  // nothing was written and `done` is untouched. The request is one that Transfer::refusal lets pass.
  bool send(const wire::HttpRequest& request, std::chrono::milliseconds deadline, HttpClient::Done& done, std::size_t leave);
  std::size_t in_flight() const;
  std::size_t free() const;
  void close();

 private:
  struct Line;
  static int on_header_field(http_parser* parser, const char* at, std::size_t size);
  static int on_header_value(http_parser* parser, const char* at, std::size_t size);
  static int on_headers_complete(http_parser* parser);
  static int on_body(http_parser* parser, const char* at, std::size_t size);
  static int on_message_complete(http_parser* parser);

  void ended(const std::vector<std::pair<CURL*, CURLcode>>& handles) override;
  void open(Line& line);
  void opened(Line& line);
  void wait_readable(Line& line);
  void wait_writable(Line& line);
  bool write(Line& line);
  void mind_deadline(std::chrono::steady_clock::time_point earliest);
  void look_at_deadlines();
  void read(Line& line);
  bool is_quiet(Line& line);
  bool hear(Line& line, const char* data, std::size_t size);
  void finish(Line& line, wire::HttpResponse response);
  void fail(Line& line, std::string why);
  void drop(Line& line);
  void reopen_later(Line& line);
  void put_request(const wire::HttpRequest& request);

  HttpOptions options_;
  Url base_;
  std::string host_;  // of the Host header
  CURLSH* share_;
  asio::steady_timer alarm_;  // for the earliest deadline of a request, or one that was
  std::chrono::steady_clock::time_point alarm_at_ = std::chrono::steady_clock::time_point::max();
  OwnSockets sockets_;
  http_parser_settings settings_{};
  std::vector<std::unique_ptr<Line>> lines_;
  std::string bytes_;  // of the request that is being written
  std::array<char, 16384> buffer_{};
};

}  // namespace dn::net
