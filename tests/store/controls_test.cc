// Wishes that other processes leave for a running task.
#include <gmock/gmock.h>

#include "support.h"

namespace dn {
namespace {

using ::testing::SizeIs;
using Verb = ControlRequest::Verb;

class ControlsTest : public ::testing::Test {
 protected:
  ControlsTest() {
    must(runner->add_task(a_task("btc")));
    must(runner->add_task(a_task("eth")));
  }
  TempDir dir;
  std::unique_ptr<Store> runner = open_store(dir.db());
  std::unique_ptr<Store> asker = open_store(dir.db());

  std::vector<ControlRequest> pending(std::string_view task = "btc") { return must(runner->pending_requests(task)); }
};

TEST_F(ControlsTest, AWishIsThereUntilItIsCarriedOut) {
  EXPECT_THAT(pending(), SizeIs(0));
  must(asker->ask("btc", Verb::Set, "buy.tick_tolerance=10\norder_quantity=0.05\n", Time{5}));
  must(asker->ask("btc", Verb::Pause, "", Time{6}));
  must(asker->ask("eth", Verb::Cancel, "", Time{7}));
  auto found = pending();
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].verb, Verb::Set);
  EXPECT_EQ(found[0].arguments, "buy.tick_tolerance=10\norder_quantity=0.05\n");
  EXPECT_EQ(found[0].asked.us, 5);
  EXPECT_EQ(found[1].verb, Verb::Pause);
  must(runner->mark_done(found[0].id, "done", Time{8}));
  found = pending();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].verb, Verb::Pause);
  ASSERT_THAT(pending("eth"), SizeIs(1));
  EXPECT_EQ(pending("eth")[0].verb, Verb::Cancel);
}

TEST_F(ControlsTest, AWishOfTheOwnProcessIsFoundToo) {
  EXPECT_THAT(pending(), SizeIs(0));
  must(runner->ask("btc", Verb::Resume, "", Time{5}));
  ASSERT_THAT(pending(), SizeIs(1));
  EXPECT_EQ(pending()[0].verb, Verb::Resume);
}

TEST_F(ControlsTest, AWishForATaskThatIsNotThereIsRefused) {
  const auto asked = asker->ask("doge", Verb::Pause, "", Time{5});
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().kind, StoreError::Kind::NotFound);
  EXPECT_THAT(pending("doge"), SizeIs(0));
}

TEST_F(ControlsTest, TheFirstOutcomeOfAWishStands) {
  must(asker->ask("btc", Verb::Pause, "", Time{5}));
  const std::int64_t id = pending().at(0).id;
  must(runner->mark_done(id, "paused", Time{6}));
  must(runner->mark_done(id, "paused again", Time{7}));
  RawDatabase raw(dir.db());
  EXPECT_EQ(raw.value("SELECT outcome || ' ' || done_us FROM controls"), "paused 6");
  const auto none = runner->mark_done(id + 1, "?", Time{8});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, StoreError::Kind::NotFound);
}

// The list is kept between looks, so it must not be kept for too long.
TEST_F(ControlsTest, WhatAnotherProcessDidSinceTheLastLookIsSeen) {
  EXPECT_THAT(pending(), SizeIs(0));
  must(asker->ask("btc", Verb::Pause, "", Time{5}));
  ASSERT_THAT(pending(), SizeIs(1));
  const TaskRecord task = *must(runner->find_task("btc"));
  must(runner->commit(task, {true, {an_order("t-1")}, {}, {}}));
  ASSERT_THAT(pending(), SizeIs(1));
  must(asker->mark_done(pending().at(0).id, "done by another", Time{6}));
  EXPECT_THAT(pending(), SizeIs(0));
}

TEST_F(ControlsTest, AReaderSeesWishesButCannotAsk) {
  must(asker->ask("btc", Verb::Pause, "", Time{5}));
  const auto reader = open_store(dir.db(), Store::Mode::ReadOnly);
  EXPECT_THAT(must(reader->pending_requests("btc")), SizeIs(1));
  const auto asked = reader->ask("btc", Verb::Pause, "", Time{5});
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().kind, StoreError::Kind::ReadOnly);
  const auto written = reader->commit(a_task(), {true, {}, {}, {}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, JournalError::Kind::ReadOnly);
}

}  // namespace
}  // namespace dn
