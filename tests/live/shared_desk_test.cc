// Which desks draw on one budget: those of one directory, for the same venue at the same address.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "live/venues.h"

namespace dn::live {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using venues::Pool;

class SharedDesk : public testing::TestWithParam<Venue> {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "dn-desk-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // As a process of its own would have it.
  std::unique_ptr<Venues> process(const Access& access) {
    return std::make_unique<Venues>(loop_, clock_, std::map<Venue, Access>{{GetParam(), access}}, [this](const std::string& note) { notes_.push_back(note); });
  }
  Access in(const std::string& directory) const {
    Access a;
    a.rest = "https://127.0.0.1:1";
    a.budget_directory = directory;
    return a;
  }
  static void use_up(Desk& desk) {
    while (desk.take(Pool::Account, 1, Urgency::Urgent)) {
    }
  }
  // Not enough for a while, however slow this machine is.
  static bool has_little(Desk& desk) {
    const Time ready = desk.ready(Pool::Account, 50, Urgency::Urgent);  // before the clock is read again: it never stands still
    return ready > desk.now();
  }

  net::Loop loop_;
  Clock clock_;
  std::string folder_;
  std::vector<std::string> notes_;
};

TEST_P(SharedDesk, ProcessesOfOneDirectoryDrawOnOneBudget) {
  const auto one = process(in(folder_));
  const auto two = process(in(folder_));
  use_up(one->desk(GetParam()));
  one->desk(GetParam()).hold(Pool::Order, Dur::seconds(30));
  EXPECT_TRUE(has_little(two->desk(GetParam())));
  EXPECT_TRUE(has_little(process(in(folder_))->desk(GetParam()))) << "one that comes later as well";
  EXPECT_GT(two->desk(GetParam()).ready(Pool::Order, 1, Urgency::Urgent), clock_.now() + Dur::seconds(20)) << "what the venue said is for all";
  EXPECT_TRUE(notes_.empty());
}

TEST_P(SharedDesk, AnotherAddressAnotherScaleAndNoDirectoryAreOtherBudgets) {
  const auto one = process(in(folder_));
  one->desk(GetParam()).hold(Pool::Account, Dur::seconds(30));
  Access address = in(folder_);
  address.rest = "https://127.0.0.1:2";
  Access scale = in(folder_);
  scale.rate_scale = 20;
  for (const Access& other : {address, scale, in("")}) EXPECT_FALSE(has_little(process(other)->desk(GetParam())));
  EXPECT_TRUE(has_little(one->desk(GetParam())));
}

TEST_P(SharedDesk, WithoutAUsableDirectoryItCountsAloneAndSaysSoOnce) {
  const auto one = process(in(folder_ + "/none"));
  use_up(one->desk(GetParam()));
  EXPECT_TRUE(has_little(one->desk(GetParam())));
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_THAT(notes_[0], AllOf(HasSubstr(name(GetParam())), HasSubstr("alone"), HasSubstr(folder_ + "/none/")));
}

TEST_P(SharedDesk, AStartThatWaitedForBudgetInVainSaysSo) {
  const auto one = process(in(folder_));
  process(in(folder_))->desk(GetParam()).hold(Pool::Public, Dur::seconds(30));
  const auto answers = one->start({{GetParam(), Symbol{Asset("BTC"), Asset("USDT")}, false}}, [] { return true; });
  ASSERT_FALSE(answers.at(0));
  EXPECT_THAT(answers.at(0).error().message, HasSubstr("its request budget is used up"));
}

INSTANTIATE_TEST_SUITE_P(, SharedDesk, testing::Values(Venue::MexcSpot, Venue::GateioSpot, Venue::GateioFutures),
                         [](const auto& p) { return std::string(name(p.param)); });

}  // namespace
}  // namespace dn::live
