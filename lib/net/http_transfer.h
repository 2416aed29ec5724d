// One HTTP request on a libcurl handle: its options, its callbacks, its result. For http_client.cc only.
#pragma once

#include <curl/curl.h>

#include <asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "net/http_client.h"
#include "net/url.h"

namespace dn::net {

// libcurl names its handles alike: all but the list are void.
struct EasyFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiFree {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ShareFree {
  void operator()(CURLSH* share) const { curl_share_cleanup(share); }
};
struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyFree>;

struct Transfer {
  Transfer(asio::io_context& io, std::uint64_t number) : id(number), deadline(io) {}

  // Why the request cannot be sent; "" when it can.
  static std::string refusal(const wire::HttpRequest& request);
  // False: out of memory or a libcurl without what is needed.
  bool prepare(const Url& base, const HttpOptions& options, CURLSH* share);
  // What came of it, when libcurl is done with it.
  wire::HttpResponse result(CURLcode code);

  std::uint64_t id;
  asio::steady_timer deadline;
  HttpClient::Done done;
  wire::HttpRequest request;
  Easy easy;  // empty while the request waits for its turn
  std::unique_ptr<curl_slist, ListFree> headers;
  wire::HttpResponse response;
  std::size_t received = 0;  // bytes of headers and body
  std::size_t max_reply_bytes = 0;
  bool too_large = false;
  bool started = false;  // a connection stood and the request's first byte may have left: from here on it is not sent again
};

}  // namespace dn::net
