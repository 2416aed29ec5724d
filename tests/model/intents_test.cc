// Which steps may be sent before they are committed whole, and what is made of intents that were never committed.
#include "model/intents.h"

#include <gtest/gtest.h>

namespace dn {
namespace {

OrderRecord order(OrderStatus status = OrderStatus::Intent, Purpose purpose = Purpose::Quote) {
  OrderRecord o;
  o.request.id = ClientOrderId("t-1");
  o.request.purpose = purpose;
  o.request.created = Time{50};
  o.status = status;
  return o;
}

Intents promised_by(const TaskRecord& task, const JournalBatch& batch) {
  Intents out;
  EXPECT_TRUE(add(out, task, batch));
  return out;
}

JournalBatch batch(std::vector<OrderRecord> orders) { return {true, std::move(orders), {}, {}}; }

TEST(Intents, QuotesMayLeaveBeforeTheRestOfTheirStep) {
  EXPECT_TRUE(can_follow_sends(batch({order()})));
  EXPECT_TRUE(can_follow_sends(batch({order(), order()})));
  for (const OrderStatus heard : {OrderStatus::Open, OrderStatus::Unknown, OrderStatus::Closed}) {
    JournalBatch with_news = batch({order(heard), order()});
    with_news.fills.emplace_back();
    EXPECT_TRUE(can_follow_sends(with_news)) << "the venue tells it again";
  }
}

TEST(Intents, WhatElseIsSentIsCommittedFirst) {
  EXPECT_FALSE(can_follow_sends({})) << "nothing to send";
  EXPECT_FALSE(can_follow_sends(batch({order(OrderStatus::Intent, Purpose::Rebalance)})));
  EXPECT_FALSE(can_follow_sends(batch({order(), order(OrderStatus::Intent, Purpose::Reduce)})));
  EXPECT_FALSE(can_follow_sends(batch(std::vector<OrderRecord>(kMostIntents + 1, order()))));
  OrderRecord by_hand = order();
  by_hand.person_request = RequestId("twice-is-once");
  EXPECT_FALSE(can_follow_sends(batch({by_hand})));
  JournalBatch with_payment = batch({order()});
  with_payment.fundings.emplace_back();
  EXPECT_FALSE(can_follow_sends(with_payment));
}

TEST(Intents, AreMissingWhereTheBooksEndBeforeThem) {
  TaskRecord task;
  task.id = 3;
  task.created = Time{7};
  task.run_epoch = 2;
  task.next_seq = 4;
  task.orders = 9;
  TaskRecord behind = task;
  behind.next_seq = 5;
  behind.orders = 10;
  behind.first_order = Time{50};
  const Intents intents = promised_by(behind, batch({order()}));
  EXPECT_TRUE(are_missing(task, intents));
  EXPECT_FALSE(are_missing(behind, intents));
  for (auto change : {+[](TaskRecord& t) { t.id = 4; }, +[](TaskRecord& t) { t.created = Time{8}; }, +[](TaskRecord& t) { t.run_epoch = 3; }}) {
    TaskRecord other = task;
    change(other);
    EXPECT_FALSE(are_missing(other, intents));
  }
  const auto rows = take_up(task, intents);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].status, OrderStatus::Intent);
  EXPECT_EQ(task.next_seq, 5U);
  EXPECT_EQ(task.orders, 10);
  EXPECT_EQ(task.first_order.us, 50);
  EXPECT_EQ(task.updated.us, 50);
  EXPECT_FALSE(are_missing(task, intents)) << "once";
}

}  // namespace
}  // namespace dn
