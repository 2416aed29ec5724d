// libcurl's handles as owners. For this room only.
#pragma once

#include <curl/curl.h>

#include <memory>

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

// Before the first handle is made.
void init_curl();

// Sets options and remembers whether all of them were taken.
class CurlOptions {
 public:
  explicit CurlOptions(CURL* easy) : easy_(easy) {}
  template <class T>
  void set(CURLoption option, T value) {
    good_ = good_ && curl_easy_setopt(easy_, option, value) == CURLE_OK;
  }
  bool good() const { return good_; }

 private:
  CURL* easy_;
  bool good_ = true;
};

}  // namespace dn::net
