#include "base/expected.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace dn {
namespace {

Expected<int, std::string> half(int n) {
  if (n % 2 != 0) return Unexpected{std::string("odd")};
  return n / 2;
}

Expected<void, std::string> nothing(bool good) {
  if (!good) return Unexpected{std::string("bad")};
  return {};
}

TEST(Expected, HoldsAValueOrAnError) {
  EXPECT_TRUE(half(4).has_value());
  EXPECT_EQ(*half(4), 2);
  EXPECT_FALSE(half(3));
  EXPECT_EQ(half(3).error(), "odd");
  EXPECT_EQ(half(3).value_or(7), 7);
  EXPECT_EQ(half(8).value_or(7), 4);
}

TEST(Expected, HoldsNothingOrAnError) {
  EXPECT_TRUE(nothing(true));
  EXPECT_EQ(nothing(false).error(), "bad");
}

TEST(Expected, KeepsValueAndErrorOfOneTypeApart) {
  const Expected<std::string, std::string> value(std::string("v"));
  const Expected<std::string, std::string> error(Unexpected{std::string("e")});
  EXPECT_EQ(*value, "v");
  EXPECT_EQ(error.error(), "e");
}

TEST(Expected, MovesItsValueOut) {
  Expected<std::unique_ptr<int>, int> e(std::make_unique<int>(5));
  const std::unique_ptr<int> p = *std::move(e);
  EXPECT_EQ(*p, 5);
}

TEST(ExpectedDeathTest, ReadingTheWrongSideIsAMistake) {
  EXPECT_DEATH((void)*half(3), "value\\(\\) of an error");
  EXPECT_DEATH((void)half(4).error(), "error\\(\\) of a value");
  EXPECT_DEATH((void)nothing(true).error(), "error\\(\\) of a success");
}

TEST(CheckDeathTest, NamesConditionReasonAndPlace) { EXPECT_DEATH(DN_CHECK(1 > 2, "numbers went mad"), "numbers went mad.*1 > 2.*expected_test.cc"); }

}  // namespace
}  // namespace dn
