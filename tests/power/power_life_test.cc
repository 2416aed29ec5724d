// Lives whose machine loses power: no fill is lost, no id is used twice, and the books are the venues'.
#include "power_life.h"

#include <gmock/gmock.h>

namespace dn::power {
namespace {

using ::testing::HasSubstr;

// A cut before and after every commit of a whole life.
void cut_at_every_commit(std::uint64_t seed, std::uint64_t* cuts_that_took) {
  PowerPlan plan = plan_power(seed);
  plan.anywhere = false;
  const std::uint64_t commits = live_through(plan).commits;
  for (std::uint64_t n = 0; n < 2 * commits; ++n) {
    plan.cut_at = n;
    const PowerResult r = live_through(plan);
    ASSERT_FALSE(r.broken) << "seed " << seed << ", cut " << n << ": " << *r.broken;
    ASSERT_GE(r.cuts, 1u);
    *cuts_that_took += r.cuts_that_took;
  }
}

TEST(PowerLife, ACutAtEveryCommitOfALifeBreaksNoPromise) {
  std::uint64_t cuts_that_took = 0;
  for (const std::uint64_t seed : {3, 11}) cut_at_every_commit(seed, &cuts_that_took);
  EXPECT_GT(cuts_that_took, 50u) << "the cuts would prove little";
}

TEST(PowerLife, NoneOfManyBreaksAPromiseWhereverThePowerFails) {
  PowerResult sum;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const PowerResult r = live_through(plan_power(seed));
    ASSERT_FALSE(r.broken) << "seed " << seed << ": " << *r.broken;
    sum.cuts_that_took += r.cuts_that_took;
    sum.orders_adopted += r.orders_adopted;
  }
  EXPECT_GT(sum.cuts_that_took, 100u) << "the cuts would prove little";
  EXPECT_GT(sum.orders_adopted, 30u);
}

// Four orders a minute, and a market that runs away from most of them: it comes to its end, later than others.
TEST(PowerLife, ALifeMayTakeItsTimeAsLongAsItTrades) {
  const PowerResult r = live_through(plan_power(30'363));
  EXPECT_FALSE(r.broken) << *r.broken;
}

// What the first life that notices says.
std::string caught(Planted planted, std::uint64_t first_seed) {
  for (std::uint64_t seed = first_seed; seed < first_seed + 300; ++seed) {
    PowerPlan plan = plan_power(seed);
    plan.planted = planted;
    if (const auto broken = live_through(plan).broken) return *broken;
  }
  return "nothing";
}

TEST(PowerLife, NoticesWhenTheEpochIsNotWaitedFor) { EXPECT_THAT(caught(Planted::EpochNotSynced, 2001), HasSubstr("is sent twice")); }

TEST(PowerLife, NoticesWhenTheVenuesAreNotSurveyed) { EXPECT_THAT(caught(Planted::NoSurvey, 2001), HasSubstr("is at the venue and not in the books")); }

TEST(PowerLife, NoticesWhenARequestArrivesAfterTheVenuesWereSurveyed) { EXPECT_NE(caught(Planted::FastBoot, 4001), "nothing"); }

}  // namespace
}  // namespace dn::power
