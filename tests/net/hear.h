// Short words for the tests of the WebSocket client.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ask.h"
#include "net/ws_client.h"

namespace dn::net::test {

inline constexpr int kText = 1;
inline constexpr int kBinary = 2;
inline constexpr int kClose = 8;
inline constexpr int kPing = 9;
inline constexpr int kPong = 10;

struct Heard : WsHandler {
  void on_open() override {
    ++opened;
    if (at_open) at_open();
  }
  void on_frame(const wire::Frame& frame) override {
    frames.push_back(frame);
    if (at_frame) at_frame();
  }
  void on_pong() override { ++pongs; }
  void on_closed(std::string why) override {
    closed.push_back(std::move(why));
    if (at_closed) at_closed();
  }

  int opened = 0;
  int pongs = 0;
  std::vector<wire::Frame> frames;
  std::vector<std::string> closed;
  std::function<void()> at_open, at_frame, at_closed;
};

inline WsOptions ws(const std::string& url, const Certificate& trusted = good_ca()) {
  WsOptions o;
  o.url = url;
  o.ca_file = trusted.pem_file;
  return o;
}

// Sends text and binary messages back; answers pings and the closing handshake.
inline void echo_frames(Server& server, Conn& c) {
  for (auto f = c.ws_read(); f.opcode >= 0; f = c.ws_read()) {
    server.record(std::to_string(f.opcode) + ":" + f.payload.substr(0, 100));
    if (f.opcode == kPong) continue;
    c.ws_write(f.opcode == kPing ? kPong : f.opcode, f.payload);
    if (f.opcode == kClose) return;
  }
}

inline void echo(Server& server, Conn& c) {
  server.record(c.ws_accept());
  echo_frames(server, c);
}

// A client that is connected to `url`.
struct Connected {
  Loop loop;
  Heard heard;
  WsClient client{loop, heard};

  explicit Connected(const WsOptions& options) {
    client.connect(options);
    EXPECT_FALSE(client.is_open()) << "nothing happens outside of the loop";
    EXPECT_TRUE(run_until(loop, [&] { return heard.opened == 1 || !heard.closed.empty(); }));
  }
  bool wait_closed() {
    return run_until(loop, [&] { return !heard.closed.empty(); });
  }
  // Nothing is told after on_closed, and it is told once.
  void expect_closed(const std::string& part) {
    ASSERT_TRUE(wait_closed());
    loop.poll();
    ASSERT_EQ(heard.closed.size(), 1U);
    EXPECT_THAT(heard.closed[0], testing::HasSubstr(part));
    EXPECT_FALSE(client.is_open());
    EXPECT_FALSE(client.send({false, "x"}));
  }
};

}  // namespace dn::net::test
