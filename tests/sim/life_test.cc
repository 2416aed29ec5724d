// Whole lives of a task in the simulator: short runs of what scripts/sim runs by the ten thousand.
#include "sim/life.h"

#include <gtest/gtest.h>

#include <set>

#include "store/store.h"

namespace dn::sim {
namespace {

// The life's journal in a real SQLite database.
class SqliteLifeStore final : public LifeStore {
 public:
  explicit SqliteLifeStore(const TaskRecord& task) : store_(Store::open(":memory:", Store::Mode::ReadWrite).value()) {
    TaskRecord fresh = task;
    fresh.id = 0;
    task_ = store_->add_task(std::move(fresh)).value();
  }
  bool promises() const override { return true; }
  bool promise(const TaskRecord& task, const JournalBatch& batch) override { return add(promised_, task, batch); }
  Expected<void, JournalError> commit(const TaskRecord& task, const JournalBatch& batch) override {
    promised_.requests.clear();
    return store_->commit(task, batch);
  }
  Expected<TaskRecord, JournalError> begin_run(Time now) override {
    EXPECT_TRUE(store_->take_up(task_.spec.name, promised_));
    promised_ = {};
    return store_->begin_run(task_.id, now).value();
  }
  Expected<StoredTask, JournalError> load() override { return store_->load_task(task_.spec.name).value(); }

 private:
  std::unique_ptr<Store> store_;
  TaskRecord task_;
  Intents promised_;
};

TEST(Life, NoneOfThreeHundredBreaksAPromise) {
  std::int64_t faults = 0;
  std::int64_t crashes = 0;
  std::int64_t completed = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const LifeResult r = run_life(plan_life(seed));
    ASSERT_FALSE(r.violation) << "seed " << seed << ": " << *r.violation;
    faults += r.faults;
    crashes += r.crashes;
    completed += r.end.task.verdict == Verdict::Completed ? 1 : 0;
  }
  EXPECT_GT(faults, 1000) << "the lives would prove little";
  EXPECT_GT(crashes, 100);
  EXPECT_GT(completed, 200);
}

TEST(Life, IsTheSameOnSqliteAsInMemory) {
  for (std::uint64_t seed = 1000; seed < 1060; ++seed) {
    const LifePlan plan = plan_life(seed);
    const LifeResult memory = run_life(plan);
    LifeOptions on_disk;
    on_disk.make_store = [](const TaskRecord& t) { return std::make_unique<SqliteLifeStore>(t); };
    const LifeResult sqlite = run_life(plan, on_disk);
    ASSERT_FALSE(sqlite.violation) << "seed " << seed << ": " << *sqlite.violation;
    EXPECT_EQ(memory.steps, sqlite.steps) << "seed " << seed;
    EXPECT_EQ(memory.end.task.leg.buy.net, sqlite.end.task.leg.buy.net) << "seed " << seed;
    EXPECT_EQ(memory.end.task.verdict, sqlite.end.task.verdict) << "seed " << seed;
    EXPECT_EQ(memory.end.fills.size(), sqlite.end.fills.size()) << "seed " << seed;
  }
}

// Worst case: see engine/outlook.h. Its assumptions are that prices stand still and that no slice is taken back more than once.
TEST(Life, InAStillMarketNoLifeLosesMoreThanThePlansWorstCase) {
  int looked_at = 0;
  int hedged = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    LifePlan plan = plan_life(seed);
    plan.still = true;
    plan.wishes = false;
    plan.spec.restore = {};
    const LifeResult r = run_life(plan);
    ASSERT_FALSE(r.violation) << "seed " << seed << ": " << *r.violation;
    const auto& limit = r.end.task.guards.loss_limit;  // twice the worst case
    Qty taken_back;
    for (const OrderRecord& o : r.end.orders) {
      if (o.request.purpose == Purpose::Reduce) taken_back += o.booked;
      if (o.request.purpose == Purpose::Rebalance) ++hedged;
    }
    const bool held = r.end.task.imbalance().is_zero() && taken_back <= plan.spec.total_quantity;
    if (!limit || !held) continue;
    ++looked_at;
    EXPECT_LE(-r.result * Decimal(2), *limit) << "seed " << seed;
  }
  EXPECT_GT(looked_at, 150);
  EXPECT_GT(hedged, 100) << "nothing was put to the test";
}

TEST(Life, MarketsAreVolatileAndCalmAgainOftenEnoughToProveSomething) {
  int adapted = 0;
  int ended = 0;
  LifeOptions options;
  options.tell = [&](const std::string& line) {
    adapted += line.find("alert: adapt ") != std::string::npos ? 1 : 0;
    ended += line.find("alert: adapt_end ") != std::string::npos ? 1 : 0;
  };
  for (std::uint64_t seed = 1; seed <= 300; ++seed) (void)run_life(plan_life(seed), options);
  EXPECT_GT(adapted, 80);
  EXPECT_GT(ended, 40);
}

TEST(Life, TheSameSeedIsTheSameStory) {
  const auto story = [](std::uint64_t seed) {
    std::string out;
    LifeOptions options;
    options.tell = [&out](const std::string& line) { out += line + "\n"; };
    (void)run_life(plan_life(seed), options);
    return out;
  };
  EXPECT_EQ(story(7), story(7));
  EXPECT_NE(story(7), story(8));
}

TEST(Life, EveryKindOfFaultVenuePairAndLeadIsDrawnAmongAThousandSeeds) {
  std::array<int, kFaultCount> drawn{};
  std::set<std::string> pairs;
  std::set<Lead> leads;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const LifePlan p = plan_life(seed);
    for (std::size_t i = 0; i < kFaultCount; ++i) drawn[i] += p.faults.per_mille[i] > 0 ? 1 : 0;
    pairs.insert(std::string(name(*p.spec.leg.buy.exchange)) + " " + std::string(name(*p.spec.leg.sell.exchange)));
    leads.insert(p.spec.lead);
  }
  for (std::size_t i = 0; i < kFaultCount; ++i) EXPECT_GT(drawn[i], 100) << name(static_cast<Fault>(i));
  EXPECT_EQ(pairs.size(), 8u) << "all of nine but futures against futures";
  EXPECT_EQ(leads.size(), 3u);
}

}  // namespace
}  // namespace dn::sim
