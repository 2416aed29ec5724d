#include "base/json_writer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>

#include "base/text.h"

namespace dn {
namespace {

TEST(JsonWriter, WritesObjectsAndArrays) {
  JsonWriter w;
  w.begin_object().field("a", "x").field("n", std::int64_t{-5}).field("b", true);
  w.key("list").begin_array().value(std::int64_t{1}).value("two").null().begin_object().end_object().begin_array().end_array().end_array();
  w.key("o").begin_object().field("k", false).end_object().key("z").null().end_object();
  EXPECT_EQ(w.str(), R"({"a":"x","n":-5,"b":true,"list":[1,"two",null,{},[]],"o":{"k":false},"z":null})");
}

TEST(JsonWriter, WritesTextOfEveryKindAsText) {
  JsonWriter w;
  const std::string s = "s";
  const char* p = "p";
  w.begin_array().value(s).value(std::string_view("v")).value(p).value("").end_array();
  EXPECT_EQ(w.str(), R"(["s","v","p",""])");
}

TEST(JsonWriter, WritesTheLimitsOfIntegers) {
  JsonWriter w;
  w.begin_array().value(std::numeric_limits<std::int64_t>::min()).value(std::numeric_limits<std::int64_t>::max()).end_array();
  EXPECT_EQ(w.str(), "[-9223372036854775808,9223372036854775807]");
}

TEST(JsonEscaped, EscapesWhatJsonAsksFor) {
  EXPECT_EQ(json_escaped("plain"), "plain");
  EXPECT_EQ(json_escaped("\"\\/"), "\\\"\\\\/");
  EXPECT_EQ(json_escaped("\n\t\r\x01\x1f\x7f"), "\\n\\t\\u000d\\u0001\\u001f\\u007f");
  EXPECT_EQ(json_escaped(std::string_view("\0", 1)), "\\u0000");
  EXPECT_EQ(json_escaped("\u00E9 \u20AC \U0001F389"), "\u00E9 \u20AC \U0001F389");
}

TEST(JsonEscaped, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json_escaped("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(json_escaped("\xC0\x80"), "\uFFFD\uFFFD");
  EXPECT_EQ(json_escaped("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(json_escaped("cut \xE2\x82"), "cut \uFFFD\uFFFD");
}

TEST(JsonEscaped, EscapesKeysToo) {
  JsonWriter w;
  w.begin_object().field("a\"b", "c").end_object();
  EXPECT_EQ(w.str(), R"({"a\"b":"c"})");
}

RC_GTEST_PROP(JsonEscaped, IsAlwaysValidUtf8WithoutRawControls, (const std::string& text)) {
  std::string_view rest;
  const std::string escaped = json_escaped(text);
  for (rest = escaped; !rest.empty();) {
    const auto n = utf8_length(rest);
    RC_ASSERT(n > 0U);
    RC_ASSERT(static_cast<unsigned char>(rest[0]) >= 0x20);
    rest.remove_prefix(n);
  }
}

}  // namespace
}  // namespace dn
