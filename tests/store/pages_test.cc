// Rows page by page, and the newest of many tasks.
#include <gmock/gmock.h>

#include "support.h"

namespace dn {
namespace {

using testing::ElementsAre;

class Pages : public testing::Test {
 protected:
  TaskRecord begin(const std::string& name) { return must(store->begin_run(must(store->add_task(a_task(name))).id, Time{1'000'000})); }

  // An order with a fill and an event.
  void trade(const TaskRecord& task, const std::string& n, const Price& arrival = Price{}) {
    JournalBatch batch;
    batch.orders = {an_order("t-" + n)};
    batch.orders[0].request.arrival = arrival;
    batch.fills = {a_fill(n, "t-" + n)};
    batch.events = {an_intent(batch.orders[0])};
    ASSERT_TRUE(store->commit(task, batch));
  }

  std::vector<std::string> ids(std::int64_t task, std::int64_t after, std::int64_t limit) {
    std::vector<std::string> out;
    for (const auto& n : must(store->orders_after(task, after, limit))) out.push_back(n.row.request.id.str());
    return out;
  }

  TempDir dir;
  std::unique_ptr<Store> store = open_store(dir.db());
};

TEST_F(Pages, AreOfOneTaskAndGoOnBehindTheRowThatIsNamed) {
  const TaskRecord a = begin("a");
  const TaskRecord b = begin("b");
  for (const char* n : {"1", "2", "3"}) trade(a, n);
  trade(b, "4");
  trade(a, "5");
  EXPECT_THAT(ids(a.id, 0, 2), ElementsAre("t-1", "t-2"));
  const auto second = must(store->orders_after(a.id, 0, 2)).back().id;
  EXPECT_THAT(ids(a.id, second, 2), ElementsAre("t-3", "t-5"));
  EXPECT_THAT(ids(a.id, second, 0), ElementsAre());
  EXPECT_EQ(must(store->fills_after(b.id, 0, 10)).size(), 1U);
  EXPECT_EQ(must(store->orders(a.id, {})).size(), 4U) << "all of them as well";
}

TEST_F(Pages, TheNewestOfSeveralTasksStandBehindOneRow) {
  const TaskRecord a = begin("a");
  const TaskRecord b = begin("b");
  for (const char* n : {"1", "2"}) trade(a, n);
  for (const char* n : {"3", "4", "5"}) trade(b, n);
  trade(a, "6");
  const auto newest = [&](RowKind kind, std::int64_t most) {
    const std::int64_t before = must(store->before_newest(kind, {a.id, b.id}, most));
    return ids(a.id, before, 10).size() + ids(b.id, before, 10).size();
  };
  for (const RowKind kind : {RowKind::Orders, RowKind::Fills, RowKind::Events}) {
    for (std::int64_t n = 1; n <= 6; ++n) EXPECT_EQ(newest(kind, n), static_cast<std::size_t>(n));
    EXPECT_EQ(must(store->before_newest(kind, {a.id, b.id}, 6)), 0) << "there are no more";
    EXPECT_EQ(must(store->before_newest(kind, {}, 1)), 0);
  }
  EXPECT_THAT(ids(a.id, must(store->before_newest(RowKind::Orders, {a.id}, 2)), 10), ElementsAre("t-2", "t-6"));
}

TEST_F(Pages, ATradeKnowsTheMidOfItsOrderAlsoWhenTheOrderIsGone) {
  const TaskRecord a = begin("a");
  trade(a, "1", Price(dec("43251.25")));
  trade(a, "2");
  RawDatabase(dir.db()).run("DELETE FROM orders WHERE client_order_id = 't-2'");
  const auto trades = must(store->trades_after(a.id, 0, 10));
  ASSERT_EQ(trades.size(), 2U);
  EXPECT_EQ(trades[0].row.arrival, Price(dec("43251.25")));
  EXPECT_EQ(trades[0].row.fill.trade_id.str(), "1");
  EXPECT_TRUE(trades[1].row.arrival.is_zero());
}

// A reader in the middle of its pages holds nothing: a writer goes on, and its log starts anew.
TEST_F(Pages, HoldNoWriterUp) {
  const TaskRecord a = begin("a");
  for (int n = 0; n < 20; ++n) trade(a, std::to_string(n));
  auto reader = must(Store::open(dir.db(), Store::Mode::ReadOnly, Dur{}));
  const auto first = must(reader->orders_after(a.id, 0, 10));
  RawDatabase other(dir.db());
  EXPECT_EQ(other.value("PRAGMA wal_checkpoint(TRUNCATE)"), "0") << "not busy";
  trade(a, "more");
  EXPECT_EQ(must(reader->orders_after(a.id, first.back().id, 100)).size(), 11U);
}

// A writer in the middle of its transaction, with no patience left to the reader.
TEST_F(Pages, WaitForNoWriter) {
  const TaskRecord a = begin("a");
  trade(a, "1");
  RawDatabase writer(dir.db());
  writer.run("BEGIN IMMEDIATE; DELETE FROM fills");
  auto reader = must(Store::open(dir.db(), Store::Mode::ReadOnly, Dur{}));
  EXPECT_EQ(must(reader->fills_after(a.id, 0, 10)).size(), 1U) << "as it stood before";
  EXPECT_EQ(must(reader->tasks()).size(), 1U);
  EXPECT_EQ(must(reader->orders(a.id, {true, false})).size(), 1U);
  writer.run("ROLLBACK");
}

}  // namespace
}  // namespace dn
