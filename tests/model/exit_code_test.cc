#include "model/exit_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace dn {
namespace {

const std::vector<ExitCode> kAll = {ExitCode::Ok,           ExitCode::BudgetUsed, ExitCode::Locked,     ExitCode::Waiting,       ExitCode::Imbalanced,
                                    ExitCode::UnknownOrder, ExitCode::Refused,    ExitCode::Halted,     ExitCode::Contradiction, ExitCode::RebalancedPartly,
                                    ExitCode::Usage,        ExitCode::BadData,    ExitCode::NotFound,   ExitCode::VenueDown,     ExitCode::Internal,
                                    ExitCode::Io,           ExitCode::Temporary,  ExitCode::Permission, ExitCode::Config,        ExitCode::Interrupted,
                                    ExitCode::Terminated};

TEST(ExitCode, EveryCodeHasItsOwnRow) {
  for (const ExitCode c : kAll) {
    EXPECT_EQ(info(c).code, c) << number(c);
    EXPECT_FALSE(info(c).meaning.empty());
    EXPECT_FALSE(info(c).why.empty());
    EXPECT_FALSE(info(c).next.empty());
  }
  EXPECT_EQ(exit_codes().size(), kAll.size());
}

TEST(ExitCode, EachHasANameOfItsOwn) {
  std::vector<std::string_view> names;
  for (const ExitCodeInfo& row : exit_codes()) names.push_back(row.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(ExitCode, TheNumbersAreTheContract) {
  const std::vector<int> numbers = {0, 10, 11, 12, 20, 21, 22, 23, 24, 25, 64, 65, 66, 69, 70, 74, 75, 77, 78, 130, 143};
  std::vector<int> ours;
  for (const ExitCode c : kAll) ours.push_back(number(c));
  std::sort(ours.begin(), ours.end());
  EXPECT_EQ(ours, numbers);
}

TEST(ExitCode, TheWorstOfSeveralDecides) {
  const std::vector<ExitCode> order = {ExitCode::Contradiction, ExitCode::UnknownOrder, ExitCode::Imbalanced, ExitCode::Halted, ExitCode::Refused};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      EXPECT_EQ(worse(order[i], order[j]), order[i]);
      EXPECT_EQ(worse(order[j], order[i]), order[i]);
    }
    for (const ExitCode other : kAll) {
      if (std::find(order.begin(), order.end(), other) != order.end()) continue;
      EXPECT_EQ(worse(other, order[i]), order[i]) << number(other);
    }
  }
}

TEST(ExitCode, WorseIsAnOrder) {
  for (const ExitCode a : kAll) {
    EXPECT_EQ(worse(a, a), a);
    EXPECT_EQ(worse(a, ExitCode::Ok), a);
    for (const ExitCode b : kAll) {
      EXPECT_EQ(worse(a, b), worse(b, a));
      for (const ExitCode c : kAll) EXPECT_EQ(worse(worse(a, b), c), worse(a, worse(b, c)));
    }
  }
}

// Safe-to-repeat outcomes never hide one that needs a person.
TEST(ExitCode, FaultsOutweighPauses) {
  for (const ExitCode fault : {ExitCode::Config, ExitCode::Io, ExitCode::VenueDown, ExitCode::Internal, ExitCode::Temporary}) {
    for (const ExitCode pause : {ExitCode::BudgetUsed, ExitCode::Locked, ExitCode::Waiting, ExitCode::Ok}) EXPECT_EQ(worse(pause, fault), fault);
  }
}

// A damaged database may hold any number.
TEST(ExitCode, AnUnknownNumberIsNeverSuccess) { EXPECT_EQ(info(static_cast<ExitCode>(99)).code, ExitCode::Internal); }

}  // namespace
}  // namespace dn
