#include "base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

namespace dn {
namespace {

TEST(Utf8Length, KnowsTheEncoding) {
  EXPECT_EQ(utf8_length("a"), 1U);
  EXPECT_EQ(utf8_length("\u00E9x"), 2U);
  EXPECT_EQ(utf8_length("\u20AC"), 3U);
  EXPECT_EQ(utf8_length("\U0001F389"), 4U);
  for (const std::string_view bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                                     "\xC3", "\xE2\x82", "\xF0\x9F\x8E", "\xFF", "\xE2x\x82"}) {
    EXPECT_EQ(utf8_length(bad), 0U);
  }
}

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable("mexc_order_123"), "mexc_order_123");
  EXPECT_EQ(printable("\U0001F389 caf\u00E9"), "\U0001F389 caf\u00E9");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, DisarmsTerminalControl) {
  EXPECT_EQ(printable("a\x1B[31mb\n\r\t\x7F"), "a?[31mb????");
  EXPECT_EQ(printable(std::string_view("\0x", 2)), "?x");
  EXPECT_EQ(printable("a\u009B2Jb"), "a?2Jb");  // CSI as one character: xterm obeys it
  EXPECT_EQ(printable("a\x9B"
                      "2Jb"),
            "a?2Jb");                       // and as one byte
  EXPECT_EQ(printable("x\u202Ey"), "x?y");  // reads backwards from here
  EXPECT_EQ(printable("x\u2028y\u2066z\u200F"), "x?y?z?");
  EXPECT_EQ(printable("\u2027\u202F\u2065"), "\u2027\u202F\u2065");  // their neighbours are harmless
}

TEST(Printable, ExcerptFitsAMessage) {
  EXPECT_EQ(printable_excerpt(std::string(48, 'x')), std::string(48, 'x'));
  EXPECT_EQ(printable_excerpt(std::string(49, 'x')), std::string(48, 'x') + "...");
  EXPECT_EQ(printable_excerpt(std::string(47, 'x') + "\u20AC and more"), std::string(47, 'x') + "...");
  EXPECT_EQ(printable_excerpt(std::string(60, '\x80')), std::string(45, '?') + "...");
}

RC_GTEST_PROP(Printable, NeverLetsAControlCharacterThrough, (const std::string& text)) {
  const std::string shown = printable(text);
  RC_ASSERT(
      std::none_of(shown.begin(), shown.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x7FU) < 0x20 && static_cast<unsigned char>(c) < 0x80; }));
  RC_ASSERT(printable(shown) == shown);
}

TEST(Closest, SuggestsWhatWasMeant) {
  const std::vector<std::string> known = {"total_quantity", "order_quantity", "delay", "lead", "post_only"};
  EXPECT_EQ(closest("total_quantty", known), "total_quantity");
  EXPECT_EQ(closest("delya", known), "delay");
  EXPECT_EQ(closest("leed", known), "lead");
  EXPECT_EQ(closest("zzzzzz", known), "");
  EXPECT_EQ(closest("", known), "");
  EXPECT_EQ(closest("--plann", {"--plain", "--plan"}), "--plan") << "of two as near, what was typed goes on from one";
  EXPECT_EQ(closest("--plann", {"--plan", "--plain"}), "--plan");
  EXPECT_EQ(closest(std::string(65, 'a'), known), "");
}

TEST(Closest, DoesNotSuggestWhatSharesNothing) {
  EXPECT_EQ(closest("x", {"ab", "c"}), "");
  EXPECT_EQ(closest("xy", {"ab"}), "");
}

TEST(Fnv1a, IsTheKnownHash) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8ULL);
}

TEST(Base36, IsShort) {
  EXPECT_EQ(base36(0), "0");
  EXPECT_EQ(base36(35), "z");
  EXPECT_EQ(base36(36), "10");
  EXPECT_EQ(base36(UINT64_MAX), "3w5e11264sgsf");
}

}  // namespace
}  // namespace dn
