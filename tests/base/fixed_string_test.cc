#include "base/fixed_string.h"

#include <gtest/gtest.h>

#include <string>

namespace dn {
namespace {

TEST(FixedString, KeepsWhatFits) {
  const FixedString<4> s("BTC");
  EXPECT_EQ(s.view(), "BTC");
  EXPECT_EQ(s.str(), "BTC");
  EXPECT_EQ(s.size(), 3U);
  EXPECT_FALSE(s.empty());
  EXPECT_TRUE(FixedString<4>().empty());
  EXPECT_TRUE(FixedString<4>::fits("USDT"));
  EXPECT_FALSE(FixedString<4>::fits("USDT2"));
  EXPECT_EQ(FixedString<4>("USDT").view(), "USDT");
}

TEST(FixedString, CutsWhatDoesNot) {
  EXPECT_EQ(FixedString<4>("USDT2").view(), "USDT");
  EXPECT_EQ(FixedString<255>(std::string(300, 'x')).size(), 255U);
}

// Reasons go to terminals and into JSON: half a character would print as rubbish there.
TEST(FixedString, DoesNotCutInsideACharacter) {
  EXPECT_EQ(FixedString<4>("abc\u20AC").view(), "abc");
  EXPECT_EQ(FixedString<6>("abc\u20AC").view(), "abc\u20AC");
  EXPECT_EQ(FixedString<5>("abc\U0001F680x").view(), "abc");
  EXPECT_EQ(FixedString<5>("\x80\x80\x80\x80\x80\x80\x80").size(), 2U);  // not UTF-8 at all: still bounded work
}

TEST(FixedString, ComparesAsText) {
  EXPECT_EQ(FixedString<8>("a"), FixedString<8>("a"));
  EXPECT_NE(FixedString<8>("a"), FixedString<8>("ab"));
  EXPECT_LT(FixedString<8>("a"), FixedString<8>("ab"));
  EXPECT_LT(FixedString<8>("B"), FixedString<8>("a"));
  static_assert(FixedString<8>("x").size() == 1);
}

}  // namespace
}  // namespace dn
