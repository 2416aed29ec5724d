// One HTTP request on a libcurl handle: its options, its callbacks, its result. For http_client.cc only.
#pragma once

#include <curl/curl.h>

#include <asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "net/http_client.h"
#include "net/own_sockets.h"
#include "net/url.h"

namespace dn::net {

using CurlLong = long;  // NOLINT(google-runtime-int): libcurl's type for most options

// libcurl's handles are all void*: the function that frees one tells them apart.
template <auto Free>
struct CurlFree {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using Easy = std::unique_ptr<CURL, CurlFree<&curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, CurlFree<&curl_multi_cleanup>>;
using Share = std::unique_ptr<CURLSH, CurlFree<&curl_share_cleanup>>;
using List = std::unique_ptr<curl_slist, CurlFree<&curl_slist_free_all>>;

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

}  // namespace dn::net
