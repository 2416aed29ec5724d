// HTTPS requests to one server over kept connections, asynchronously on a Loop.
//
// Each request is sent at most once: a connection that dies under it is an error for the caller to judge, never a silent
// second attempt, since the request may be an order. Redirects are not followed, proxies of the environment are ignored,
// certificates and host names are always verified (TLS 1.2 or later); plain http is for loopback hosts only.
//
// Ownership: requests are copied; the Loop outlives the client. Destroying the client drops its requests without a call.
// Thread rule: the loop's thread. Error rule: every failure is a response with status 0; its text holds neither the
// request's target nor its headers. Nothing throws.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "wire/http.h"

namespace dn::net {

class Loop;

struct HttpOptions {
  std::string base;                          // "https://host:port"
  std::string ca_file;                       // PEM; the only certificates that are trusted then. Empty: those of the system
  std::size_t max_reply_bytes = 16U << 20U;  // headers and body of one reply
  int max_connections = 4;                   // requests under way at a time; further ones wait for their turn
};

class HttpClient {
 public:
  using Done = std::function<void(wire::HttpResponse)>;

  HttpClient(Loop& loop, HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Calls `done` exactly once, from within the loop, never from within send; at the deadline at the latest.
  void send(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done done);
  // The same over a line that is kept open for it, where one is free and `leave` more: written before the call returns. Otherwise as send.
  void send_at_once(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done done, std::size_t leave = 0);
  // From now on so many lines are kept open besides max_connections, whatever becomes of them.
  void keep_lines(std::size_t count);
  std::size_t free_lines() const;
  std::size_t in_flight() const;  // requests whose `done` is still to come

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace dn::net
