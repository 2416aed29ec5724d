#include "net/url.h"

#include <gtest/gtest.h>

namespace dn::net {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = parse_url("https://API.example.com:8443/api/v3/order?symbol=BTCUSDT");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/api/v3/order?symbol=BTCUSDT");
}

TEST(Url, HasItsSchemesPortAndAPath) {
  EXPECT_EQ(parse_url("https://a")->port, 443);
  EXPECT_EQ(parse_url("http://a")->port, 80);
  EXPECT_EQ(parse_url("wss://a")->port, 443);
  EXPECT_EQ(parse_url("ws://a")->port, 80);
  EXPECT_EQ(parse_url("https://a")->path, "/");
  EXPECT_EQ(parse_url("wss://a?x=1")->path, "/?x=1");
}

TEST(Url, KnowsIpv6) {
  const auto url = parse_url("wss://[::1]:7/ws");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 7);
  EXPECT_EQ(host_in_url(url->host), "[::1]");
  EXPECT_EQ(host_in_url("a.b"), "a.b");
}

TEST(Url, RefusesWhatItDoesNotUnderstand) {
  for (const char* text : {"",
                           "a",
                           "://a",
                           "ftp://a",
                           "HTTPS://a",
                           "https://",
                           "https://:1",
                           "https://a:",
                           "https://a:0",
                           "https://a:65536",
                           "https://a:123456",
                           "https://a:1x",
                           "https://u@a",
                           "https://u:p@a/",
                           "https://a/#x",
                           "https://a b",
                           "https://a/\n",
                           "https://[::1",
                           "https://[a]",
                           "https://[::1]x",
                           "https://a\x7f",
                           "https://\xc3\xa4",
                           "https://[1.2.3.4]"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
  EXPECT_FALSE(parse_url("https://" + std::string(254, 'a')));
  EXPECT_TRUE(parse_url("https://" + std::string(253, 'a')));
  EXPECT_FALSE(parse_url("https://a/" + std::string(9000, 'a')));
}

TEST(Url, LoopbackIsExact) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1"}) EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"", "localhost.example.com", "128.0.0.1", "127.0.0.1.nip.io", "127.1", "::2", "::ffff:127.0.0.1", "0.0.0.0"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace dn::net
