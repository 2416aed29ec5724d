// A request is sent at most once. The server reads it on a kept connection and closes without an answer: libcurl would send
// it again, as the control shows; the client must not, since it may be an order.
#include <curl/curl.h>
#include <gtest/gtest.h>

#include <vector>

#include "ask.h"

namespace dn::net {
namespace {

using namespace test;

// Answers "/keep" and "/both" (the latter once two connections have asked), reads everything else and closes.
struct Dropping : Scripted {
  explicit Dropping(bool farewell)
      : Scripted(&good(), [farewell](Server& self, Conn& c) {
          for (std::string r = c.read_request(); !r.empty(); r = c.read_request()) {
            self.record(r);
            if (r.find("/both") != std::string::npos) self.wait_recorded(2);
            if (r.find("/drop") != std::string::npos) {
              if (!farewell) c.cut();
              return;
            }
            c.write(ok());
          }
        }) {}
};

struct Case {
  const char* method;
  const char* body;
};
constexpr Case kCases[] = {{"POST", ""}, {"POST", "{\"side\":\"buy\"}"}, {"DELETE", ""}, {"DELETE", "{}"}, {"PUT", "{}"}, {"GET", ""}};

TEST(Once, AKeptConnectionThatDiesUnderTheRequest) {
  for (const bool farewell : {true, false}) {
    for (const auto& [method, body] : kCases) {
      Dropping s(farewell);
      Loop loop;
      HttpClient client(loop, options(s.server.url("https")));
      ASSERT_EQ(ask(loop, client, request("GET", "/keep")).status, 200);
      const auto r = ask(loop, client, request(method, "/drop?signature=s3cret", body));
      EXPECT_EQ(r.status, 0) << method;
      EXPECT_EQ(r.error, "the peer closed the connection before a complete answer");
      EXPECT_FALSE(r.never_left) << method;
      EXPECT_EQ(s.server.count("/drop"), 1) << method << " " << body;
      EXPECT_EQ(s.server.connections(), 1) << "not even a new connection is made";
      EXPECT_EQ(ask(loop, client, request("GET", "/keep")).status, 200) << "the client goes on";
      EXPECT_EQ(s.server.count("/drop"), 1);
    }
  }
}

TEST(Once, AnotherKeptConnectionIsNoSecondChance) {
  for (const auto& [method, body] : kCases) {
    Dropping s(true);
    Loop loop;
    HttpClient client(loop, options(s.server.url("https")));
    int answered = 0;
    for (int i = 0; i < 2; ++i) client.send(request("GET", "/both"), seconds(8), [&](const wire::HttpResponse& r) { answered += r.status == 200 ? 1 : 0; });
    ASSERT_TRUE(run_until(loop, [&] { return answered == 2; }));
    ASSERT_EQ(s.server.connections(), 2);
    const auto r = ask(loop, client, request(method, "/drop", body));
    EXPECT_EQ(r.status, 0) << method;
    EXPECT_FALSE(r.never_left) << method;
    EXPECT_EQ(s.server.count("/drop"), 1) << method << " " << body;
  }
}

TEST(Once, AFreshConnectionThatDiesUnderTheRequest) {
  for (const auto& [method, body] : kCases) {
    Dropping s(false);
    Loop loop;
    HttpClient client(loop, options(s.server.url("https")));
    const auto r = ask(loop, client, request(method, "/drop", body));
    EXPECT_EQ(r.status, 0) << method;
    EXPECT_FALSE(r.never_left) << method;
    EXPECT_EQ(s.server.count("/drop"), 1) << method;
  }
}

TEST(Once, AHundredOrdersOnDyingConnections) {
  Dropping s(true);
  Loop loop;
  HttpClient client(loop, options(s.server.url("https")));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(ask(loop, client, request("GET", "/keep")).status, 200);
    const std::string target = "/drop?n=" + std::to_string(i) + "&";
    ask(loop, client, request("POST", target));
    ASSERT_EQ(s.server.count(target), 1);
  }
}

// The danger is real: libcurl on its own sends a POST again.
TEST(Once, ControlLibcurlAloneSendsTwice) {
  Dropping s(true);
  CURL* easy = curl_easy_init();
  const auto ask_curl = [&](const char* target) {
    curl_easy_setopt(easy, CURLOPT_URL, (s.server.url("https") + target).c_str());
    curl_easy_setopt(easy, CURLOPT_CAINFO, good_ca().pem_file.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{}");
    curl_easy_setopt(
        easy, CURLOPT_WRITEFUNCTION, +[](char*, std::size_t, std::size_t size, void*) { return size; });
    return curl_easy_perform(easy);
  };
  EXPECT_EQ(ask_curl("/keep"), CURLE_OK);
  EXPECT_NE(ask_curl("/drop"), CURLE_OK);
  curl_easy_cleanup(easy);
  EXPECT_EQ(s.server.count("/drop"), 2);
}

}  // namespace
}  // namespace dn::net
