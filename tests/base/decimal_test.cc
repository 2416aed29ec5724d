#include "base/decimal.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "base/amount.h"

namespace dn {
namespace {

Decimal d(std::string_view text) {
  const auto parsed = Decimal::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? *parsed : Decimal();
}

// The largest magnitude that a Decimal holds: 2^127 - 1.
const Decimal kLargest = d("170141183460469231731e18") + d("687303715884105727");

TEST(DecimalParse, ReadsWhatVenuesAndPeopleWrite) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"0", "0"},
      {"-0", "0"},
      {"-0.000", "0"},
      {"1", "1"},
      {"-1", "-1"},
      {"007", "7"},
      {"5.000000000000000000", "5"},  // MEXC's protobuf strings
      {"0.00001", "0.00001"},
      {"100.00", "100"},
      {"1200", "1200"},
      {"43250.0", "43250"},
      {"9e-06", "0.000009"},
      {"9E-6", "0.000009"},
      {"1.5e+3", "1500"},
      {"1.50e1", "15"},
      {"12e0", "12"},
      {"0e999", "0"},
      {"0.1000000000000000000000000000000000000000000000", "0.1"},
      {"0.000000000000000000000000000000", "0"},
      {"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
      {"-0.99999999999999999999999999999999999999", "-0.99999999999999999999999999999999999999"},
      {"0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001"},
      {"1e38", "100000000000000000000000000000000000000"},
      {"17e37", "170000000000000000000000000000000000000"},
  };
  for (const auto& [text, printed] : cases) {
    const auto parsed = Decimal::parse(text);
    ASSERT_TRUE(parsed.has_value()) << text << " " << describe(parsed.error());
    EXPECT_EQ(parsed->str(), printed) << text;
  }
}

TEST(DecimalParse, RefusesEverythingElse) {
  using E = DecimalError;
  const std::vector<std::pair<std::string, E>> cases = {
      {"", E::Empty},
      {"-", E::Syntax},
      {"+1", E::Syntax},
      {"--1", E::Syntax},
      {".5", E::Syntax},
      {"-.5", E::Syntax},
      {"1.", E::Syntax},
      {".", E::Syntax},
      {"1.e5", E::Syntax},
      {"1..2", E::Syntax},
      {"1.2.3", E::Syntax},
      {" 1", E::Syntax},
      {"1 ", E::Syntax},
      {"1,000", E::Syntax},
      {"1_000", E::Syntax},
      {"0x1", E::Syntax},
      {"NaN", E::Syntax},
      {"nan", E::Syntax},
      {"inf", E::Syntax},
      {"-inf", E::Syntax},
      {"Infinity", E::Syntax},
      {"1e", E::Syntax},
      {"1e+", E::Syntax},
      {"e5", E::Syntax},
      {"1e1.5", E::Syntax},
      {"1e1000", E::Syntax},
      {"1f", E::Syntax},
      {"\xEF\xBC\x91", E::Syntax},  // a full-width one
      {std::string("1\0", 2), E::Syntax},
      {std::string("1\0"
                   "2",
                   3),
       E::Syntax},
      {"1e400", E::OutOfRange},
      {"1e39", E::OutOfRange},
      {"18e37", E::OutOfRange},
      {"1e-39", E::OutOfRange},
      {"1e-400", E::OutOfRange},
      {"1" + std::string(39, '0'), E::OutOfRange},
      {"0." + std::string(38, '0') + "1", E::OutOfRange},
      {std::string(39, '9'), E::TooManyDigits},
      {std::string(40, '1'), E::TooManyDigits},
      {"1." + std::string(37, '0') + "01", E::TooManyDigits},
  };
  for (const auto& [text, error] : cases) {
    const auto parsed = Decimal::parse(text);
    ASSERT_FALSE(parsed.has_value()) << text << " was read as " << parsed->str();
    EXPECT_EQ(parsed.error(), error) << text << ": " << describe(parsed.error());
  }
}

TEST(DecimalParse, EveryErrorSaysWhatIsWrong) {
  for (const DecimalError e : {DecimalError::Empty, DecimalError::Syntax, DecimalError::TooManyDigits, DecimalError::OutOfRange}) {
    EXPECT_GT(std::string(describe(e)).size(), 5U);
  }
}

TEST(DecimalPrint, IsPlainAndShort) {
  EXPECT_EQ(Decimal::from_parts(150, 2).str(), "1.5");
  EXPECT_EQ(Decimal::from_parts(-5, 3).str(), "-0.005");
  EXPECT_EQ(Decimal::from_parts(0, 7).str(), "0");
  EXPECT_EQ((-Decimal(0)).str(), "0");
  EXPECT_EQ(Decimal(std::numeric_limits<std::int64_t>::min()).str(), "-9223372036854775808");
  EXPECT_EQ(kLargest.str(), "170141183460469231731687303715884105727");
  EXPECT_EQ((-kLargest).str(), "-170141183460469231731687303715884105727");
}

TEST(DecimalPrint, PadsWithoutRounding) {
  EXPECT_EQ(d("5").str_padded(2), "5.00");
  EXPECT_EQ(d("0").str_padded(2), "0.00");
  EXPECT_EQ(d("-0.5").str_padded(3), "-0.500");
  EXPECT_EQ(d("0.123").str_padded(2), "0.123");
  EXPECT_EQ(d("12.5").str_padded(0), "12.5");
}

TEST(DecimalTypes, BinaryFractionsNeverBecomeAmounts) {
  static_assert(std::is_constructible_v<Decimal, int>);
  static_assert(!std::is_constructible_v<Decimal, double>);
  static_assert(!std::is_constructible_v<Decimal, float>);
  static_assert(!std::is_convertible_v<int, Decimal>);
  static_assert(!std::is_constructible_v<Amount<struct SomeTag>, double>);
}

TEST(DecimalCompare, IgnoresScale) {
  EXPECT_EQ(Decimal::from_parts(10, 1), Decimal(1));
  EXPECT_LT(d("0.9"), Decimal(1));
  EXPECT_LT(d("-1"), d("-0.9"));
  EXPECT_GT(d("0.00000000000000000000000000000000000001"), Decimal(0));
}

TEST(DecimalCompare, HoldsAcrossScalesNearOverflow) {
  const Decimal tiny = d("0.00000000000000000000000000000000000001");
  const Decimal one_less = d("0.99999999999999999999999999999999999999");
  EXPECT_LT(tiny, kLargest);
  EXPECT_GT(kLargest, tiny);
  EXPECT_LT(-kLargest, tiny);
  EXPECT_GT(tiny, -kLargest);
  EXPECT_LT(-kLargest, -tiny);
  EXPECT_GT(-tiny, -kLargest);
  EXPECT_LT(one_less, Decimal(1));
  EXPECT_LT(one_less, Decimal(2));  // 2 × 10^38 does not fit
  EXPECT_NE(kLargest, one_less);
  EXPECT_LT(d("-2"), -one_less);
}

TEST(DecimalArithmetic, IsExact) {
  EXPECT_EQ(d("0.1") + d("0.2"), d("0.3"));
  EXPECT_EQ(d("1") - d("0.9"), d("0.1"));
  EXPECT_EQ((d("43250.12") * d("0.00001")).str(), "0.4325012");
  EXPECT_EQ(d("-1.5") * d("-2"), Decimal(3));
  Decimal sum;
  for (int i = 0; i < 1000; ++i) sum += d("0.001");
  EXPECT_EQ(sum, Decimal(1));
  sum -= d("1");
  EXPECT_TRUE(sum.is_zero());
}

TEST(DecimalArithmetic, DropsTrailingZerosBeforeItGivesUp) {
  const Decimal padded = Decimal::from_parts(1'000'000'000'000'000'000, 18);  // 1, written with 18 places
  EXPECT_EQ(padded * padded * padded, Decimal(1));
  EXPECT_EQ(d("1e38") + padded, d("1e38") + Decimal(1));
}

TEST(DecimalArithmetic, NegatesItsWholeRange) {
  EXPECT_EQ(-(-kLargest), kLargest);
  EXPECT_EQ((-kLargest).abs(), kLargest);
  EXPECT_EQ(kLargest - kLargest, Decimal(0));
}

TEST(DecimalDeathTest, RefusesWhatLeaves128Bits) {
  EXPECT_DEATH(kLargest + Decimal(1), "decimal overflow");
  EXPECT_DEATH(-kLargest - Decimal(1), "decimal overflow");  // -2^127 would have no opposite
  EXPECT_DEATH(d("1e20") * d("1e19"), "decimal overflow");
  EXPECT_DEATH(Decimal(std::numeric_limits<std::int64_t>::min()) * d("18446744073709551616"), "decimal overflow");
  EXPECT_DEATH(d("1e-20") * d("1e-19"), "decimal overflow");
  EXPECT_DEATH(d("1e30") + d("1e-30"), "decimal overflow");
  EXPECT_DEATH(kLargest.ceil_to(Decimal(10)), "decimal overflow");
  EXPECT_DEATH((-kLargest).floor_to(Decimal(2)), "decimal overflow");
  EXPECT_DEATH(kLargest.divided_by(d("0.1"), 0, Rounding::Down), "decimal overflow");
  EXPECT_DEATH(kLargest.divided_by(d("3"), 1, Rounding::Down), "decimal overflow");
}

TEST(DecimalDeathTest, RefusesSenselessQuestions) {
  EXPECT_DEATH((void)Decimal(1).divided_by(Decimal(0), 2, Rounding::Down), "division by zero");
  EXPECT_DEATH((void)Decimal(1).divided_by(Decimal(3), 39, Rounding::Down), "scale of a quotient");
  EXPECT_DEATH((void)Decimal(1).divided_by(Decimal(3), -1, Rounding::Down), "scale of a quotient");
  EXPECT_DEATH((void)Decimal(1).floor_to(Decimal(0)), "step must be positive");
  EXPECT_DEATH((void)Decimal(1).is_multiple_of(Decimal(-1)), "step must be positive");
  EXPECT_DEATH((void)greatest_common_step(Decimal(1), Decimal(0)), "steps must be positive");
}

TEST(DecimalRounding, EveryDirectionForEverySign) {
  struct Case {
    std::string_view value, down, up, zero, half_up;
  };
  for (const Case& c : std::vector<Case>{{"2.4", "2", "3", "2", "2"},
                                         {"2.5", "2", "3", "2", "3"},
                                         {"2.6", "2", "3", "2", "3"},
                                         {"-2.4", "-3", "-2", "-2", "-2"},
                                         {"-2.5", "-3", "-2", "-2", "-3"},
                                         {"-2.6", "-3", "-2", "-2", "-3"},
                                         {"3", "3", "3", "3", "3"},
                                         {"-3.000", "-3", "-3", "-3", "-3"},
                                         {"0.0001", "0", "1", "0", "0"},
                                         {"-0.0001", "-1", "0", "0", "0"},
                                         {"0", "0", "0", "0", "0"}}) {
    EXPECT_EQ(d(c.value).rounded(0, Rounding::Down), d(c.down)) << c.value;
    EXPECT_EQ(d(c.value).rounded(0, Rounding::Up), d(c.up)) << c.value;
    EXPECT_EQ(d(c.value).rounded(0, Rounding::Zero), d(c.zero)) << c.value;
    EXPECT_EQ(d(c.value).rounded(0, Rounding::HalfUp), d(c.half_up)) << c.value;
  }
  EXPECT_EQ(d("1.25").rounded(1, Rounding::HalfUp), d("1.3"));
  EXPECT_EQ(d("1.2").rounded(5, Rounding::Up), d("1.2"));
}

TEST(DecimalDivision, RoundsAsAsked) {
  EXPECT_EQ(d("1").divided_by(d("3"), 4, Rounding::Down), d("0.3333"));
  EXPECT_EQ(d("1").divided_by(d("3"), 4, Rounding::Up), d("0.3334"));
  EXPECT_EQ(d("-1").divided_by(d("3"), 4, Rounding::Down), d("-0.3334"));
  EXPECT_EQ(d("-1").divided_by(d("3"), 4, Rounding::Up), d("-0.3333"));
  EXPECT_EQ(d("1").divided_by(d("-3"), 4, Rounding::Zero), d("-0.3333"));
  EXPECT_EQ(d("2").divided_by(d("3"), 0, Rounding::HalfUp), d("1"));
  EXPECT_EQ(d("0").divided_by(d("-3"), 4, Rounding::Down).str(), "0");
  EXPECT_EQ(d("43250.5").divided_by(d("0.3"), 12, Rounding::HalfUp).str(), "144168.333333333333");
}

// Quotients that fit although the numbers on the way to them do not.
TEST(DecimalDivision, OnlyTheQuotientHasToFit) {
  EXPECT_EQ(kLargest.divided_by(kLargest, 37, Rounding::Down), Decimal(1));
  EXPECT_EQ(d("1").divided_by(kLargest, 38, Rounding::Up), d("1e-38"));
  EXPECT_EQ(d("5e37").divided_by(d("9e37"), 5, Rounding::Down), d("0.55555"));
  EXPECT_EQ(d("123456789012345678901234567890123456.78").divided_by(d("98765432109876543210987654321098765432"), 14, Rounding::HalfUp), d("0.00124999998861"));
  EXPECT_EQ(d("1").divided_by(d("1e-38"), 0, Rounding::Down), d("1e38"));
}

// The divisor does not fit once it is brought to the numerator's places.
TEST(DecimalDivision, HalfIsMeasuredAgainstTheWholeDivisor) {
  const Decimal nines = d("0.99999999999999999999999999999999999999");
  EXPECT_EQ(nines.divided_by(d("2"), 0, Rounding::HalfUp), Decimal(0));  // 0.4999…
  EXPECT_EQ(nines.divided_by(d("1.9"), 0, Rounding::HalfUp), Decimal(1));
  EXPECT_EQ(nines.divided_by(d("1e30"), 0, Rounding::HalfUp), Decimal(0));
  EXPECT_EQ(nines.divided_by(d("2"), 0, Rounding::Up), Decimal(1));
  EXPECT_EQ(nines.divided_by(d("-2"), 0, Rounding::Down), Decimal(-1));
  EXPECT_EQ(nines.divided_by(d("-2"), 0, Rounding::Up).str(), "0");
}

TEST(DecimalSteps, FloorAndCeil) {
  EXPECT_EQ(d("43250.123").floor_to(d("0.01")), d("43250.12"));
  EXPECT_EQ(d("43250.123").ceil_to(d("0.01")), d("43250.13"));
  EXPECT_EQ(d("-1.5").floor_to(d("1")), d("-2"));
  EXPECT_EQ(d("-1.5").ceil_to(d("1")), d("-1"));
  EXPECT_EQ(d("0.7").floor_to(d("0.25")), d("0.5"));
  EXPECT_EQ(d("0.75").floor_to(d("0.25")), d("0.75"));
  EXPECT_EQ(d("17").floor_to(d("5")), d("15"));
  EXPECT_TRUE(d("0.3").is_multiple_of(d("0.1")));
  EXPECT_FALSE(d("0.35").is_multiple_of(d("0.1")));
  EXPECT_TRUE(d("0").is_multiple_of(d("0.1")));
}

TEST(DecimalSteps, CommonOnes) {
  EXPECT_EQ(greatest_common_step(d("0.0001"), d("0.00001")).str(), "0.00001");
  EXPECT_EQ(greatest_common_step(d("0.01"), d("0.015")).str(), "0.005");
  EXPECT_EQ(greatest_common_step(d("1e25"), d("1e25")), d("1e25"));  // beyond 64 bits
  EXPECT_EQ(least_common_multiple(d("0.0001"), d("0.00001")).str(), "0.0001");
  EXPECT_EQ(least_common_multiple(d("0.01"), d("0.015")).str(), "0.03");
  EXPECT_EQ(least_common_multiple(d("1"), d("1")).str(), "1");
  EXPECT_EQ(least_common_multiple(d("10"), d("0.001")).str(), "10");
}

TEST(DecimalDigits, AreCounted) {
  EXPECT_EQ(d("0").significant_digits(), 1);
  EXPECT_EQ(d("1000").significant_digits(), 1);
  EXPECT_EQ(d("0.00120").significant_digits(), 2);
  EXPECT_EQ(d("-12.05").significant_digits(), 4);
  EXPECT_TRUE(d("1000").within(4, 0));
  EXPECT_FALSE(d("1000").within(3, 0));
  EXPECT_TRUE(d("0.001").within(1, 3));
  EXPECT_FALSE(d("0.001").within(5, 2));
  EXPECT_TRUE(d("0").within(0, 0));
  EXPECT_TRUE(d("1.500").within(2, 1));
  EXPECT_EQ(d("1.500").normalized().scale(), 1);
}

}  // namespace
}  // namespace dn
