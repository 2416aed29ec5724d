// What a person is told, before a run, of what a portfolio leaves to it. Reckoned by hand in the comments.
#include "app/preflight_portfolio.h"

#include <gmock/gmock.h>

#include "desk.h"

namespace dn::app {
namespace {

using testing::HasSubstr;
using testing::Not;

Money money(std::string_view text) { return Money(d(text)); }

// The desk's task under a portfolio in which it may come to all of its total: sold at 101.02, nine slices of it and a tenth with 1.5 % (the collar and the
// slippage limit) for the hedge, on both sides: 2 x (90.918 + 10.25353). Its first slices alone: 2 x 10.25353.
constexpr const char* kWhole = "202.34306";
constexpr const char* kNext = "20.50706";

struct Floor {
  explicit Floor(std::string_view total = kWhole) {
    question.state.row.limits = {Asset("USDT"), money("1000"), {}, money(total), {}, 0};
    question.tasks.push_back({desk.spec, {}, desk.numbers()});
  }
  // Another task of the database.
  Lease& other(std::string_view exposure, bool running) {
    Lease l;
    l.task = "other";
    l.symbol = desk.spec.symbol;
    l.venue = {Venue::MexcSpot, Venue::GateioSpot};
    l.exposure = money(exposure);
    l.running = running;
    return add(l);
  }
  Lease& add(const Lease& l) {
    PortfolioState& s = question.state;
    s.leases.push_back(l);
    s.total += l.exposure;
    s.running += l.running ? 1 : 0;
    const auto at = std::ranges::find_if(s.used, [&](const auto& u) { return u.first == l.symbol; });
    at == s.used.end() ? s.used.emplace_back(l.symbol, l.exposure).second : at->second += l.exposure;
    return s.leases.back();
  }
  Checks checks(const Symbol* only = nullptr) const {
    Checks out;
    check_portfolio(out, question, only);
    return out;
  }
  Check check(std::string_view name) const {
    for (const Check& c : checks()) {
      if (c.name == name) return c;
    }
    ADD_FAILURE() << "there is no check " << name;
    return {};
  }
  PlannedTask& task() { return question.tasks[0]; }

  Desk desk;
  PortfolioQuestion question;
};

TEST(PreflightPortfolio, ExactlyMetPassesAndTheSmallestUnitLessIsRefusedWithBothNumbers) {
  const Check met = Floor(kWhole).check("max_total_exposure");
  EXPECT_EQ(met.status, CheckStatus::Ok) << met.message;
  const Check passed = Floor("202.34305999").check("max_total_exposure");
  EXPECT_EQ(passed.code, ExitCode::Refused);
  EXPECT_THAT(passed.message, HasSubstr("202.34306 against 202.34305999"));
  EXPECT_THAT(passed.message, Not(HasSubstr("next slices"))) << "it may begin, and ends on the limit";
  EXPECT_THAT(passed.next, HasSubstr("max_total_exposure"));
}

TEST(PreflightPortfolio, SaysWhereNotEvenTheNextSlicesFit) {
  EXPECT_THAT(Floor(kNext).check("max_total_exposure").message, Not(HasSubstr("next slices")));
  EXPECT_THAT(Floor("20.50705999").check("max_total_exposure").message, HasSubstr("the next slices of task btc alone come to 20.50706"));
}

TEST(PreflightPortfolio, ARunThatAddsNothingIsNotHeldAgainstWhatOthersHold) {
  Floor floor("100");
  floor.other("500", false);
  floor.task().standing.opens = false;
  const Check c = floor.check("max_total_exposure");
  EXPECT_EQ(c.status, CheckStatus::Ok) << c.message;
  EXPECT_THAT(c.message, HasSubstr("come to 0 USDT beside the 500"));
}

TEST(PreflightPortfolio, ASymbolIsHeldToItsOwnLimitByAllItsTasks) {
  Floor floor("1000");
  floor.question.state.row.limits.per_symbol = money("404.68612");
  floor.question.tasks.push_back(floor.task());
  floor.question.tasks[1].spec.name = "btc-2";
  EXPECT_EQ(floor.check("max_exposure_per_symbol").status, CheckStatus::Ok) << "twice the whole";
  EXPECT_EQ(floor.check("max_exposure_per_symbol").of, "BTC/USDT");
  Lease& held = floor.other("0.00000001", false);
  EXPECT_EQ(floor.check("max_exposure_per_symbol").code, ExitCode::Refused);
  held.symbol = *symbol_from("ETH/USDT");
  floor.question.state.used[0].first = held.symbol;
  EXPECT_EQ(floor.check("max_exposure_per_symbol").status, CheckStatus::Ok) << "what others hold of another coin";
  const Symbol eth = *symbol_from("ETH/USDT");
  EXPECT_EQ(floor.checks(&eth).size(), 1U) << "only the row of the total";
}

TEST(PreflightPortfolio, WhatARunHoldsMayComeAndWhatNobodyRunsDoesNot) {
  Floor floor(kWhole);
  Lease& held = floor.other("0.5", true);
  const Check waits = floor.check("max_total_exposure");
  EXPECT_EQ(waits.status, CheckStatus::Warn);
  EXPECT_THAT(waits.message, HasSubstr("202.84306 against 202.34306"));
  EXPECT_THAT(waits.message, HasSubstr("ends with 12"));
  held.waiting = true;
  EXPECT_EQ(floor.check("max_total_exposure").code, ExitCode::Refused) << "it waits itself";
  held.waiting = held.running = false;
  EXPECT_EQ(floor.check("max_total_exposure").code, ExitCode::Refused);
}

TEST(PreflightPortfolio, WhatIsBeyondTheLimitAloneIsNotWaitedFor) {
  Floor floor("202.34305999");
  floor.other("0.5", true);
  EXPECT_EQ(floor.check("max_total_exposure").code, ExitCode::Refused);
}

TEST(PreflightPortfolio, ATaskThatHasBegunIsCountedOnce) {
  Floor floor(kWhole);
  // Half is bought and sold, at the prices of now; the room of its dead run counts no more than that.
  floor.task().standing.progress.filled = {qty("0.5"), qty("0.5")};
  floor.task().standing.held = {money("50"), money("50.51")};
  Lease own;
  own.task = "btc";
  own.symbol = floor.desk.spec.symbol;
  own.exposure = money("101.02");
  floor.add(own);
  const Check c = floor.check("max_total_exposure");
  EXPECT_EQ(c.status, CheckStatus::Ok) << c.message;
  EXPECT_THAT(c.message, HasSubstr("202.34306 USDT beside the 0 that others hold"));
}

TEST(PreflightPortfolio, ATaskThatDoesNotOpenNeedsNothing) {
  Floor floor("0.1");
  floor.task().standing.opens = false;
  EXPECT_THAT(floor.check("max_total_exposure").message, HasSubstr("0 against 0.1"));
}

TEST(PreflightPortfolio, WithoutPricesWhatOthersHoldIsHeldAgainstTheLimit) {
  Floor floor("100");
  floor.task().numbers.reset();
  Lease& held = floor.other("99.99999999", false);
  const Check left = floor.check("max_total_exposure");
  EXPECT_EQ(left.status, CheckStatus::Ok);
  EXPECT_THAT(left.message, HasSubstr("not known without prices"));
  held.exposure = floor.question.state.total = money("100");
  EXPECT_EQ(floor.check("max_total_exposure").code, ExitCode::Refused) << "nothing is left";
}

TEST(PreflightPortfolio, TasksBeyondTheNumberOfPlacesWait) {
  Floor floor;
  floor.question.state.row.limits.max_tasks = 2;
  floor.other("0", true);
  EXPECT_EQ(floor.check("max_concurrent_tasks").status, CheckStatus::Ok);
  floor.other("0", true);
  const Check c = floor.check("max_concurrent_tasks");
  EXPECT_EQ(c.status, CheckStatus::Warn);
  EXPECT_THAT(c.message, HasSubstr("1 tasks of this run and 2 of others: 3 against 2"));
  floor.task().standing.trades = false;
  EXPECT_EQ(floor.check("max_concurrent_tasks").status, CheckStatus::Ok) << "it needs no place";
}

TEST(PreflightPortfolio, ALossThatOneSliceMayBringIsToldBeforeIt) {
  Floor floor;
  const Money worst = *floor.task().numbers->worst_slice;
  floor.question.state.result = money("-5");
  floor.question.state.row.limits.max_loss = worst + money("5");
  EXPECT_EQ(floor.check("max_loss").status, CheckStatus::Ok);
  floor.question.state.row.limits.max_loss = worst + money("4.99999999");
  EXPECT_EQ(floor.check("max_loss").status, CheckStatus::Warn);
}

TEST(PreflightPortfolio, OneThatIsHaltedOrInAnotherQuoteIsAFailure) {
  Floor floor;
  floor.question.state.row.halted = "realised and marked loss 11 of all tasks is above max_loss 10 of the portfolio";
  EXPECT_EQ(floor.check("portfolio").code, ExitCode::Halted);
  EXPECT_THAT(floor.check("portfolio").message, HasSubstr("11"));
  floor.question.state.row.limits.quote = Asset("USDC");
  EXPECT_EQ(floor.check("portfolio").code, ExitCode::Config);
}

}  // namespace
}  // namespace dn::app
