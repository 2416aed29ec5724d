// Requests that wait, deadlines, and clients that end while something is under way.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "ask.h"

namespace dn::net {
namespace {

using namespace test;

TEST(HttpLife, RequestsBeyondTheLimitWaitForTheirTurn) {
  Scripted s;
  Loop loop;
  HttpOptions o = options(s.server.url("https"));
  o.max_connections = 2;
  HttpClient client(loop, o);
  std::vector<int> order;
  for (int i = 0; i < 20; ++i) {
    client.send(request("GET", "/" + std::to_string(i)), seconds(8), [&order, i](const wire::HttpResponse& r) {
      if (r.status == 200) order.push_back(i);
    });
  }
  EXPECT_EQ(client.in_flight(), 20U);
  ASSERT_TRUE(run_until(loop, [&] { return client.in_flight() == 0; }));
  EXPECT_EQ(order.size(), 20U);
  EXPECT_LE(s.server.connections(), 2);
}

TEST(HttpLife, AWaitingRequestHasItsDeadlineToo) {
  Scripted s(&good(), [](Server& server, Conn& c) {
    server.record(c.read_request());
    c.wait_for_close();
  });
  Loop loop;
  HttpOptions o = options(s.server.url("https"));
  o.max_connections = 1;
  HttpClient client(loop, o);
  bool first = false;
  client.send(request("POST", "/first", "{}"), milliseconds(600), [&](const wire::HttpResponse&) { first = true; });
  const auto r = ask(loop, client, request("POST", "/second", "{}"), milliseconds(300));
  EXPECT_FALSE(first);
  EXPECT_EQ(r.error, "timeout");
  EXPECT_TRUE(r.never_left);
  ASSERT_TRUE(run_until(loop, [&] { return first; }));
  EXPECT_EQ(s.server.count("/second"), 0);
}

TEST(HttpLife, DoneIsCalledFromTheLoopAndMaySend) {
  Scripted s;
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  HttpClient broken(loop, options("nonsense"));
  bool in_loop = false;
  int calls = 0;
  std::function<void(wire::HttpResponse)> again = [&](const wire::HttpResponse&) {
    EXPECT_TRUE(in_loop);
    ++calls;
    in_loop = false;
    if (calls < 10) (calls % 2 == 0 ? client : broken).send(request("GET", "/"), seconds(8), again);
    in_loop = true;
  };
  client.send(request("GET", "/"), seconds(8), again);
  broken.send(request("GET", "/"), seconds(8), again);
  in_loop = true;
  ASSERT_TRUE(run_until(loop, [&] { return calls >= 11 && client.in_flight() + broken.in_flight() == 0; }));
}

TEST(HttpLife, ADeadlineOfNothingEndsInTheLoop) {
  Scripted s;
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  EXPECT_EQ(ask(loop, client, request("GET", "/"), milliseconds(0)).error, "timeout");
}

TEST(HttpLife, MayBeDestroyedWithinDone) {
  Scripted s;
  Loop loop;
  for (const int connections : {1, 4}) {
    HttpOptions o = options(s.server.url("https"));
    o.max_connections = connections;
    auto client = std::make_unique<HttpClient>(loop, o);
    int calls = 0;
    for (int i = 0; i < 8; ++i) {
      client->send(request("GET", "/"), seconds(8), [&](const wire::HttpResponse&) {
        ++calls;
        client.reset();
      });
    }
    ASSERT_TRUE(run_until(loop, [&] { return calls > 0; }));
    loop.poll();
    EXPECT_EQ(calls, 1);
  }
}

TEST(HttpLife, MayBeDestroyedAtAnyMoment) {
  Scripted s;
  Loop loop;
  for (const char* host : {"localhost", "127.0.0.1"}) {
    for (int handlers = 0; handlers < 30; ++handlers) {
      int calls = 0;
      {
        HttpClient client(loop, options(s.server.url("https", host)));
        for (int i = 0; i < 3; ++i) client.send(request("POST", "/", "{}"), seconds(8), [&](const wire::HttpResponse&) { ++calls; });
        for (int i = 0; i < handlers && client.in_flight() > 0; ++i) loop.run_one_until(Clock::now() + seconds(5));
      }
      const int before = calls;
      loop.poll();
      EXPECT_EQ(calls, before);
    }
  }
}

TEST(Loop, WaitsUntilItsDeadline) {
  Loop loop;
  const auto begin = Clock::now();
  EXPECT_EQ(loop.run_one_until(begin + milliseconds(20)), 0U);
  EXPECT_GE(Clock::now(), begin + milliseconds(20));
  EXPECT_EQ(loop.run_one_until(begin), 0U) << "a deadline of the past does not wait";
  EXPECT_EQ(loop.poll(), 0U);
}

}  // namespace
}  // namespace dn::net
