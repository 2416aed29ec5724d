// The generator of the simulations: its numbers are part of every recorded seed.
#include "sim/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

namespace dn::sim {
namespace {

std::vector<std::uint64_t> first(std::uint64_t seed, int count) {
  Rng rng(seed);
  std::vector<std::uint64_t> out;
  for (int i = 0; i < count; ++i) out.push_back(rng.next());
  return out;
}

// The values of the algorithms' published code: a seed means the same life on every machine and in every year.
TEST(Rng, GivesThePublishedNumbers) {
  EXPECT_EQ(first(0, 5),
            (std::vector<std::uint64_t>{11091344671253066420U, 13793997310169335082U, 1900383378846508768U, 7684712102626143532U, 13521403990117723737U}));
  EXPECT_EQ(first(7, 3), first(7, 3));
  EXPECT_NE(first(7, 3), first(8, 3));
}

TEST(Rng, BelowReachesEveryNumberAboutEquallyAndNoOther) {
  Rng rng(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 70'000; ++i) ++seen.at(rng.below(7));
  for (const int n : seen) {
    EXPECT_GT(n, 9'600);
    EXPECT_LT(n, 10'400);
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rng.below(1), 0U);
}

TEST(Rng, BetweenIncludesBothEnds) {
  Rng rng(2);
  std::array<int, 4> seen{};
  for (int i = 0; i < 4'000; ++i) ++seen.at(static_cast<std::size_t>(rng.between(-2, 1) + 2));
  for (const int n : seen) EXPECT_GT(n, 800);
  EXPECT_EQ(rng.between(5, 5), 5);
  EXPECT_EQ(rng.between(INT64_MIN, INT64_MIN), INT64_MIN);
  EXPECT_EQ(rng.between(INT64_MAX, INT64_MAX), INT64_MAX);
}

TEST(Rng, BetweenTakesTheWidestRange) {
  Rng rng(3);
  int negative = 0;
  for (int i = 0; i < 1'000; ++i) negative += rng.between(INT64_MIN, INT64_MAX) < 0 ? 1 : 0;
  EXPECT_GT(negative, 400);
  EXPECT_LT(negative, 600);
  for (int i = 0; i < 1'000; ++i) EXPECT_LE(rng.between(INT64_MIN, -1), -1);
}

TEST(Rng, ChanceIsAFraction) {
  Rng rng(4);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) {
    hits += rng.chance(3, 10) ? 1 : 0;
    EXPECT_FALSE(rng.chance(0, 10));
    EXPECT_TRUE(rng.chance(10, 10));
  }
  EXPECT_GT(hits, 2'800);
  EXPECT_LT(hits, 3'200);
}

TEST(Rng, PickChoosesAmongAll) {
  Rng rng(5);
  constexpr std::array<std::string_view, 3> kNames{"a", "b", "c"};
  std::array<int, 3> seen{};
  for (int i = 0; i < 3'000; ++i) ++seen.at(static_cast<std::size_t>(rng.pick(kNames)[0] - 'a'));
  for (const int n : seen) EXPECT_GT(n, 850);
}

TEST(RngDeathTest, NothingToChooseFromIsAMistakeOfTheProgram) {
  Rng rng(6);
  EXPECT_DEATH((void)rng.below(0), "nothing");
  EXPECT_DEATH((void)rng.between(2, 1), "empty");
}

}  // namespace
}  // namespace dn::sim
