// What goes over the wire, what comes back, and how an exchange fails.
#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "ask.h"

namespace dn::net {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(HttpClient, KeepsItsConnection) {
  Scripted s;
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(ask(loop, client, request(i % 2 == 0 ? "GET" : "POST", "/x", i % 2 == 0 ? "" : "{}")).status, 200);
  EXPECT_EQ(s.server.connections(), 1);
  EXPECT_EQ(s.server.recorded().size(), 50U);
  EXPECT_EQ(client.in_flight(), 0U);
}

TEST(HttpClient, SendsTheTargetAndTheHeadersAsTheyAre) {
  Scripted s;
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  const std::string target = "/a/../b//c?x=%2f&y=[1,2]&z={\"q\":1}&signature=AbC";
  ask(loop, client, request("GET", target, "", {{"KEY", "k:1"}, {"Empty", ""}}));
  ASSERT_EQ(s.server.recorded().size(), 1U);
  const std::string got = s.server.recorded()[0];
  EXPECT_THAT(got, StartsWith("GET " + target + " HTTP/1.1\r\n"));
  EXPECT_THAT(got, HasSubstr("\r\nKEY: k:1\r\n"));
  EXPECT_THAT(got, HasSubstr("\r\nEmpty:\r\n"));
  EXPECT_THAT(got, HasSubstr("\r\nHost: 127.0.0.1:"));
  for (const char* word : {"Accept-Encoding", "Expect", "Content-", "User-Agent"}) EXPECT_THAT(got, Not(HasSubstr(word)));
}

TEST(HttpClient, SendsBodiesExactly) {
  Scripted s;
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  std::string body = "a=1&b=\"x\"\n";
  body += '\0';
  body += std::string(300000, 'y');  // beyond the size at which libcurl would ask whether to go on
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    EXPECT_EQ(ask(loop, client, request(method, "/b", body, {{"Content-Type", "text/x"}})).status, 200);
    const std::string got = s.server.recorded().back();
    EXPECT_THAT(got, StartsWith(std::string(method) + " /b HTTP/1.1\r\n"));
    EXPECT_THAT(got.substr(0, 400), HasSubstr("\r\nContent-Type: text/x\r\n"));
    EXPECT_THAT(got.substr(0, 400), Not(HasSubstr("Expect")));
    EXPECT_EQ(got.substr(got.find("\r\n\r\n") + 4), body);
  }
  ask(loop, client, request("POST", "/b", "{}"));
  EXPECT_THAT(s.server.recorded().back(), Not(HasSubstr("Content-Type"))) << "none is invented";
}

TEST(HttpClient, AnEmptyPostSaysSo) {
  Scripted s;
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  ask(loop, client, request("POST", "/order?a=1", "", {{"Content-Type", "application/json"}}));
  EXPECT_THAT(s.server.recorded()[0], HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(s.server.recorded()[0], HasSubstr("\r\nContent-Type: application/json\r\n"));
  ask(loop, client, request("DELETE", "/order?a=1", "", {{"Content-Type", "application/json"}}));
  EXPECT_THAT(s.server.recorded()[1], StartsWith("DELETE /order?a=1 HTTP/1.1\r\n"));
  EXPECT_THAT(s.server.recorded()[1], HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(s.server.recorded()[1], Not(HasSubstr("Content-Length")));
  EXPECT_EQ(s.server.connections(), 1);
}

TEST(HttpClient, RepliesComeAsTheyAre) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.read_request();
    c.write(
        "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 429 Slow\r\nRetry-AFTER:  7 \r\nX-Two: a\r\nx-two: b\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    c.wait_for_close();
  });
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  const auto r = ask(loop, client, request("GET", "/"));
  EXPECT_EQ(r.status, 429);
  EXPECT_EQ(r.body, "abcde");
  EXPECT_EQ(wire::header(r, "retry-after"), "7");
  EXPECT_EQ(wire::header(r, "x-two"), "a");
  EXPECT_EQ(wire::header(r, "x-interim"), "");
  EXPECT_EQ(r.error, "");
}

TEST(HttpClient, RedirectsAreNotFollowed) {
  Scripted s(&good(), [](Server& server, Conn& c) {
    for (std::string r = c.read_request(); !r.empty(); r = c.read_request()) {
      server.record(r);
      c.write("HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n");
    }
  });
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  EXPECT_EQ(ask(loop, client, request("POST", "/", "{}")).status, 307);
  EXPECT_EQ(s.server.recorded().size(), 1U);
}

TEST(HttpClient, RefusedConnectionsNeverLeft) {
  Loop loop;
  HttpClient client(loop, options("https://127.0.0.1:" + std::to_string(unused_port())));
  const auto r = ask(loop, client, request("POST", "/order?signature=s3cret", "{}"));
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.error, "connection refused");
  EXPECT_TRUE(r.never_left);
}

TEST(HttpClient, UnknownHostsNeverLeft) {
  Loop loop;
  HttpClient client(loop, options("https://no-such-host.invalid"));
  const auto r = ask(loop, client, request("POST", "/", "{}"), seconds(9));
  EXPECT_EQ(r.status, 0);
  EXPECT_TRUE(r.never_left) << r.error;
}

TEST(HttpClient, ADeadlineBeforeTlsNeverLeft) {
  Scripted s(&good(), {}, true);
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  const auto r = ask(loop, client, request("POST", "/", "{}"), milliseconds(60));
  EXPECT_EQ(r.error, "timeout");
  EXPECT_TRUE(r.never_left);
}

TEST(HttpClient, ADeadlineAfterTheRequestMayHaveArrived) {
  Scripted s(&good(), [](Server& server, Conn& c) {
    server.record(c.read_request());
    c.wait_for_close();
  });
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  const auto begin = Clock::now();
  const auto r = ask(loop, client, request("POST", "/order?signature=s3cret", "{}", {{"KEY", "s3cret"}}), milliseconds(300));
  EXPECT_GE(Clock::now() - begin, milliseconds(300));
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.error, "timeout");
  EXPECT_FALSE(r.never_left);
  EXPECT_EQ(s.server.recorded().size(), 1U);
}

TEST(HttpClient, ADeadlineWithinTheBodyIsNoReply) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    c.wait_for_close();
  });
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  const auto r = ask(loop, client, request("GET", "/"), milliseconds(300));
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.body, "");
  EXPECT_EQ(r.error, "timeout");
}

TEST(HttpClient, LargeRepliesAreRefused) {
  Scripted s(&good(), [](Server&, Conn& c) {
    const std::string got = c.read_request();
    if (got.find("/body") != std::string::npos) c.write(ok(std::string(2000, 'x')));
    if (got.find("/header") != std::string::npos) c.write("HTTP/1.1 200 OK\r\nX: " + std::string(2000, 'x') + "\r\nContent-Length: 0\r\n\r\n");
    if (got.find("/fits") != std::string::npos) c.write(ok(std::string(800, 'x')));
    c.wait_for_close();
  });
  Loop loop;
  HttpOptions o = options(s.server.url("https"));
  o.max_reply_bytes = 1000;
  HttpClient client(loop, o);
  for (const char* target : {"/body", "/header"}) {
    const auto r = ask(loop, client, request("GET", target));
    EXPECT_EQ(r.status, 0);
    EXPECT_EQ(r.body, "");
    EXPECT_EQ(r.error, "the reply is larger than 1000 bytes");
    EXPECT_FALSE(r.never_left);
  }
  EXPECT_EQ(ask(loop, client, request("GET", "/fits")).body.size(), 800U);
}

// Every way to end before the reply is complete is an error, with a farewell or without.
TEST(HttpClient, HalfRepliesAreNoReplies) {
  const char* halves[] = {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"};
  for (const char* half : halves) {
    for (const bool farewell : {true, false}) {
      Scripted s(&good(), [&](Server& server, Conn& c) {
        server.record(c.read_request());
        c.write(half);
        if (!farewell) c.cut();
      });
      Loop loop;
      HttpClient client(loop, options(s.server.url("https")));
      const auto r = ask(loop, client, request("POST", "/order?signature=s3cret", "{}", {{"KEY", "s3cret"}}));
      EXPECT_EQ(r.status, 0) << half;
      EXPECT_EQ(r.body, "") << half;
      EXPECT_NE(r.error, "") << half;
      EXPECT_THAT(r.error, Not(HasSubstr("s3cret")));
      EXPECT_FALSE(r.never_left) << half;
      EXPECT_EQ(s.server.recorded().size(), 1U) << half;
    }
  }
}

TEST(HttpClient, ABodyWithoutLengthNeedsAFarewell) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\n\r\nhalf of it?");
    c.cut();
  });
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  EXPECT_EQ(ask(loop, client, request("GET", "/")).status, 0);
}

TEST(HttpClient, WhatIsNotHttpIsNoReply) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.read_request();
    c.write("SSH-2.0-nothing\r\n\r\n");
  });
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  EXPECT_EQ(ask(loop, client, request("GET", "/")).status, 0);
}

TEST(HttpClient, ClosedBeforeTheRequestNeverLeft) {
  Scripted s(nullptr, [](Server&, Conn& c) { c.cut(); });  // closes instead of a TLS hello
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  const auto r = ask(loop, client, request("POST", "/", "{}"));
  EXPECT_EQ(r.status, 0);
  EXPECT_TRUE(r.never_left) << r.error;
}

// libcurl takes the TLS farewell of a kept connection for a sign of life and would count on a second attempt.
TEST(HttpClient, AnIdleConnectionThatWasClosedIsNotUsed) {
  for (const bool farewell : {true, false}) {
    Scripted s(&good(), [farewell](Server& server, Conn& c) {
      server.record(c.read_request());
      c.write(ok());
      if (farewell) c.end();
      c.cut();
      server.record("closed");
    });
    Loop loop;
    HttpClient client(loop, options(s.server.url("https")));
    for (std::size_t i = 1; i <= 5; ++i) {
      const auto r = ask(loop, client, request("POST", "/", "{}"));
      EXPECT_EQ(r.status, 200) << r.error;
      s.server.wait_recorded(2 * i);  // on loopback, what was sent has arrived
    }
    EXPECT_EQ(s.server.connections(), 5);
  }
}

TEST(HttpClient, CertificatesAreVerified) {
  const struct {
    const Certificate& certificate;
    const Certificate& trusted;
    const char* word;
  } cases[] = {{wrong_host(), good_ca(), "another host"}, {expired(), good_ca(), "expired"}, {good(), other_ca(), "unable to get local issuer certificate"}};
  for (const auto& one : cases) {
    Scripted s(&one.certificate);
    Loop loop;
    for (const char* host : {"127.0.0.1", "localhost"}) {
      HttpClient client(loop, options(s.server.url("https", host), one.trusted));
      const auto r = ask(loop, client, request("POST", "/", "{}"));
      EXPECT_EQ(r.status, 0);
      EXPECT_THAT(r.error, HasSubstr("certificate refused"));
      EXPECT_THAT(r.error, HasSubstr(one.word));
      EXPECT_TRUE(r.never_left);
    }
    EXPECT_EQ(s.server.recorded().size(), 0U);
  }
}

TEST(HttpClient, TheSystemsCertificatesDoNotIncludeOurs) {
  Scripted s;
  Loop loop;
  HttpOptions o;
  o.base = s.server.url("https");
  HttpClient client(loop, o);
  EXPECT_THAT(ask(loop, client, request("GET", "/")).error, HasSubstr("certificate refused"));
}

TEST(HttpClient, AMissingFileOfCertificatesTrustsNobody) {
  Scripted s;
  Loop loop;
  HttpOptions o = options(s.server.url("https"));
  o.ca_file += ".missing";
  HttpClient client(loop, o);
  const auto r = ask(loop, client, request("GET", "/"));
  EXPECT_EQ(r.error, "the file of trusted certificates cannot be read");
  EXPECT_TRUE(r.never_left);
}

TEST(HttpClient, NamesAndTlsSessionsAreUsed) {
  Scripted s(&good(), [](Server&, Conn& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  Loop loop;
  HttpClient client(loop, options(s.server.url("https", "localhost")));
  for (int i = 0; i < 3; ++i) ASSERT_EQ(ask(loop, client, request("GET", "/")).status, 200);
  EXPECT_EQ(s.server.handshakes(), 3);
  EXPECT_EQ(s.server.resumed(), 2);
  EXPECT_EQ(s.server.server_name(), "localhost");
}

TEST(HttpClient, PlainHttpIsForLoopbackOnly) {
  Scripted s(nullptr);
  Loop loop;
  HttpClient client(loop, options(s.server.url("http")));
  EXPECT_EQ(ask(loop, client, request("POST", "/", "{}")).status, 200);
  for (const char* base :
       {"http://192.0.2.1", "http://example.com", "ftp://127.0.0.1", "https://127.0.0.1/path", "wss://127.0.0.1", "https://u:p@127.0.0.1", "", "x"}) {
    HttpClient refused(loop, options(base));
    const auto r = ask(loop, refused, request("GET", "/"));
    EXPECT_EQ(r.error, "not sent: the server's address is not an https URL") << base;
    EXPECT_TRUE(r.never_left);
  }
}

TEST(HttpClient, MalformedRequestsAreNotSent) {
  Scripted s;
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  const wire::HttpRequest bad[] = {request("PATCH", "/"),
                                   request("GET\r\n", "/"),
                                   request("GET", ""),
                                   request("GET", "x"),
                                   request("GET", "//a b"),
                                   request("GET", "/\r\nX: y"),
                                   request("GET", "/#x"),
                                   request("GET", "/", "", {{"A", "b\r\nC: d"}}),
                                   request("GET", "/", "", {{"A\r\nB", "c"}}),
                                   request("GET", "/", "", {{"", "c"}}),
                                   request("GET", "/", "", {{"Host", "c"}}),
                                   request("POST", "/", "x", {{"content-LENGTH", "2"}})};
  for (const auto& one : bad) {
    const auto r = ask(loop, client, one);
    EXPECT_THAT(r.error, StartsWith("not sent: "));
    EXPECT_TRUE(r.never_left);
  }
  EXPECT_EQ(s.server.connections(), 0);
}

TEST(HttpClient, ProxiesOfTheEnvironmentAreIgnored) {
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(unused_port());
  const char* names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  for (const char* name : names) setenv(name, nowhere.c_str(), 1);
  Scripted s;
  Scripted plain(nullptr);
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  HttpClient plain_client(loop, options(plain.server.url("http")));
  EXPECT_EQ(ask(loop, client, request("GET", "/")).status, 200);
  EXPECT_EQ(ask(loop, plain_client, request("GET", "/")).status, 200);
  for (const char* name : names) unsetenv(name);
}

}  // namespace
}  // namespace dn::net
