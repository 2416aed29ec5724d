// One HTTP request on a libcurl handle: its options, its callbacks, its result. For http_client.cc only.
#pragma once

#include <curl/curl.h>

#include <asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "net/curl_handles.h"
#include "net/http_client.h"
#include "net/own_sockets.h"
#include "net/url.h"

namespace dn::net {

// What a request whose connection ended too early is answered with.
inline constexpr const char* kClosed = "the peer closed the connection before a complete answer";

struct Transfer {
  Transfer(asio::io_context& io, OwnSockets& s, std::uint64_t number) : sockets(s), id(number), deadline(io) {}

  // Why the request cannot be sent; "" when it can.
  static std::string refusal(const wire::HttpRequest& request);
  // False: out of memory or a libcurl without what is needed.
  bool prepare(const Url& base, const HttpOptions& options, CURLSH* share);
  // What came of it, when libcurl is done with it.
  wire::HttpResponse result(CURLcode code);

  OwnSockets& sockets;  // the client's
  std::uint64_t id;
  asio::steady_timer deadline;
  HttpClient::Done done;
  wire::HttpRequest request;
  Easy easy;  // empty while the request waits for its turn
  List headers;
  wire::HttpResponse response;
  std::size_t received = 0;  // bytes of headers and body
  std::size_t max_reply_bytes = 0;
  bool too_large = false;
  bool headers_ended = false;
  bool started = false;  // a connection stood and the request's first byte may have left: from here on it is not sent again
};

// How a connection of the client's is made: its TLS, what is trusted, and that nothing is sent twice or elsewhere.
void set_connection(CurlOptions& o, const HttpOptions& options, CURLSH* share);
// The base as libcurl takes it.
std::string url_of(const Url& base);

}  // namespace dn::net
