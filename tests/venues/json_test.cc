#include "venues/json.h"

#include <gtest/gtest.h>

#include "venues/sign.h"

namespace dn::venues {
namespace {

TEST(Json, NumbersKeepEveryDigit) {
  const auto d =
      JsonDocument::parse(R"({"id":299207900263708423,"fee":2.62e-07,"price":40000.4,"text":"1.50","neg":-0.0,"list":[1,2.5],"null":null,"yes":true})");
  ASSERT_TRUE(d);
  EXPECT_EQ(text(d->root(), "id"), "299207900263708423") << "beyond what a binary fraction holds";
  EXPECT_EQ(amount(d->root(), "fee")->str(), "0.000000262");
  EXPECT_EQ(amount(d->root(), "price")->str(), "40000.4");
  EXPECT_EQ(amount(d->root(), "text")->str(), "1.5");
  EXPECT_EQ(amount(d->root(), "neg")->str(), "0");
  EXPECT_FALSE(member(d->root(), "null"));
  EXPECT_FALSE(member(d->root(), "absent"));
  EXPECT_EQ(boolean(d->root(), "yes"), true);
  EXPECT_FALSE(boolean(d->root(), "id"));
  EXPECT_EQ(whole(d->root(), "id"), 299207900263708423);
  EXPECT_FALSE(whole(d->root(), "price"));
}

TEST(Json, TextIsNotTouchedByTheQuotingOfNumbers) {
  const auto d = JsonDocument::parse(R"({"a\"1":"x 12 \\","b":" -3"})");
  ASSERT_TRUE(d);
  EXPECT_EQ(text(d->root(), "a\"1"), "x 12 \\");
  EXPECT_EQ(text(d->root(), "b"), " -3");
}

TEST(Json, WhatIsNoJsonIsRefused) {
  for (const char* bad : {"", "{", "[1,", "01", "-", "1.", ".5", "1e", "[1 2]", "{\"a\":1x}", "NaN", "\"", "\"\\", "1-2", "[1\"a\"]", "<html>", "{\"a\":+1}",
                          "{1:2}", "{\"a\":1,2.5 :[]}"}) {
    const auto d = JsonDocument::parse(bad);
    EXPECT_FALSE(d && !d->root().is_null()) << bad;
  }
}

TEST(Json, AmountsThatCouldOverflowAreNone) {
  const auto d =
      JsonDocument::parse(R"({"big":1e30,"long":0.123456789012345,"many":12345678901234567890,"zeros":"5.000000000000000000","inf":"inf","empty":""})");
  ASSERT_TRUE(d);
  EXPECT_FALSE(amount(d->root(), "big"));
  EXPECT_FALSE(amount(d->root(), "long"));
  EXPECT_FALSE(amount(d->root(), "many"));
  EXPECT_EQ(amount(d->root(), "zeros")->str(), "5") << "venues write eighteen zeros";
  EXPECT_FALSE(amount(d->root(), "inf"));
  EXPECT_FALSE(amount(d->root(), "empty"));
}

TEST(Json, BalancesAreCutNotRefused) {
  EXPECT_EQ(fitted("0.006016465074677006")->str(), "0.00601646507467");
  EXPECT_EQ(fitted("-1.00000000000000000009")->str(), "-1");
  EXPECT_EQ(fitted("123456789012.123456789012345678")->str(), "123456789012.1234567") << "not more digits than sums and products take";
  EXPECT_EQ(fitted("1234567890123456789.5")->str(), "1234567890123456789");
  EXPECT_FALSE(fitted("12345678901234567890"));
  EXPECT_FALSE(fitted("1e30"));
}

TEST(Json, ReadingTheWrongKindGivesNothing) {
  const auto d = JsonDocument::parse("[1]");
  ASSERT_TRUE(d);
  EXPECT_EQ(text(d->root(), "a"), "");
  EXPECT_FALSE(amount(d->root(), "a"));
  const auto o = JsonDocument::parse("{\"a\":{}}");
  ASSERT_TRUE(o);
  EXPECT_EQ(text(o->root(), "a"), "");
  for (const Element& e : array_of(o->root())) ADD_FAILURE() << text_of(e);
}

TEST(Sign, KnownDigests) {
  EXPECT_EQ(hmac_sha256_hex("key", "The quick brown fox jumps over the lazy dog"), "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  EXPECT_EQ(sha512_hex("").substr(0, 16), "cf83e1357eefb8bd");
  EXPECT_EQ(hmac_sha512_hex("key", "The quick brown fox jumps over the lazy dog").substr(0, 16), "b42af09057bac1e2");
  EXPECT_EQ(percent_encoded("GOLD(PAXG)/a b~", ""), "GOLD%28PAXG%29%2Fa%20b~");
  EXPECT_EQ(percent_encoded("a,b", ","), "a,b");
}

}  // namespace
}  // namespace dn::venues
