// The chain of a task's events: every way in which they are written links them, and nothing else does.
#include "store/chain.h"

#include <gmock/gmock.h>

#include "support.h"

namespace dn {
namespace {

using ::testing::SizeIs;

constexpr std::string_view kFirst = "aa88b7f0ca86bb0bd7c01b088a5ae12bdf78800ac5d6b233e82a41dd36619485";

TEST(Chain, IsSha256OverTheRowAndTheDigestBeforeIt) {
  // By Python's hashlib: each text behind its length, each number in 8 bytes, the lowest first.
  const Digest first = chained({}, 1, Time{2'000'000}, "fill", R"({"price":"1"})");
  EXPECT_EQ(first.view(), kFirst);
  EXPECT_EQ(chained(first, 1, Time{2'000'001}, "cancel", "{}").view(), "0aff8e4c2afa6a5f8a200053a60468b166f07a1aedfde5b7b2b33a43c58e76fd");
}

TEST(Chain, AnythingElseIsAnotherDigest) {
  const std::vector<Digest> all{chained({}, 1, Time{2}, "fill", "{}"), chained(Digest(kFirst), 1, Time{2}, "fill", "{}"),
                                chained({}, 2, Time{2}, "fill", "{}"), chained({}, 1, Time{3}, "fill", "{}"),
                                chained({}, 1, Time{2}, "fil", "l{}"), chained({}, 1, Time{2}, "fill", "{ }")};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) EXPECT_FALSE(all[i] == all[k]) << i << " " << k;
  }
}

class ChainTest : public ::testing::Test {
 protected:
  // How many of a task's events follow from each other; fails where one does not.
  std::size_t linked(Store& store, std::int64_t task_id) {
    Digest head;
    const auto events = must(store.events(task_id, 0, 1'000));
    for (const StoredEvent& e : events) {
      head = chained(head, task_id, e.ts, e.type, e.json);
      EXPECT_EQ(e.digest.view(), head.view()) << "event " << e.id << " of task " << task_id;
    }
    return events.size();
  }
  static JournalBatch intents(int n) {
    JournalBatch batch;
    for (int i = 0; i < n; ++i) batch.events.push_back(an_intent(an_order("t-" + std::to_string(i))));
    return batch;
  }

  TempDir dir;
};

TEST_F(ChainTest, EveryWayOfWritingAnEventLinksItToTheOneBefore) {
  const auto store = open_store(dir.db());
  TaskRecord task = must(store->add_task(a_task(), an_intent(an_order("t-0"))));
  must(store->commit(task, intents(3)));
  must(store->append_event(task, Time{5}, "run_start", "{}"));
  task = must(store->begin_run(task.id, Time{6}));
  must(store->commit(task, intents(1)));
  must(store->append_event(task, Time{7}, "summary", "{}"));
  EXPECT_EQ(linked(*store, task.id), 7U);
  EXPECT_EQ(must(store->unchained_events(task.id)), 0);
}

TEST_F(ChainTest, TasksOfOneFileHaveChainsOfTheirOwnWhoeverWritesThem) {
  const auto one = open_store(dir.db());
  const auto other = open_store(dir.db());
  const TaskRecord a = must(one->add_task(a_task("a")));
  const TaskRecord b = must(other->add_task(a_task("b")));
  for (int i = 0; i < 3; ++i) {
    must(one->commit(a, intents(2)));
    must(other->commit(b, intents(1)));
    must(other->append_event(a, Time{9}, "alert", "{}"));  // of another process, between two runs
    must(one->append_event(b, Time{9}, "alert", "{}"));
  }
  EXPECT_EQ(linked(*one, a.id), 9U);
  EXPECT_EQ(linked(*one, b.id), 6U);
}

TEST_F(ChainTest, ABatchThatFailsLeavesTheChainWhereItWas) {
  const auto store = open_store(dir.db());
  const TaskRecord task = must(store->add_task(a_task()));
  RawDatabase(dir.db()).run("CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.json LIKE '%t-bad%' BEGIN SELECT RAISE(ABORT, 'refused'); END");
  must(store->commit(task, intents(2)));
  JournalBatch bad = intents(1);
  bad.events.push_back(an_intent(an_order("t-bad")));
  EXPECT_FALSE(store->commit(task, bad));
  must(store->commit(task, intents(1)));
  EXPECT_EQ(linked(*store, task.id), 3U);
}

TEST_F(ChainTest, WhatAnOlderVersionWroteIsCountedAndTheChainBeginsBehindIt) {
  std::int64_t id = 0;
  {
    const auto store = open_store(dir.db());
    const TaskRecord task = must(store->add_task(a_task()));
    must(store->commit(task, intents(2)));
    id = task.id;
  }
  // As version 6 left it.
  RawDatabase(dir.db()).run(
      "DROP TABLE days; DROP TABLE day_legs; DROP TABLE day_fees; DROP INDEX orders_of_task; DROP INDEX fills_of_task; ALTER TABLE events DROP COLUMN digest; "
      "ALTER TABLE tasks DROP COLUMN unchained; PRAGMA "
      "user_version = 6");
  const auto store = open_store(dir.db());
  EXPECT_EQ(must(store->unchained_events(id)), 2);
  must(store->commit(must(store->load_task("btc")).task, intents(2)));
  const auto events = must(store->events(id, 0, 10));
  ASSERT_THAT(events, SizeIs(4));
  EXPECT_TRUE(events[1].digest.empty());
  EXPECT_EQ(events[2].digest, chained({}, id, events[2].ts, events[2].type, events[2].json));
  EXPECT_EQ(events[3].digest, chained(events[2].digest, id, events[3].ts, events[3].type, events[3].json));
}

TEST_F(ChainTest, ARoundIsReadInOneMomentWithItsEvents) {
  const auto store = open_store(dir.db());
  const TaskRecord task = must(store->add_task(a_task()));
  JournalBatch batch = intents(2);
  batch.orders = {an_order("t-0")};
  batch.fills = {a_fill("1", "t-0")};
  must(store->commit(task, batch));
  std::size_t heard = 0;
  const StoredTask round = must(store->load_round(task.id, [&](const StoredTask& r, const StoredEvent& e) {
    EXPECT_THAT(r.fills, SizeIs(1));
    EXPECT_EQ(e.type, "intent");
    if (++heard == 1) must(open_store(dir.db())->commit(task, intents(5)));  // meanwhile
  }));
  EXPECT_EQ(heard, 2U);
  EXPECT_THAT(round.orders, SizeIs(1));
  EXPECT_FALSE(store->load_round(77, [](const StoredTask&, const StoredEvent&) {}));
}

}  // namespace
}  // namespace dn
