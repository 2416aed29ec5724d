// How connections end, begin again, and clients that end while something is under way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "hear.h"

namespace dn::net {
namespace {

using namespace test;
using testing::ElementsAre;

TEST(WsLife, AFarewellIsRepeatedWithoutItsControlCharacters) {
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

TEST(WsLife, CloseSaysFarewell) {
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

TEST(WsLife, CloseDoesNotWaitForEver) {
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

TEST(WsLife, CloseWhileConnecting) {
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
  ASSERT_GE(s.server.connections(), 1);
  client.close();
  ASSERT_TRUE(run_until(loop, [&] { return heard.closed.size() == 2; }));
  loop.poll();
  EXPECT_THAT(heard.closed, ElementsAre("closed while connecting", "closed while connecting"));
}

TEST(WsLife, ConnectsAgainFromWithinOnClosed) {
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

TEST(WsLife, MayBeDestroyedWithinItsCallbacks) {
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

TEST(WsLife, MayBeDestroyedAtAnyMoment) {
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
