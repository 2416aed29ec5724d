#include "net/http_client.h"

#include <gtest/gtest.h>

#include "net/loop.h"
#include "net/url.h"
#include "test_server.h"

namespace dn::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::make_certificate;
using testing::Peer;
using testing::TestServer;

class Http : public ::testing::Test {
 protected:
  HttpOptions options(const TestServer& s) const { return {s.https(), s.ca_file, 1U << 16U, 2}; }
  // Sends and runs the loop until the answer is there.
  wire::HttpResponse ask(HttpClient& client, const wire::HttpRequest& request, milliseconds deadline = milliseconds(5000)) {
    std::optional<wire::HttpResponse> answer;
    client.send(request, deadline, [&](wire::HttpResponse r) { answer = std::move(r); });
    EXPECT_FALSE(answer) << "never from within send";
    const auto end = steady_clock::now() + milliseconds(20'000);
    while (!answer && steady_clock::now() < end) loop.run_one_until(end);
    EXPECT_TRUE(answer);
    return answer.value_or(wire::HttpResponse{});
  }
  static wire::HttpRequest get(const std::string& target) { return {"GET", target, {}, {}}; }

  Loop loop;
};

void answer_all(Peer& p) {
  while (!p.request().empty()) p.reply("hello");
}

TEST_F(Http, KeepsTheConnectionAndHandsOverWhatCame) {
  TestServer server(answer_all);
  {
    HttpClient client(loop, options(server));
    for (int i = 0; i < 5; ++i) {
      const auto r = ask(client, get("/a?b=%5B1"));
      EXPECT_EQ(r.status, 200);
      EXPECT_EQ(r.body, "hello");
      EXPECT_EQ(wire::header(r, "x-test"), "Yes");
    }
    const auto r = ask(client, {"POST", "/orders", {{"KEY", "k"}, {"Content-Type", "application/json"}}, "{}"});
    EXPECT_EQ(r.status, 200);
  }
  server.stop();
  EXPECT_EQ(server.connections, 1);
  ASSERT_EQ(server.requests.size(), 6U);
  EXPECT_EQ(server.requests[0].substr(0, 22), "GET /a?b=%5B1 HTTP/1.1") << "exactly the bytes that were signed";
  EXPECT_NE(server.requests[5].find("\r\nKEY: k\r\n"), std::string::npos);
  EXPECT_NE(server.requests[5].find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_EQ(server.requests[5].find("Expect"), std::string::npos);
  EXPECT_EQ(server.requests[5].substr(server.requests[5].size() - 2), "{}");
}

TEST_F(Http, APostWithoutABodySaysSo) {
  TestServer server(answer_all);
  {
    HttpClient client(loop, options(server));
    EXPECT_EQ(ask(client, {"POST", "/api/v3/order?a=1", {{"Content-Type", "application/json"}}, ""}).status, 200);
    EXPECT_EQ(ask(client, {"DELETE", "/api/v3/order?a=1", {}, ""}).status, 200);
  }
  server.stop();
  EXPECT_NE(server.requests.at(0).find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(server.requests.at(1).substr(0, 7), "DELETE ");
}

// A kept connection that the server closes as the next request comes: libcurl would send it again.
TEST_F(Http, ARequestIsNeverSentTwice) {
  for (const auto& request :
       {wire::HttpRequest{"POST", "/o", {}, "{\"a\":1}"}, {"POST", "/o?a=1", {}, ""}, {"DELETE", "/o?a=1", {}, ""}, {"PUT", "/o?a=1", {}, ""}}) {
    TestServer server([](Peer& p) {
      if (p.request().empty()) return;
      p.reply("first");
      (void)p.request();  // and closes without a word
    });
    {
      HttpClient client(loop, options(server));
      EXPECT_EQ(ask(client, get("/first")).status, 200);
      const auto r = ask(client, request);
      EXPECT_EQ(r.status, 0);
      EXPECT_FALSE(r.never_left) << request.method;
      EXPECT_EQ(ask(client, get("/after")).status, 200) << "the client lives on";
    }
    server.stop();
    int copies = 0;
    for (const auto& seen : server.requests) copies += seen.find(" /o") != std::string::npos ? 1 : 0;
    EXPECT_EQ(copies, 1) << request.method << " " << request.target;
  }
}

TEST_F(Http, AConnectionThatWasClosedWhileIdleCostsNoSecondCopyEither) {
  TestServer server([](Peer& p) {
    (void)p.request();
    p.reply("bye");  // and closes
  });
  {
    HttpClient client(loop, options(server));
    EXPECT_EQ(ask(client, get("/first")).status, 200);
    for (int i = 0; i < 3; ++i) (void)ask(client, {"POST", "/o", {}, "{}"});
  }
  server.stop();
  int copies = 0;
  for (const auto& seen : server.requests) copies += seen.find(" /o") != std::string::npos ? 1 : 0;
  EXPECT_LE(copies, 3);
}

TEST_F(Http, ADeadlineIsAnAnswer) {
  TestServer server([](Peer& p) {
    (void)p.request();
    p.linger();
  });
  HttpClient client(loop, options(server));
  const auto r = ask(client, get("/slow"), milliseconds(150));
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.error, "timeout");
  EXPECT_FALSE(r.never_left);
  EXPECT_EQ(client.in_flight(), 0U);
}

TEST_F(Http, BrokenAnswersAreNoAnswers) {
  const std::vector<std::pair<std::string, std::string>> answers{{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "cut"},
                                                                 {"nonsense\r\n\r\n", "not HTTP"},
                                                                 {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x'), "too large"},
                                                                 {"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", "too large a header"},
                                                                 {"", "nothing"}};
  for (const auto& [bytes, what] : answers) {
    TestServer server([&bytes = bytes](Peer& p) {
      (void)p.request();
      p.say(bytes);
    });
    HttpClient client(loop, options(server));
    const auto r = ask(client, get("/secret?signature=abc"));
    EXPECT_EQ(r.status, 0) << what;
    EXPECT_FALSE(r.never_left) << what;
    EXPECT_FALSE(r.error.empty());
    EXPECT_EQ(r.error.find("signature"), std::string::npos);
  }
}

TEST_F(Http, ARedirectIsAnAnswerLikeAnyOther) {
  TestServer server([](Peer& p) {
    (void)p.request();
    p.say("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    (void)p.request();
  });
  {
    HttpClient client(loop, options(server));
    EXPECT_EQ(ask(client, get("/a")).status, 302);
  }
  server.stop();
  EXPECT_EQ(server.requests.size(), 1U);
}

TEST_F(Http, WhatNeverLeftIsKnownToHaveNeverLeft) {
  HttpClient nobody(loop, {"https://127.0.0.1:1", "", 1U << 16U, 2});
  const auto refused = ask(nobody, {"POST", "/o", {}, "{}"});
  EXPECT_TRUE(refused.never_left);
  EXPECT_EQ(refused.error, "connection refused");
  HttpClient plain(loop, {"http://example.com", "", 1U << 16U, 2});
  EXPECT_TRUE(ask(plain, get("/a")).never_left) << "without TLS only to loopback";
}

TEST_F(Http, OnlyTheRightCertificateIsSpokenTo) {
  const auto tried = [&](const testing::Certificate& shown, bool trusted) {
    TestServer server(answer_all, shown);
    HttpOptions o = options(server);
    TestServer other(answer_all);
    if (!trusted) o.ca_file = other.ca_file;
    auto client = std::make_unique<HttpClient>(loop, o);
    const auto r = ask(*client, {"POST", "/o", {}, "{}"});
    client.reset();
    server.stop();
    EXPECT_TRUE(r.status == 200 || server.requests.empty());
    EXPECT_TRUE(r.status == 200 || r.never_left);
    return r.status == 200 ? std::string("good") : r.error;
  };
  EXPECT_EQ(tried(make_certificate("IP:127.0.0.1"), true), "good");
  EXPECT_NE(tried(make_certificate("DNS:other.example"), true).find("certificate"), std::string::npos);
  EXPECT_NE(tried(make_certificate("IP:127.0.0.1", -7200, -3600), true).find("certificate"), std::string::npos);
  EXPECT_NE(tried(make_certificate("IP:127.0.0.1"), false).find("certificate"), std::string::npos);
}

TEST_F(Http, AProxyOfTheEnvironmentIsNotUsed) {
  ::setenv("https_proxy", "http://127.0.0.1:1", 1);
  TestServer server(answer_all);
  HttpClient client(loop, options(server));
  EXPECT_EQ(ask(client, get("/a")).status, 200);
  ::unsetenv("https_proxy");
}

TEST_F(Http, AClientThatGoesWithRequestsUnderWayCallsNobody) {
  TestServer server([](Peer& p) {
    (void)p.request();
    p.linger();
  });
  bool called = false;
  {
    HttpClient client(loop, options(server));
    client.send(get("/a"), milliseconds(5000), [&](const wire::HttpResponse&) { called = true; });
    loop.run_one_until(steady_clock::now() + milliseconds(50));
  }
  loop.poll();
  EXPECT_FALSE(called);
}

TEST_F(Http, MalformedRequestsAreRefusedHere) {
  TestServer server(answer_all);
  HttpClient client(loop, options(server));
  EXPECT_TRUE(ask(client, {"POST", "/a", {{"X", "1\r\nY: 2"}}, ""}).never_left);
  EXPECT_TRUE(ask(client, {"TRACE", "/a", {}, ""}).never_left);
  EXPECT_TRUE(ask(client, {"GET", "no path", {}, ""}).never_left);
}

TEST(UrlTest, IsStrict) {
  EXPECT_EQ(parse_url("wss://Example.COM/ws?a=1")->host, "example.com");
  EXPECT_EQ(parse_url("https://127.0.0.1:18443")->port, 18443);
  EXPECT_EQ(parse_url("wss://[::1]:9/x")->host, "::1");
  for (const char* bad : {"", "https://", "ftp://a", "https://u:p@h", "https://a b", "https://h:0", "https://h:99999", "https://h/#f", "https://[::1", "h"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
  EXPECT_TRUE(is_loopback("127.9.9.9"));
  EXPECT_FALSE(is_loopback("128.0.0.1"));
}

}  // namespace
}  // namespace dn::net
