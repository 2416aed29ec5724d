// Frames both ways, who is trusted, and every way in which a connection ends.
#include "net/ws_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "hear.h"

namespace dn::net {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::StartsWith;

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

}  // namespace
}  // namespace dn::net
