// Frames both ways, who is trusted, and every way in which a connection ends.
#include "net/ws_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

#include "ask.h"

namespace dn::net {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kClose = 8;
constexpr int kPing = 9;
constexpr int kPong = 10;

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

WsOptions ws(const std::string& url, const Certificate& trusted = good_ca()) {
  WsOptions o;
  o.url = url;
  o.ca_file = trusted.pem_file;
  return o;
}

// Sends text and binary messages back; answers pings and the closing handshake.
void echo_frames(Server& server, Conn& c) {
  for (auto f = c.ws_read(); f.opcode >= 0; f = c.ws_read()) {
    server.record(std::to_string(f.opcode) + ":" + f.payload.substr(0, 100));
    if (f.opcode == kPong) continue;
    c.ws_write(f.opcode == kPing ? kPong : f.opcode, f.payload);
    if (f.opcode == kClose) return;
  }
}

void echo(Server& server, Conn& c) {
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
    EXPECT_THAT(heard.closed[0], HasSubstr(part));
    EXPECT_FALSE(client.is_open());
    EXPECT_FALSE(client.send({false, "x"}));
  }
};

TEST(WsClient, EchoesTextAndBinary) {
  Scripted s(&good(), echo);
  WsOptions o = ws(s.server.url("wss", "localhost") + "/ws?a=1");
  o.headers = {{"X-Channel", "c:1"}};
  Connected c(o);
  ASSERT_TRUE(c.client.is_open());
  const std::string bytes("\0\xff\x80", 3);
  for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65535UL, 65536UL, 300000UL}) {
    EXPECT_TRUE(c.client.send({false, std::string(size, 'x')}));
  }
  EXPECT_TRUE(c.client.send({true, bytes}));
  ASSERT_TRUE(run_until(c.loop, [&] { return c.heard.frames.size() == 8; }));
  EXPECT_EQ(c.heard.frames[6].payload, std::string(300000, 'x'));
  EXPECT_FALSE(c.heard.frames[6].binary);
  EXPECT_EQ(c.heard.frames[7].payload, bytes);
  EXPECT_TRUE(c.heard.frames[7].binary);
  EXPECT_THAT(s.server.recorded()[0], StartsWith("GET /ws?a=1 HTTP/1.1\r\n"));
  EXPECT_THAT(s.server.recorded()[0], HasSubstr("\r\nX-Channel: c:1\r\n"));
  EXPECT_EQ(s.server.server_name(), "localhost");
  EXPECT_EQ(c.heard.opened, 1);
}

TEST(WsClient, AnAddressIsNotAnnouncedAsAName) {
  Scripted s(&good(), echo);
  Connected c(ws(s.server.url("wss", "127.0.0.1")));
  EXPECT_TRUE(c.client.is_open());
  EXPECT_EQ(s.server.server_name(), "");
}

TEST(WsClient, FramesOfOneReadArriveInOrder) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.ws_accept();
    for (int i = 0; i < 1000; ++i) c.ws_write(kText, std::to_string(i));
    c.wait_for_close();
  });
  Connected c(ws(s.server.url("wss")));
  ASSERT_TRUE(run_until(c.loop, [&] { return c.heard.frames.size() == 1000; }));
  for (std::size_t i = 0; i < 1000; ++i) ASSERT_EQ(c.heard.frames[i].payload, std::to_string(i));
}

TEST(WsClient, PingIsAnsweredByPongBothWays) {
  Scripted s(&good(), [](Server& server, Conn& c) {
    c.ws_accept();
    c.ws_write(kPing, "are you there");
    echo_frames(server, c);
  });
  Connected c(ws(s.server.url("wss")));
  c.client.ping();
  ASSERT_TRUE(run_until(c.loop, [&] { return c.heard.pongs == 1; }));
  s.server.wait_recorded(2);
  EXPECT_EQ(s.server.count("10:are you there"), 1);
  EXPECT_TRUE(c.client.is_open());
}

TEST(WsClient, CertificatesAreVerified) {
  const struct {
    const Certificate& certificate;
    const Certificate& trusted;
    const char* word;
  } cases[] = {{wrong_host(), good_ca(), "mismatch"}, {expired(), good_ca(), "expired"}, {good(), other_ca(), "unable to get local issuer certificate"}};
  for (const auto& one : cases) {
    for (const char* host : {"127.0.0.1", "localhost"}) {
      Scripted s(&one.certificate, echo);
      Connected c(ws(s.server.url("wss", host), one.trusted));
      EXPECT_EQ(c.heard.opened, 0);
      c.expect_closed("certificate refused: ");
      c.expect_closed(one.word);
      EXPECT_EQ(s.server.recorded().size(), 0U);
    }
  }
}

TEST(WsClient, TheSystemsCertificatesDoNotIncludeOurs) {
  Scripted s(&good(), echo);
  WsOptions o = ws(s.server.url("wss"));
  o.ca_file = "";
  Connected(o).expect_closed("certificate refused: ");
  o.ca_file = "/nowhere.pem";
  Connected(o).expect_closed("the file of trusted certificates cannot be read");
}

TEST(WsClient, PlainWsIsForLoopbackOnly) {
  Scripted s(nullptr, echo);
  Connected c(ws(s.server.url("ws")));
  EXPECT_TRUE(c.client.send({false, "x"}));
  EXPECT_TRUE(run_until(c.loop, [&] { return c.heard.frames.size() == 1; }));
  for (const char* url : {"ws://192.0.2.1/", "ws://example.com/", "https://127.0.0.1/", "wss://u:p@127.0.0.1/", "", "x"}) {
    Connected(ws(url)).expect_closed("the server's address is not a wss URL");
  }
}

TEST(WsClient, RefusedConnections) { Connected(ws("wss://127.0.0.1:" + std::to_string(unused_port()))).expect_closed("connection refused"); }

TEST(WsClient, OtherAnswersAreTold) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.read_request();
    c.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    c.wait_for_close();
  });
  Connected(ws(s.server.url("wss"))).expect_closed("HTTP 403");
}

TEST(WsClient, RedirectsAreNotFollowed) {
  Scripted s(&good(), [](Server& server, Conn& c) {
    server.record(c.read_request());
    c.write("HTTP/1.1 302 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n");
    c.wait_for_close();
  });
  Connected(ws(s.server.url("wss"))).expect_closed("HTTP 302");
  EXPECT_EQ(s.server.recorded().size(), 1U);
}

TEST(WsClient, AWrongAcceptKeyIsNoWebSocket) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.read_request();
    c.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
    c.wait_for_close();
  });
  Connected c(ws(s.server.url("wss")));
  c.expect_closed("no connection");
  EXPECT_EQ(c.heard.opened, 0);
}

TEST(WsClient, SilentServersTimeOut) {
  Scripted before_tls(&good(), {}, true);
  Scripted after_tls(&good(), [](Server&, Conn& c) { c.wait_for_close(); });
  for (const auto* s : {&before_tls, &after_tls}) {
    WsOptions o = ws(s->server.url("wss"));
    o.connect_timeout = milliseconds(150);
    const auto begin = Clock::now();
    Connected c(o);
    c.expect_closed("timeout while connecting");
    EXPECT_GE(Clock::now() - begin, milliseconds(150));
  }
}

TEST(WsClient, OversizedMessagesEndTheConnection) {
  for (const bool in_parts : {false, true}) {
    Scripted s(&good(), [in_parts](Server&, Conn& c) {
      c.ws_accept();
      c.ws_write(kText, std::string(1000, 'x'));
      if (in_parts) {
        const std::string first = std::string("\x01\x7e\x02\x58", 4) + std::string(600, 'x');  // no FIN, 600 bytes
        const std::string last = std::string("\x80\x7e\x02\x58", 4) + std::string(600, 'x');
        c.write(first + last);
      } else {
        c.ws_write(kText, std::string(1001, 'x'));
      }
      c.wait_for_close();
    });
    WsOptions o = ws(s.server.url("wss"));
    o.max_message_bytes = 1000;
    Connected c(o);
    c.expect_closed("connection lost");
    ASSERT_EQ(c.heard.frames.size(), 1U);
    EXPECT_EQ(c.heard.frames[0].payload.size(), 1000U);
  }
}

TEST(WsClient, BrokenFramesEndTheConnection) {
  for (const std::string& bytes : {std::string("\x83\x01x", 3), std::string("\xf1\x01x", 3), std::string("\x81\x81xxxxx", 7), std::string("\x81\x01\xff", 3)}) {
    Scripted s(&good(), [bytes](Server&, Conn& c) {
      c.ws_accept();
      c.write(bytes);  // unknown opcode; reserved bits; masked by a server; text that is not UTF-8
      c.wait_for_close();
    });
    Connected c(ws(s.server.url("wss")));
    c.expect_closed("connection lost");
    EXPECT_EQ(c.heard.frames.size(), 0U);
  }
}

TEST(WsClient, ServersThatGoAwayAreToldOnce) {
  for (const bool farewell : {true, false}) {
    for (const bool half_frame : {true, false}) {
      Scripted s(&good(), [=](Server&, Conn& c) {
        c.ws_accept();
        c.ws_write(kText, "last words");
        if (half_frame) c.write(std::string("\x81\x7e", 2));
        if (!farewell) c.cut();
      });
      Connected c(ws(s.server.url("wss")));
      c.expect_closed("connection lost");
      EXPECT_EQ(c.heard.frames.size(), 1U) << "what came before the end is delivered";
    }
  }
}

TEST(WsClient, AFarewellIsRepeatedWithoutItsControlCharacters) {
  Scripted s(&good(), [](Server& server, Conn& c) {
    c.ws_accept();
    c.ws_write(kClose, std::string("\x03\xe9", 2) + "mainten\x1b[31mance");
    server.record(std::to_string(c.ws_read().opcode));
  });
  Connected c(ws(s.server.url("wss")));
  c.expect_closed("closed, code 1001: mainten?[31mance");
  s.server.wait_recorded(1);
  EXPECT_THAT(s.server.recorded(), ElementsAre("8"));
}

TEST(WsClient, CloseSaysFarewell) {
  Scripted s(&good(), echo);
  Connected c(ws(s.server.url("wss")));
  c.client.close();
  EXPECT_FALSE(c.client.is_open());
  EXPECT_FALSE(c.client.send({false, "x"}));
  EXPECT_EQ(c.heard.closed.size(), 0U) << "told from within the loop";
  c.client.close();
  c.expect_closed("closed, code 1000");
  c.client.close();
  c.loop.poll();
  EXPECT_EQ(c.heard.closed.size(), 1U);
}

TEST(WsClient, CloseDoesNotWaitForEver) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.ws_accept();
    c.wait_for_close();
  });
  WsOptions o = ws(s.server.url("wss"));
  o.close_timeout = milliseconds(100);
  Connected c(o);
  c.client.close();
  c.expect_closed("closed");
}

TEST(WsClient, CloseWhileConnecting) {
  Scripted s(&good(), {}, true);
  Loop loop;
  Heard heard;
  WsClient client(loop, heard);
  client.connect(ws(s.server.url("wss")));
  client.close();
  EXPECT_EQ(heard.closed.size(), 0U);
  ASSERT_TRUE(run_until(loop, [&] { return !heard.closed.empty(); }));
  client.connect(ws(s.server.url("wss")));
  for (int i = 0; i < 1000 && s.server.connections() == 0; ++i) loop.run_one_until(Clock::now() + milliseconds(10));
  ASSERT_EQ(s.server.connections(), 1);
  client.close();
  ASSERT_TRUE(run_until(loop, [&] { return heard.closed.size() == 2; }));
  loop.poll();
  EXPECT_THAT(heard.closed, ElementsAre("closed while connecting", "closed while connecting"));
}

TEST(WsClient, ConnectsAgainFromWithinOnClosed) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.ws_accept();
    c.ws_write(kText, "hello");
    c.cut();
  });
  Loop loop;
  Heard heard;
  WsClient client(loop, heard);
  const WsOptions o = ws(s.server.url("wss"));
  heard.at_closed = [&] {
    if (heard.closed.size() < 10) client.connect(o);
  };
  client.connect(o);
  ASSERT_TRUE(run_until(loop, [&] { return heard.closed.size() == 10; }));
  EXPECT_EQ(heard.opened, 10);
  EXPECT_EQ(heard.frames.size(), 10U);
}

TEST(WsClient, RefusesWhatItCannotSend) {
  Scripted s(&good(), [](Server& server, Conn& c) {
    c.ws_accept();
    server.wait_recorded(1);  // reads nothing meanwhile
  });
  WsOptions o = ws(s.server.url("wss"));
  o.max_unsent_bytes = 8U << 20U;
  Connected c(o);
  EXPECT_FALSE(c.client.send({false, "\xff"})) << "not UTF-8";
  EXPECT_FALSE(c.client.send({true, std::string(o.max_unsent_bytes + 1, 'x')}));
  int sent = 0;
  while (sent < 1000 && c.client.send({true, std::string(1U << 20U, 'x')})) {
    ++sent;
    c.loop.poll();
  }
  EXPECT_GE(sent, 8);
  EXPECT_LT(sent, 1000);
  EXPECT_TRUE(c.client.is_open());
  s.server.record("go");
  EXPECT_TRUE(c.wait_closed());
}

TEST(WsClient, MalformedHeadersAreRefused) {
  Scripted s(&good(), echo);
  for (const wire::Headers& headers : {wire::Headers{{"A", "b\r\nC: d"}}, wire::Headers{{"A\r\nB", "c"}}}) {
    WsOptions o = ws(s.server.url("wss"));
    o.headers = headers;
    Connected(o).expect_closed("a header is malformed");
  }
}

TEST(WsClient, ProxiesOfTheEnvironmentAreIgnored) {
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(unused_port());
  const char* names[] = {"http_proxy", "https_proxy", "wss_proxy", "all_proxy", "ALL_PROXY"};
  for (const char* name : names) setenv(name, nowhere.c_str(), 1);
  Scripted s(&good(), echo);
  EXPECT_TRUE(Connected(ws(s.server.url("wss"))).client.is_open());
  for (const char* name : names) unsetenv(name);
}

TEST(WsClient, MayBeDestroyedWithinItsCallbacks) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.ws_accept();
    for (int i = 0; i < 10; ++i) c.ws_write(kText, "x");
    c.cut();
  });
  for (int when = 0; when < 3; ++when) {
    Loop loop;
    Heard heard;
    auto client = std::make_unique<WsClient>(loop, heard);
    bool gone = false;
    const auto destroy = [&] {
      client.reset();
      gone = true;
    };
    (when == 0 ? heard.at_open : when == 1 ? heard.at_frame : heard.at_closed) = destroy;
    client->connect(ws(s.server.url("wss")));
    ASSERT_TRUE(run_until(loop, [&] { return gone; }));
    loop.run_one_until(Clock::now() + milliseconds(20));
    loop.poll();
    EXPECT_EQ(heard.closed.size(), when == 2 ? 1U : 0U);
    EXPECT_EQ(heard.frames.size(), when == 0 ? 0U : when == 1 ? 1U : 10U);
  }
}

TEST(WsClient, MayBeDestroyedAtAnyMoment) {
  Scripted s(&good(), echo);
  for (const bool loop_too : {false, true}) {
    for (const char* host : {"localhost", "127.0.0.1"}) {
      for (int handlers = 0; handlers < 25; ++handlers) {
        auto loop = std::make_unique<Loop>();
        Heard heard;
        {
          WsClient client(*loop, heard);
          heard.at_open = [&] {
            client.send({false, "x"});
            client.ping();
          };
          heard.at_frame = [&] { client.close(); };
          client.connect(ws(s.server.url("wss", host)));
          for (int i = 0; i < handlers && heard.closed.empty(); ++i) loop->run_one_until(Clock::now() + seconds(5));
        }
        const auto closed = heard.closed.size();
        if (loop_too) {
          loop.reset();
          continue;
        }
        loop->run_one_until(Clock::now() + milliseconds(2));
        loop->poll();
        EXPECT_EQ(heard.closed.size(), closed);
      }
    }
  }
}

}  // namespace
}  // namespace dn::net
