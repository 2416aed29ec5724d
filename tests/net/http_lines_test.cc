// Requests over connections that are kept open for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "ask.h"

namespace dn::net {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Kept {
  Kept(const std::string& base, std::size_t count, const std::function<void(HttpOptions&)>& change = {}) {
    HttpOptions o = options(base);
    if (change) change(o);
    client = std::make_unique<HttpClient>(loop, o);
    client->keep_lines(count);
    EXPECT_TRUE(wait_for(count));
  }
  bool wait_for(std::size_t count) {
    return run_until(loop, [&] { return client->free_lines() >= count; });
  }
  wire::HttpResponse ask(const wire::HttpRequest& r, milliseconds deadline = seconds(8)) {
    std::optional<wire::HttpResponse> response;
    client->send_at_once(r, deadline, [&](wire::HttpResponse got) { response = std::move(got); });
    if (!run_until(loop, [&] { return response.has_value(); })) return {-1, {}, "", "done was not called", false};
    return *response;
  }

  Loop loop;
  std::unique_ptr<HttpClient> client;
};

TEST(HttpLines, ARequestIsOnTheWireBeforeTheLoopGoesOn) {
  Scripted s;
  Kept kept(s.server.url("https"), 1);
  bool answered = false;
  kept.client->send_at_once(request("POST", "/order?a=1", "{}", {{"KEY", "k:1"}}), seconds(8),
                            [&](const wire::HttpResponse& r) { answered = r.status == 200; });
  s.server.wait_recorded(1);  // the loop has not run since
  ASSERT_EQ(s.server.recorded().size(), 1U);
  EXPECT_FALSE(answered);
  EXPECT_EQ(kept.client->in_flight(), 1U);
  ASSERT_TRUE(run_until(kept.loop, [&] { return answered; }));
  EXPECT_EQ(kept.client->in_flight(), 0U);
}

TEST(HttpLines, ManyRequestsGoOverTheSameLine) {
  Scripted s;
  Kept kept(s.server.url("https"), 1);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(kept.ask(request(i % 2 == 0 ? "GET" : "POST", "/x", i % 2 == 0 ? "" : "{}")).status, 200);
  EXPECT_EQ(s.server.connections(), 1);
  EXPECT_EQ(s.server.recorded().size(), 50U);
}

// A venue must not be able to tell by which way a request came.
TEST(HttpLines, TheBytesAreThoseOfATransfer) {
  Scripted s;
  Kept kept(s.server.url("https"), 1);
  const wire::HttpRequest requests[] = {request("GET", "/a/../b//c?x=%2f&y=[1,2]&z={\"q\":1}&signature=AbC", "", {{"KEY", "k:1"}, {"Empty", ""}}),
                                        request("POST", "/order?a=1", "", {{"Content-Type", "application/json"}}),
                                        request("DELETE", "/order?a=1", "", {{"Content-Type", "application/json"}}),
                                        request("POST", "/b", "a=1&b=\"x\"\n", {{"Content-Type", "text/x"}}), request("PUT", "/b", "{}")};
  for (const auto& r : requests) {
    ASSERT_EQ(ask(kept.loop, *kept.client, r).status, 200);
    const std::string by_transfer = s.server.recorded().back();
    ASSERT_TRUE(kept.wait_for(1));
    ASSERT_EQ(kept.ask(r).status, 200);
    const auto lines = [](std::string head) {
      std::vector<std::string> out;
      for (std::size_t at = 0; (at = head.find("\r\n")) != std::string::npos; head.erase(0, at + 2)) out.push_back(head.substr(0, at));
      out.push_back(head);
      return out;
    };
    EXPECT_THAT(lines(s.server.recorded().back()), testing::UnorderedElementsAreArray(lines(by_transfer))) << r.method << " " << r.target;
  }
}

TEST(HttpLines, SendsBodiesThatNoSocketTakesAtOnce) {
  Scripted s;
  Kept kept(s.server.url("https"), 1);
  std::string body(8'000'000, 'y');
  body += '\0';
  EXPECT_EQ(kept.ask(request("POST", "/b", body)).status, 200);
  const std::string got = s.server.recorded().back();
  EXPECT_EQ(got.substr(got.find("\r\n\r\n") + 4), body);
  EXPECT_EQ(s.server.connections(), 1);
}

TEST(HttpLines, RepliesComeAsTheyAre) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.read_request();
    const std::string reply =
        "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 429 Slow\r\nRetry-AFTER:  7 \r\nX-Two: a\r\nx-two: b\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for (const char byte : reply) c.write(std::string(1, byte));
    c.read_request();
    c.write("HTTP/1.1 204 Nothing\r\n\r\n");
    c.wait_for_close();
  });
  Kept kept(s.server.url("https"), 1);
  const auto r = kept.ask(request("GET", "/"));
  EXPECT_EQ(r.status, 429);
  EXPECT_EQ(r.body, "abcde");
  EXPECT_EQ(wire::header(r, "retry-after"), "7");
  EXPECT_EQ(wire::header(r, "x-two"), "a");
  EXPECT_EQ(wire::header(r, "x-interim"), "");
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(kept.ask(request("GET", "/")).status, 204);
}

TEST(HttpLines, TwoLeaveAtOnceAndTheThirdTakesAnotherWay) {
  Scripted s(&good(), [](Server& server, Conn& c) {
    server.record(c.read_request());
    server.wait_recorded(3);
    c.write(ok());
    c.wait_for_close();
  });
  Kept kept(s.server.url("https"), 2);
  int answered = 0;
  for (int i = 0; i < 3; ++i) {
    kept.client->send_at_once(request("POST", "/" + std::to_string(i), "{}"), seconds(8),
                              [&](const wire::HttpResponse& r) { answered += r.status == 200 ? 1 : 0; });
  }
  EXPECT_EQ(kept.client->in_flight(), 3U);
  ASSERT_TRUE(run_until(kept.loop, [&] { return answered == 3; }));
  EXPECT_EQ(s.server.connections(), 3);
}

// Every way to end before the reply is complete is an error, sent once, with a farewell or without; and the line is made anew.
TEST(HttpLines, HalfRepliesAreNoReplies) {
  const char* halves[] = {"",
                          "HTTP/1.1 200 OK\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                          "HTTP/1.1 200 OK\r\n\r\nhalf of it?",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
                          "HTTP/1.1 100 Continue\r\n\r\n"};
  for (const char* half : halves) {
    for (const bool farewell : {true, false}) {
      Scripted s(&good(), [&](Server& server, Conn& c) {
        const std::string got = c.read_request();
        if (got.empty()) return;
        server.record(got);
        if (got.find("/whole") != std::string::npos) {
          c.write(ok());
          return c.wait_for_close();
        }
        c.write(half);
        if (!farewell) c.cut();
      });
      Kept kept(s.server.url("https"), 1);
      const auto r = kept.ask(request("POST", "/order?signature=s3cret", "{}", {{"KEY", "s3cret"}}));
      EXPECT_EQ(r.status, 0) << half;
      EXPECT_EQ(r.body, "") << half;
      EXPECT_EQ(r.error, "the peer closed the connection before a complete answer") << half;
      EXPECT_FALSE(r.never_left) << half;
      EXPECT_EQ(s.server.count("/order"), 1) << half;
      ASSERT_TRUE(kept.wait_for(1)) << "the line is made anew";
      EXPECT_EQ(kept.ask(request("POST", "/whole", "{}")).status, 200);
      EXPECT_EQ(s.server.count("/order"), 1);
    }
  }
}

TEST(HttpLines, WhatIsNoReplyIsAnError) {
  const struct {
    std::string reply;
    std::string error;
  } cases[] = {{"SSH-2.0-nothing\r\n\r\n", "the answer is not HTTP"},
               {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n", "the answer is not HTTP"},
               {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "the answer is not HTTP"},
               {ok(std::string(2000, 'x')), "the reply is larger than 1000 bytes"},
               {"HTTP/1.1 200 OK\r\nX: " + std::string(2000, 'x') + "\r\nContent-Length: 0\r\n\r\n", "the reply is larger than 1000 bytes"},
               {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "timeout"}};
  for (const auto& one : cases) {
    Scripted s(&good(), [&](Server&, Conn& c) {
      c.read_request();
      c.write(one.reply);
      c.wait_for_close();
    });
    Kept kept(s.server.url("https"), 1, [](HttpOptions& o) { o.max_reply_bytes = 1000; });
    const auto r = kept.ask(request("GET", "/"), milliseconds(300));
    EXPECT_EQ(r.status, 0) << one.reply;
    EXPECT_EQ(r.body, "");
    EXPECT_EQ(r.error, one.error) << one.reply;
    EXPECT_FALSE(r.never_left);
  }
}

// What comes after a reply, or without a question, is nobody's answer: the next request must not take it for its own.
TEST(HttpLines, AReplyTooManyEndsTheLine) {
  for (const bool at_once : {true, false}) {
    Scripted s(&good(), [&](Server& server, Conn& c) {
      server.record(c.read_request());
      if (at_once) {
        c.write(ok("1") + ok("2"));
      } else {
        c.write(ok("1"));
        c.write(ok("2"));
      }
      server.record("answered");
      c.wait_for_close();
    });
    Kept kept(s.server.url("https"), 1);
    for (std::size_t i = 1; i <= 3; ++i) {
      EXPECT_EQ(kept.ask(request("GET", "/")).body, "1");
      s.server.wait_recorded(2 * i);  // on loopback, what was sent has arrived
      EXPECT_EQ(s.server.recorded().size(), 2 * i);
    }
    EXPECT_EQ(s.server.connections(), 3);
  }
}

// The rest of a request that is answered before it has left must not be sent behind the answer, nor before the next request.
TEST(HttpLines, AReplyBeforeTheRequestHasLeftEndsTheLine) {
  Scripted s(&good(), [](Server& server, Conn& c) {
    const std::string first = c.read_bytes(11);
    server.record(first);
    c.write(ok(first));
    c.wait_for_close();
  });
  Kept kept(s.server.url("https"), 1);
  EXPECT_EQ(kept.ask(request("POST", "/large", std::string(30'000'000, 'y'))).body, "POST /large");
  EXPECT_EQ(kept.ask(request("POST", "/order", "{}")).body, "POST /order");
  EXPECT_EQ(s.server.connections(), 2);
}

TEST(HttpLines, AnIdleLineThatWasClosedIsNotUsed) {
  for (const bool farewell : {true, false}) {
    Scripted s(&good(), [farewell](Server& server, Conn& c) {
      server.record(c.read_request());
      c.write(ok());
      if (farewell) c.end();
      c.cut();
      server.record("closed");
    });
    Kept kept(s.server.url("https"), 1);
    for (std::size_t i = 1; i <= 5; ++i) {
      const auto r = kept.ask(request("POST", "/", "{}"));
      EXPECT_EQ(r.status, 200) << r.error;
      s.server.wait_recorded(2 * i);  // on loopback, what was sent has arrived
    }
  }
}

TEST(HttpLines, NoLineToAStranger) {
  const struct {
    const Certificate& certificate;
    const Certificate& trusted;
  } cases[] = {{wrong_host(), good_ca()}, {expired(), good_ca()}, {good(), other_ca()}};
  for (const auto& one : cases) {
    Scripted s(&one.certificate);
    Loop loop;
    HttpClient client(loop, options(s.server.url("https"), one.trusted));
    client.keep_lines(1);
    for (int i = 0; i < 2; ++i) {
      std::optional<wire::HttpResponse> response;
      client.send_at_once(request("POST", "/", "{}"), seconds(8), [&](wire::HttpResponse got) { response = std::move(got); });
      ASSERT_TRUE(run_until(loop, [&] { return response.has_value(); }));
      EXPECT_THAT(response->error, HasSubstr("certificate refused"));
      EXPECT_TRUE(response->never_left);
    }
    EXPECT_EQ(client.free_lines(), 0U);
    EXPECT_EQ(s.server.recorded().size(), 0U);
  }
}

TEST(HttpLines, MalformedRequestsAreNotSent) {
  Scripted s;
  Kept kept(s.server.url("https"), 1);
  for (const auto& bad :
       {request("GET\r\n", "/"), request("GET", "//a b"), request("GET", "/", "", {{"A", "b\r\nC: d"}}), request("GET", "/", "", {{"Host", "c"}})}) {
    const auto r = kept.ask(bad);
    EXPECT_THAT(r.error, StartsWith("not sent: "));
    EXPECT_TRUE(r.never_left);
  }
  EXPECT_EQ(s.server.recorded().size(), 0U);
}

TEST(HttpLines, MayBeDestroyedWithinDoneAndAtAnyMoment) {
  Scripted s;
  {
    Kept kept(s.server.url("https"), 2);
    int calls = 0;
    for (int i = 0; i < 2; ++i) {
      kept.client->send_at_once(request("GET", "/"), seconds(8), [&](const wire::HttpResponse&) {
        ++calls;
        kept.client.reset();
      });
    }
    ASSERT_TRUE(run_until(kept.loop, [&] { return calls > 0; }));
    kept.loop.poll();
    EXPECT_EQ(calls, 1);
  }
  for (int handlers = 0; handlers < 20; ++handlers) {
    Loop loop;
    int calls = 0;
    {
      HttpClient client(loop, options(s.server.url("https")));
      client.keep_lines(2);
      for (int i = 0; i < handlers; ++i) loop.run_one_until(Clock::now() + milliseconds(50));
      for (int i = 0; i < 2; ++i) client.send_at_once(request("POST", "/", "{}"), seconds(8), [&](const wire::HttpResponse&) { ++calls; });
      loop.run_one_until(Clock::now() + milliseconds(50));
    }
    const int before = calls;
    loop.poll();
    EXPECT_EQ(calls, before);
  }
}

// A server that is away is asked again, with pauses: not forever at once.
TEST(HttpLines, ALineThatCannotBeMadeIsTriedAgainWithPauses) {
  Scripted s(nullptr, [](Server&, Conn& c) { c.cut(); });
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  client.keep_lines(1);
  ASSERT_TRUE(run_until(loop, [&] { return s.server.connections() >= 3; }));
  EXPECT_EQ(client.free_lines(), 0U);
  const int before = s.server.connections();
  const auto end = Clock::now() + milliseconds(300);
  while (Clock::now() < end) loop.run_one_until(end);
  EXPECT_LE(s.server.connections(), before + 1);
}

}  // namespace
}  // namespace dn::net
