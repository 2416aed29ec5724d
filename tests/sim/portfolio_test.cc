// Several lives on one database under one portfolio: faults, kills and restarts, and at every step the exchanges' own records of all of them
// together do not come to more than the limit.
#include <gtest/gtest.h>

#include "sim/life.h"
#include "sim/light_feed.h"
#include "sim/task_run.h"
#include "store/portfolio.h"

namespace dn::sim {
namespace {

constexpr int kTasks = 5;
constexpr int kMostSteps = 60'000;

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

// One task with its world; its process comes and goes.
class Member final : public RunObserver {
 public:
  Member(int number, std::uint64_t seed, Store& store, Portfolio::IsAlive alive)
      : plan_(plan_of(number, seed)), world_(make_world(plan_)), store_(store), portfolio_(store, false, std::move(alive)), rng_(seed * 7 + plan_.seed) {
    TaskRecord fresh;
    fresh.spec = plan_.spec;
    fresh.created = plan_.start;
    id_ = store_.add_task(fresh).value().id;
  }

  const std::string& name() const { return plan_.spec.name; }
  bool alive() const { return engine_ != nullptr; }
  bool over() const { return over_; }
  Time next_time() const { return alive() ? run_->next_time() : back_; }
  std::int64_t refusals() const { return refusals_; }

  void step() {
    if (!alive()) return begin();
    const bool fine = run_->step().has_value();
    if (!fine || run_->crashed() || rng_.chance(1, 700)) return die();
    mind_portfolio();
    if (alive() && engine_->finished()) end();
  }

  // What its exchanges know: both sides, what traded and is not given back, and what may still trade.
  Money exposure() const {
    Money out;
    for (const Side leg : kSides) {
      const VenueTruth& truth = world_.venue(leg).truth();
      for (const Fill& f : truth.fills) {
        if (f.leg == leg) out += f.side == leg ? f.price * f.qty : -(f.price * f.qty);
      }
      for (const VenueOrder& o : truth.orders) {
        if (o.open && o.request.leg == leg && o.request.side == leg) out += o.request.price * (o.request.qty - o.filled);
      }
    }
    return out;
  }

 private:
  static LifePlan plan_of(int number, std::uint64_t seed) {
    LifePlan plan = plan_life(seed * 100 + static_cast<std::uint64_t>(number));
    while (plan.spec.symbol.base.view() != "ETH" || plan.spec.direction == Direction::Close || plan.spec.restore.buy.filled_quantity.is_positive() ||
           plan.instruments.buy.venue == plan.instruments.sell.venue) {
      plan = plan_life(plan.seed + 10'007);
    }
    plan.spec.name = "t" + std::to_string(number);
    plan.spec.total_quantity = plan.spec.order_quantity * Decimal(5);
    plan.spec.risk = RiskSpec{};
    plan.spec.risk.max_repeated_errors = 1000;
    return plan;
  }
  static World make_world(const LifePlan& plan) {
    WorldSetup w;
    w.seed = plan.seed * 31 + 7;
    w.start = plan.start;
    w.instruments = plan.instruments;
    for (const Side leg : kSides) {
      w.balances[leg][plan.spec.symbol.base] = Decimal(1000);
      w.balances[leg][plan.spec.symbol.quote] = Decimal(10'000'000);
    }
    w.faults = plan.faults;
    w.feed =
        std::make_unique<LightFeed>(LightFeedSetup{plan.seed * 17 + 3, plan.start, plan.instruments, false, plan.mid, plan.spec.order_quantity, plan.still});
    return World(std::move(w));
  }

  void begin() {
    while (world_.next_time() < back_) (void)world_.advance();
    const TaskRecord begun = store_.begin_run(id_, std::max(back_, world_.now())).value();
    const auto room = portfolio_.enter(begun, std::nullopt).value();
    StoredTask stored = store_.load_task(name()).value();
    RunOptions options;
    options.room = room;
    engine_ = std::make_unique<TaskEngine>(std::move(stored), plan_.instruments, options);
    run_ = std::make_unique<TaskRun>(world_, *engine_, store_, *this);
    if (!run_->start(std::max(back_, world_.now()))) return die();
    if (engine_->finished()) end();
  }
  void mind_portfolio() {
    while (alive() && engine_->room_wanted()) {
      const Room room = portfolio_.ask(engine_->record(), *engine_->room_wanted()).value();
      refusals_ += room.refused() ? 1 : 0;
      if (!run_->inject(RoomGranted{room}, run_->now()) || run_->crashed()) return die();
    }
  }
  void end() {
    (void)portfolio_.leave(engine_->record(), engine_->result());
    over_ = engine_->record().verdict != Verdict::None || engine_->exit_code() == ExitCode::Refused || engine_->record().mode == TaskMode::Halted;
    die();
  }
  // Its lock is free, its orders are not: the venues go on.
  void die() {
    const Time now = run_->now();
    run_.reset();
    engine_.reset();
    world_.drop_client();
    back_ = std::max(now, world_.now()) + Dur::millis(rng_.between(10, 4000));
  }

  LifePlan plan_;
  World world_;
  Store& store_;
  Portfolio portfolio_;
  Rng rng_;
  std::int64_t id_ = 0;
  std::unique_ptr<TaskEngine> engine_;
  std::unique_ptr<TaskRun> run_;
  Time back_ = plan_.start;
  bool over_ = false;
  std::int64_t refusals_ = 0;
};

class Together {
 public:
  Together(std::uint64_t seed, const Money& limit) : limit_(limit) {
    Portfolio(*store_, false, [](const std::string&) { return false; }).set_limits({Asset("USDT"), limit, std::nullopt, limit, std::nullopt, 0}, {}).value();
    for (int i = 0; i < kTasks; ++i) members_.push_back(std::make_unique<Member>(i, seed, *store_, [this](const std::string& task) { return is_alive(task); }));
  }

  void live() {
    for (int i = 0; i < kMostSteps; ++i) {
      Member* next = nullptr;
      for (const auto& m : members_) {
        if (!m->over() && (next == nullptr || m->next_time() < next->next_time())) next = m.get();
      }
      if (next == nullptr) return;
      next->step();
      Money sum;
      for (const auto& m : members_) sum += m->exposure();
      most = max(most, sum);
      ASSERT_LE(sum, limit_) << "step " << i << ", " << next->name();
    }
  }
  std::int64_t refusals() const {
    std::int64_t out = 0;
    for (const auto& m : members_) out += m->refusals();
    return out;
  }
  Money most;

 private:
  bool is_alive(const std::string& task) const {
    return std::any_of(members_.begin(), members_.end(), [&](const auto& m) { return m->name() == task && m->alive(); });
  }

  Money limit_;
  std::unique_ptr<Store> store_ = Store::open(":memory:", Store::Mode::ReadWrite).value();
  std::vector<std::unique_ptr<Member>> members_;
};

TEST(PortfolioLives, TogetherNeverComeToMoreThanTheLimit) {
  std::int64_t refusals = 0;
  Money most;
  const Money limit(dec("40000"));
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Together all(seed, limit);
    all.live();
    if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed;
    refusals += all.refusals();
    most = max(most, all.most);
  }
  EXPECT_GT(refusals, 20) << "the limit would prove little";
  EXPECT_GT(most, limit * dec("0.9")) << "what the dead had not used is used by others";
}

}  // namespace
}  // namespace dn::sim
