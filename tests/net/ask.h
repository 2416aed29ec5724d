// Short words for the tests of the HTTP client.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "net/http_client.h"
#include "net/loop.h"
#include "server.h"

namespace dn::net::test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// Runs the loop until `ready`, at most ten seconds.
template <class Ready>
bool run_until(Loop& loop, Ready ready) {
  const auto end = Clock::now() + seconds(10);
  while (!ready()) {
    if (Clock::now() >= end) return false;
    loop.run_one_until(end);
  }
  return true;
}

inline wire::HttpRequest request(std::string method, std::string target, std::string body = "", wire::Headers headers = {}) {
  wire::HttpRequest r;
  r.method = std::move(method);
  r.target = std::move(target);
  r.body = std::move(body);
  r.headers = std::move(headers);
  return r;
}

inline wire::HttpResponse ask(Loop& loop, HttpClient& client, const wire::HttpRequest& r, milliseconds deadline = seconds(8)) {
  std::optional<wire::HttpResponse> response;
  client.send(r, deadline, [&](wire::HttpResponse got) { response = std::move(got); });
  if (!run_until(loop, [&] { return response.has_value(); })) return {-1, {}, "", "done was not called", false};
  return *response;
}

inline HttpOptions options(const std::string& base, const Certificate& trusted = good_ca()) {
  HttpOptions o;
  o.base = base;
  o.ca_file = trusted.pem_file;
  return o;
}

inline std::string ok(const std::string& body = "{}") {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A server whose script may name it.
struct Scripted {
  Server server;
  Scripted(const Certificate* certificate, std::function<void(Server&, Conn&)> script, bool hang = false)
      : server(
            certificate, [this, script = std::move(script)](Conn& c) { script(server, c); }, hang) {}
  explicit Scripted(const Certificate* certificate = &good())
      : Scripted(certificate, [](Server& s, Conn& c) {
          for (std::string r = c.read_request(); !r.empty(); r = c.read_request()) {
            s.record(r);
            c.write(ok());
          }
        }) {}
};

}  // namespace dn::net::test
