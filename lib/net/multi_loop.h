// libcurl's multi interface on the loop: it says which sockets and which time it waits for, the loop tells it when they come. For this room only.
//
// Ownership: made by make_shared; its user calls shut_down before it drops it, and takes its own handles out before that. Thread rule: the loop's.
#pragma once

#include <curl/curl.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/curl_handles.h"

namespace dn::net {

class MultiLoop : public std::enable_shared_from_this<MultiLoop> {
 public:
  MultiLoop(asio::io_context& io, std::size_t most_kept);
  virtual ~MultiLoop() = default;
  MultiLoop(const MultiLoop&) = delete;
  MultiLoop& operator=(const MultiLoop&) = delete;

  asio::io_context& io() { return io_; }
  CURLM* multi() { return multi_.get(); }
  bool is_waited_for(curl_socket_t fd) const { return watches_.count(fd) > 0; }
  bool is_closed() const { return closed_; }
  // Nothing is called any more; the kept connections are closed.
  void shut_down();

 protected:
  // Before libcurl is told of something; CURL_SOCKET_TIMEOUT: of the time.
  virtual void before_action(curl_socket_t /*fd*/) {}
  // These handles are done. They are still in the multi handle.
  virtual void ended(const std::vector<std::pair<CURL*, CURLcode>>& handles) = 0;

 private:
  // A socket of libcurl's, watched but not owned: it is released before libcurl closes it.
  struct Watch {
    Watch(asio::io_context& io, curl_socket_t socket) : fd(socket), descriptor(io) {}
    ~Watch() { stop(); }
    void stop() {
      if (descriptor.is_open()) (void)descriptor.release();
    }

    curl_socket_t fd;
    asio::posix::stream_descriptor descriptor;
    int wanted = 0;        // CURL_POLL_IN, _OUT or both
    bool reading = false;  // a wait is under way
    bool writing = false;
  };

  static int on_socket(CURL*, curl_socket_t fd, int what, void* data, void*) noexcept;
  static int on_timer(CURLM*, CurlLong timeout_ms, void* data) noexcept;
  void wait_for(const std::shared_ptr<Watch>& watch);
  void act(curl_socket_t fd, int events);

  asio::io_context& io_;
  bool closed_ = false;
  Multi multi_;
  asio::steady_timer timer_;
  std::uint64_t timers_set_ = 0;  // how often libcurl set its timer: only the latest counts
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
};

}  // namespace dn::net
