#include "base/amount.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace dn {
namespace {

using Apples = Amount<struct ApplesTag>;
using Pears = Amount<struct PearsTag>;

template <class A, class B>
concept Adds = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Compares = requires(A a, B b) {
  a < b;
};

TEST(Amount, DoesNotMixWithOtherMeanings) {
  static_assert(Adds<Apples, Apples>);
  static_assert(!Adds<Apples, Pears>);
  static_assert(!Adds<Apples, Decimal>);
  static_assert(Compares<Apples, Apples>);
  static_assert(!Compares<Apples, Pears>);
  static_assert(!std::is_convertible_v<Decimal, Apples>);
  static_assert(!std::is_constructible_v<Apples, Pears>);
}

TEST(Amount, CountsLikeItsDecimal) {
  const Apples three(3);
  const Apples half(Decimal::from_parts(5, 1));
  EXPECT_EQ((three + half).str(), "3.5");
  EXPECT_EQ((half - three).str(), "-2.5");
  EXPECT_EQ((three * Decimal(2)).str(), "6");
  EXPECT_EQ((-three).abs(), three);
  EXPECT_TRUE((-three).is_negative());
  EXPECT_TRUE(three.is_positive());
  EXPECT_TRUE(Apples().is_zero());
  Apples sum = three;
  sum += half;
  sum -= three;
  EXPECT_EQ(sum, half);
  EXPECT_EQ(min(three, half), half);
  EXPECT_EQ(max(three, half), three);
  EXPECT_EQ(Apples(Decimal::from_parts(37, 1)).floor_to(half).str(), "3.5");
  EXPECT_EQ(Apples(Decimal::from_parts(37, 1)).ceil_to(half).str(), "4");
  EXPECT_TRUE(three.is_multiple_of(half));
}

}  // namespace
}  // namespace dn
