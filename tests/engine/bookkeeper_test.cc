// When a run's steps are committed: what its sends need before them, the rest together a moment later, and nothing is ever left out.
#include "engine/bookkeeper.h"

#include <gmock/gmock.h>

#include "model/intents.h"
#include "talk.h"

namespace dn::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Dur kPatience = Dur::millis(50);

// Writes down what it is asked for.
class Pen final : public Journal {
 public:
  explicit Pen(bool promises) : promises_(promises) {}
  bool promises() const override { return promises_; }
  bool promise(const TaskRecord& task, const JournalBatch& batch) override {
    if (!promises_ || !add(promised_, task, batch)) return false;
    story.emplace_back("promise");
    return true;
  }
  Expected<void, JournalError> commit(const TaskRecord& /*task*/, const JournalBatch& batch) override {
    if (full) return Unexpected{JournalError{JournalError::Kind::DiskFull, "full"}};
    story.emplace_back("commit");
    promised_.requests.clear();
    merge(stored, batch);
    return {};
  }
  std::vector<std::string> story;
  JournalBatch stored;
  bool full = false;

 private:
  bool promises_;
  Intents promised_;
};

class BookkeeperTest : public ::testing::Test {
 protected:
  explicit BookkeeperTest(bool promises = true) : pen(promises) {
    talk.start();
    carry_out();
    must_commit();
    pen.story.clear();
  }

  // What a driver does with a step.
  void carry_out() {
    ASSERT_TRUE(books.before_sends(talk.now, talk.last_step));
    for (const Send& s : talk.last_step.sends) {
      if (std::holds_alternative<PlaceOrder>(s)) pen.story.emplace_back("order");
      if (std::holds_alternative<CancelOrder>(s)) pen.story.emplace_back("cancel");
    }
    ASSERT_TRUE(books.after_sends(talk.now));
  }
  void must_commit() { ASSERT_TRUE(books.commit(talk.now)); }
  void book(Side leg, std::string_view bid, std::string_view ask) {
    talk.book(leg, bid, ask);
    carry_out();
  }
  void quote() {
    book(Side::Buy, "43250", "43251");
    book(Side::Sell, "43250", "43251");
  }

  Talk talk{seed_spec()};
  RunObserver nobody;
  Pen pen;
  Bookkeeper books{*talk.engine, pen, nobody};
};

TEST_F(BookkeeperTest, QuotesLeaveOnTheirPromiseAndAreCommittedWithWhatComesOfThem) {
  quote();
  EXPECT_THAT(pen.story, ElementsAre("promise", "order", "order"));
  EXPECT_EQ(books.due(), talk.now + kPatience);
  const OrderRequest buy = talk.placed(Side::Buy);
  talk.now = talk.now + Dur::millis(10);
  talk.ack(buy);
  carry_out();
  talk.fill(buy, "0.04", "B1");
  carry_out();
  EXPECT_EQ(books.due(), talk.now + Dur::millis(40)) << "the first one's patience counts";
  must_commit();
  EXPECT_THAT(pen.story, ElementsAre("promise", "order", "order", "commit"));
  EXPECT_TRUE(books.due().is_never());
  ASSERT_EQ(pen.stored.orders.size(), 2U);
  EXPECT_EQ(pen.stored.orders[0].status, OrderStatus::Open) << "the newest row of each";
  EXPECT_EQ(pen.stored.orders[0].booked, qty("0.04"));
  EXPECT_EQ(pen.stored.orders[1].status, OrderStatus::Intent);
  EXPECT_EQ(pen.stored.fills.size(), 1U);
}

TEST_F(BookkeeperTest, CancelsAndQuestionsNeedNothing) {
  quote();
  talk.ack_both();
  carry_out();
  pen.story.clear();
  book(Side::Sell, "43230", "43231");
  EXPECT_THAT(pen.story, ElementsAre("cancel"));
}

TEST_F(BookkeeperTest, AHedgeIsCommittedBeforeItLeavesWithAllThatWaits) {
  quote();
  const OrderRequest buy = talk.placed(Side::Buy);
  const OrderRequest sell = talk.placed(Side::Sell);
  talk.ack(buy);
  carry_out();
  talk.ack(sell);
  carry_out();
  talk.fill(buy, "0.1", "B1");
  carry_out();
  pen.story.clear();
  for (int i = 0; i < 100 && talk.count<PlaceOrder>() == 2; ++i) {
    talk.after(Dur::millis(200));
    carry_out();
    talk.prove();
    carry_out();
    quote();
  }
  ASSERT_EQ(talk.count<PlaceOrder>(), 3U);
  ASSERT_NE(talk.placed(Side::Sell).purpose, Purpose::Quote);
  ASSERT_GE(pen.story.size(), 2U);
  EXPECT_EQ(pen.story.back(), "order");
  EXPECT_EQ(*(pen.story.end() - 2), "commit");
  EXPECT_TRUE(books.due().is_never());
}

TEST_F(BookkeeperTest, AChangeOfModeIsCommittedAtOnce) {
  quote();
  pen.story.clear();
  talk.tell(Pause{});
  carry_out();
  EXPECT_THAT(pen.story, ElementsAre("commit"));
}

TEST_F(BookkeeperTest, TheEndIsCommittedAtOnce) {
  quote();
  talk.tell(Drain{ExitCode::BudgetUsed, false});
  carry_out();
  for (int i = 0; i < 20 && !talk.engine->finished(); ++i) {
    talk.prove();
    carry_out();
  }
  ASSERT_TRUE(talk.engine->finished());
  EXPECT_EQ(pen.story.back(), "commit");
  EXPECT_TRUE(books.due().is_never());
}

TEST_F(BookkeeperTest, WhatWaitsIsCommittedByAnEndThatHasNothingToAdd) {
  quote();
  talk.ack_both();
  carry_out();
  talk.tell(Drain{ExitCode::BudgetUsed, true});  // its orders stay
  ASSERT_TRUE(talk.engine->finished());
  pen.story.clear();
  ASSERT_TRUE(books.before_sends(talk.now, Commands{}));
  EXPECT_THAT(pen.story, ElementsAre("commit"));
  EXPECT_TRUE(books.due().is_never());
}

TEST_F(BookkeeperTest, ThePageNeverFillsUp) {
  std::size_t promises = 0;
  for (int i = 0; i < 60; ++i) {
    talk.now = talk.now + Dur::millis(1);
    if (talk.count<PlaceOrder>() < 2U * static_cast<std::size_t>(i + 1)) quote();
    talk.ack_both();
    carry_out();
    for (const Side leg : kSides) {
      talk.fill(OrderRequest(talk.placed(leg)), "0.001", std::string(upper_name(leg)) + std::to_string(i));
      carry_out();
    }
    const std::string bid = std::to_string(43250 + (i % 2) * 50);
    for (const Side leg : kSides) book(leg, bid, bid + ".5");
    talk.prove();
    carry_out();
    talk.prove();
    carry_out();
  }
  std::size_t orders = 0;
  for (std::size_t i = 0; i < pen.story.size(); ++i) {
    promises += pen.story[i] == "promise" ? 1 : 0;
    orders += pen.story[i] == "order" ? 1 : 0;
    if (pen.story[i] != "order" || pen.story[i - 1] == "order") continue;
    EXPECT_EQ(pen.story[i - 1], "promise") << "no quote waited for a commit";
  }
  EXPECT_GT(promises, kMostPromised) << "the test would prove little";
  EXPECT_GT(orders, promises);
}

TEST_F(BookkeeperTest, AfterAnErrorNothingLeaves) {
  quote();
  pen.full = true;
  talk.tell(Pause{});
  EXPECT_FALSE(books.before_sends(talk.now, talk.last_step));
}

class WithoutPromises : public BookkeeperTest {
 protected:
  WithoutPromises() : BookkeeperTest(false) {}
};

TEST_F(WithoutPromises, EveryStepIsCommittedBeforeItsSends) {
  quote();
  EXPECT_THAT(pen.story, ElementsAre("commit", "order", "order"));
  talk.ack(OrderRequest(talk.placed(Side::Buy)));
  carry_out();
  EXPECT_THAT(pen.story, ElementsAre("commit", "order", "order", "commit"));
  EXPECT_TRUE(books.due().is_never());
}

}  // namespace
}  // namespace dn::test
