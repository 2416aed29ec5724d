#include "sim/life.h"

#include <fmt/format.h>

#include "sim/checker.h"
#include "sim/instruments.h"
#include "sim/light_feed.h"
#include "sim/story.h"
#include "sim/task_run.h"

namespace dn::sim {
namespace {

constexpr Time kBirth{1'767'225'600'000'000};   // 2026-01-01T00:00:00Z
constexpr Dur kLongestLull = Dur::minutes(40);  // without a trade; with few orders a minute and prices that run away a sound life takes longer
constexpr std::int64_t kMostSteps = 400'000;
constexpr int kMostRuns = 200;
constexpr Dur kErrandsUntil = Dur::minutes(5);

Dur since(Time t) { return t - kBirth; }

std::string clock(Time t) { return fmt::format("{:>5}.{:03}s", since(t).us / 1'000'000, since(t).us / 1000 % 1000); }

struct Coin {
  std::string_view symbol;
  std::string_view mid;
  std::string_view slice;
};
constexpr std::array kCoins{Coin{"BTC/USDT", "111000", "0.01"}, Coin{"ETH/USDT", "4350", "0.2"}, Coin{"XRP/USDT", "2.8", "100"},
                            Coin{"DOGE/USDT", "0.21", "1000"}};

Decimal decimal(std::string_view text) { return Decimal::parse(text).value(); }

void draw_venues(Rng& rng, LifePlan& plan) {
  constexpr std::array kVenues{Venue::MexcSpot, Venue::GateioSpot, Venue::GateioFutures};
  for (;;) {
    const Coin& coin = kCoins[rng.below(kCoins.size())];
    const Venue buy = kVenues[rng.below(kVenues.size())];
    const Venue sell = kVenues[rng.below(kVenues.size())];
    const Symbol symbol = *symbol_from(coin.symbol);
    const auto buys = paper_instrument(buy, symbol);
    const auto sells = paper_instrument(sell, symbol);
    if (!buys || !sells || (buy == sell && buy == Venue::GateioFutures)) continue;
    plan.instruments = {*buys, *sells};
    plan.spec.symbol = symbol;
    plan.spec.leg.buy.exchange = buy;
    plan.spec.leg.sell.exchange = sell;
    plan.mid = Price(decimal(coin.mid));
    plan.spec.order_quantity = Qty(decimal(coin.slice)) * Decimal(static_cast<std::int64_t>(rng.between(1, 4)));
    return;
  }
}

void draw_spec(Rng& rng, LifePlan& plan) {
  TaskSpec& s = plan.spec;
  s.name = "life";
  s.total_quantity = s.order_quantity * Decimal(rng.between(1, 5)) + s.order_quantity * Decimal::from_parts(rng.between(0, 9), 1);
  s.lead = std::array{Lead::Both, Lead::Buy, Lead::Sell}[rng.below(3)];
  s.post_only = rng.chance(1, 4);
  s.delay = Dur::millis(rng.between(20, 400));
  if (rng.chance(1, 6) && (s.leg.buy.exchange == Venue::GateioFutures || s.leg.sell.exchange == Venue::GateioFutures)) s.direction = Direction::Close;
  for (const Side leg : kSides) {
    LegSpec& l = s.leg[leg];
    l.offset_ticks = leg == Side::Buy ? rng.between(-1, 3) : rng.between(-3, 1);
    l.tick_tolerance = rng.between(0, 6);
    l.price_reference = std::array{PriceReference::Touch, PriceReference::Touch, PriceReference::Mid, PriceReference::Opposite}[rng.below(4)];
  }
  if (rng.chance(1, 4)) s.risk.imbalance_threshold = s.order_quantity * Decimal::from_parts(rng.between(1, 8), 1);
  if (rng.chance(1, 4)) s.risk.imbalance_grace = Dur::millis(rng.between(0, 3000));
  if (rng.chance(1, 8)) {
    for (const Side leg : kSides) {
      s.restore[leg].filled_quantity = (s.total_quantity * Decimal::from_parts(rng.between(0, 9), 1)).floor_to(plan.instruments[leg].step);
      s.restore[leg].avg_price = plan.mid;
    }
  }
}

// Limits that are met now and then. A stream of its own.
void draw_limits(Rng rng, LifePlan& plan) {
  RiskSpec& r = plan.spec.risk;
  const auto tenths = [&rng](std::int64_t least, std::int64_t most) { return Decimal::from_parts(rng.between(least, most), 1); };
  const Money slice = plan.mid * plan.spec.order_quantity;
  const Money total = plan.mid * plan.spec.total_quantity;
  if (rng.chance(1, 12)) r.max_position = plan.spec.total_quantity * tenths(4, 12);
  if (rng.chance(1, 8)) r.max_order_notional = slice * tenths(7, 30);
  if (rng.chance(1, 12)) r.max_notional = total * tenths(8, 24);
  if (rng.chance(1, 6)) r.max_orders_per_minute = rng.between(4, 40);
  if (rng.chance(1, 12)) r.max_orders_per_run = rng.between(5, 80);
  if (rng.chance(1, 12)) r.max_orders_per_day = rng.between(20, 200);
  if (rng.chance(1, 8)) r.price_collar_bps = Bps(rng.between(5, 200));
  if (rng.chance(1, 6)) r.max_slippage_bps = Bps(rng.between(1, 100));
  if (rng.chance(1, 10)) r.max_loss = total * Decimal::from_parts(rng.between(1, 40), 4);
  if (rng.chance(1, 5)) r.min_spread_bps = Bps(rng.between(-40, 5));
  if (!rng.chance(1, 6)) return;
  r.exit_spread_bps = r.min_spread_bps.value_or(Bps(0)) - Bps(rng.between(0, 30));
  r.exit_action = std::array{SpreadExit::Pause, SpreadExit::Complete, SpreadExit::Unwind}[rng.below(3)];
}

// Now and then funding is paid, and what is opened is held and closed again. A stream of its own.
void draw_holding(Rng rng, LifePlan& plan) {
  TaskSpec& s = plan.spec;
  const bool is_perpetual = s.leg.buy.exchange == Venue::GateioFutures || s.leg.sell.exchange == Venue::GateioFutures;
  if (!rng.chance(1, 4) || s.direction == Direction::Close || s.leg.buy.exchange == s.leg.sell.exchange) return;
  if (is_perpetual) {
    plan.funding.interval = Dur::seconds(rng.between(8, 40));
    plan.funding.first = plan.start + Dur::seconds(rng.between(3, 30));
    for (int i = 0; i < 40; ++i) plan.funding.rates.emplace_back(Decimal::from_parts(rng.between(-30, 60), 5));
  }
  if (rng.chance(1, 4)) return;
  s.restore = {};  // no venue holds it
  HoldSpec& h = s.hold;
  h.hold_for = Dur::seconds(rng.between(0, 40));
  if (rng.chance(1, 3)) h.close_spread_bps = Bps(rng.between(-60, 0));
  if (!is_perpetual) return;
  if (rng.chance(1, 2)) h.exit_after_fundings = rng.between(1, 3);
  if (rng.chance(1, 3)) h.min_funding_apr = Percent(rng.between(-20'000, 20'000));
  if (rng.chance(1, 3)) h.exit_funding_apr = h.min_funding_apr.value_or(Percent(0)) - Percent(rng.between(0, 10'000));
  if (rng.chance(1, 2) && (h.exit_after_fundings || h.exit_funding_apr)) h.hold_for.reset();
}

// Thresholds that a market which moves by ticks passes now and then, whatever a tick is worth.
AdaptSpec some_adapt(Rng& rng, const LifePlan& plan) {
  constexpr int kPlaces = 4;  // of bps, as files may hold them
  const Decimal tick = max(plan.instruments.buy.tick, plan.instruments.sell.tick).decimal();
  const auto ticks = [&](std::int64_t n) { return Bps((tick * Decimal(n * 10'000)).divided_by(plan.mid.decimal(), kPlaces, Rounding::Up).normalized()); };
  AdaptSpec a;
  const std::int64_t volatile_from = rng.between(4, 20);
  a.volatility_bps = ticks(volatile_from);
  if (rng.chance(1, 2)) a.calm_bps = ticks(rng.between(1, volatile_from - 1));
  if (*a.volatility_bps <= a.calm()) a.calm_bps.reset();
  a.window = Dur::millis(rng.between(1000, 5000));
  if (rng.chance(2, 3)) a.tick_tolerance = rng.between(1, 12);
  if (rng.chance(2, 3)) a.slice_percent = rng.between(20, 100);
  return a;
}

// A stream of its own.
void draw_adapt(Rng rng, LifePlan& plan) {
  if (rng.chance(1, 3)) plan.spec.adapt = some_adapt(rng, plan);
}

void draw_faults(Rng& rng, LifePlan& plan) {
  plan.faults.until = plan.start + Dur::seconds(rng.between(20, 90));
  if (rng.chance(1, 10)) return;  // a smooth life
  const std::int64_t heavy = rng.chance(1, 4) ? 4 : 1;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (rng.chance(1, 3)) continue;
    plan.faults.per_mille[i] = rng.between(1, 25) * heavy;
  }
}

PerSide<std::map<Asset, Decimal>> draw_balances(Rng& rng, const LifePlan& plan) {
  PerSide<std::map<Asset, Decimal>> out;
  const Decimal total = plan.spec.total_quantity.decimal();
  const Decimal value = total * plan.mid.decimal();
  // Now and then an account is too small for the task.
  const std::int64_t tenths = rng.chance(1, 15) ? rng.between(2, 9) : 40;
  for (const Side leg : kSides) {
    out[leg][plan.spec.symbol.base] = total * Decimal::from_parts(tenths, 1);
    out[leg][plan.spec.symbol.quote] = value * Decimal::from_parts(tenths, 1);
  }
  return out;
}

// A position for a task that unwinds one.
void open_position(SimVenue& venue, const LifePlan& plan, Side leg) {
  OrderRequest r;
  r.id = ClientOrderId("before");
  r.leg = leg;
  r.side = flip(leg);
  r.type = OrderType::Ioc;
  r.qty = plan.spec.total_quantity.ceil_to(venue.instrument().step);
  VenueTruth t = venue.truth();
  t.position = leg == Side::Buy ? -r.qty : r.qty;
  t.position_cost = plan.mid * t.position;
  venue.restore(std::move(t));
}

// The checker's ears, and a pen.
class Storyteller final : public RunObserver {
 public:
  Storyteller(Checker& checker, const LifeOptions& options) : checker_(checker), options_(options) {}

  void heard(Time now, const Event& event) override { checker_.heard(now, event); }
  void after_handle(Time now, const TaskEngine& engine, const Commands& commands) override { checker_.after_handle(now, engine, commands); }
  void sending(Time now, const Send& send) override { checker_.sending(now, send); }
  void promised(Time now, const TaskEngine& engine, const Commands& commands) override { checker_.promised(now, engine, commands); }
  void committed(Time now, const TaskEngine& engine, const Commands& commands) override {
    checker_.committed(now, engine, commands);
    if (!options_.tell) return;
    for (const TaskEvent& e : commands.journal.events) options_.tell(clock(now) + "  " + story_line(e));
  }

 private:
  Checker& checker_;
  const LifeOptions& options_;
};

class Life {
 public:
  Life(const LifePlan& plan, const LifeOptions& options)
      : plan_(plan), options_(options), rng_(plan.seed ^ 0x5bd1e995), world_(make_world()), checker_(world_, plan.instruments), teller_(checker_, options) {
    TaskRecord task;
    task.id = 1;
    task.spec = plan.spec;
    task.created = plan.start;
    store_ = options.make_store ? options.make_store(task) : std::make_unique<MemoryStore>(task);
    checker_.set_restored({plan.spec.restore.buy.filled_quantity, plan.spec.restore.sell.filled_quantity});
    if (plan.spec.direction != Direction::Close) return;
    for (const Side leg : kSides) {
      if (plan.instruments[leg].kind == InstrumentKind::Perpetual) open_position(world_.venue(leg), plan, leg);
    }
  }

  LifeResult live() {
    while (result_.runs < kMostRuns && !over()) run_once();
    result_.timed_out = !over();
    result_.ended = world_.now();
    result_.faults = world_.faults_drawn();
    result_.end = store_->load().value();
    result_.result = true_result();
    if (!checker_.violation()) checker_.check_end(result_.end, result_.timed_out);
    result_.violation = checker_.violation();
    return std::move(result_);
  }

 private:
  World make_world() {
    WorldSetup w;
    w.seed = plan_.seed * 31 + 7;
    w.start = plan_.start;
    w.instruments = plan_.instruments;
    w.balances = draw_balances(rng_, plan_);
    w.faults = plan_.faults;
    w.funding = plan_.funding;
    w.feed = std::make_unique<LightFeed>(LightFeedSetup{plan_.seed * 17 + 3, plan_.start, plan_.instruments,
                                                        plan_.instruments.buy.venue == plan_.instruments.sell.venue, plan_.mid, plan_.spec.order_quantity,
                                                        plan_.still});
    return World(std::move(w));
  }

  Money true_result() const {
    Money out;
    for (const Side leg : kSides) {
      const Instrument& i = plan_.instruments[leg];
      for (const Fill& f : world_.venue(leg).truth().fills) {
        if (f.leg != leg) continue;
        const Money value = f.price * f.qty;
        out += f.side == Side::Sell ? value : -value;
        if (f.fee_asset == i.symbol.quote) out -= Money(f.fee.decimal());
        if (i.fee_in == FeeIn::Token && f.fee_asset == i.fee_token) out -= i.fee_token_price * Qty(f.fee.decimal());
      }
      if (i.kind == InstrumentKind::Perpetual) out += world_.venue(leg).truth().funding;
    }
    return out + plan_.mid * (checker_.true_net(Side::Buy) - checker_.true_net(Side::Sell));
  }

  bool stands_still(Time now) const {
    Time last = plan_.start;
    for (const Side leg : kSides) {
      const auto& fills = world_.venue(leg).truth().fills;
      if (!fills.empty()) last = std::max(last, fills.back().time);
    }
    return now - last > kLongestLull;
  }

  // Ended for good and nothing of it left to prove, or broken.
  bool over() {
    if (checker_.violation()) return true;
    if (result_.runs == 0) return false;
    const StoredTask s = store_->load().value();
    if (s.task.verdict == Verdict::None && (s.task.mode != TaskMode::Halted || power_failed_)) return false;  // books after a power cut prove nothing
    return std::none_of(s.orders.begin(), s.orders.end(), [](const OrderRecord& o) { return o.status != OrderStatus::Closed; });
  }

  void run_once() {
    ++result_.runs;
    if (stands_still(world_.now())) {
      result_.runs = kMostRuns;
      return;
    }
    const auto begun = store_->begin_run(world_.now());
    if (!begun) return die();
    StoredTask stored = store_->load().value();
    stored.task = *begun;
    const auto known = options_.survey ? options_.survey(stored, *store_, world_) : std::vector<Event>{};
    if (!known) return die();
    power_failed_ = false;
    checker_.begin_run(stored);
    if (stored.task.mode == TaskMode::Paused) stored.task.mode = TaskMode::Active;  // its owner resumed it
    const RunOptions options{0, false, false, draw_errand()};
    checker_.set_flattening(options.errand && options.errand->kind == Errand::Kind::Flatten);
    PerSide<Instrument> instruments = plan_.instruments;
    for (const Side leg : kSides) instruments[leg].funding = world_.venue(leg).instrument().funding;
    TaskEngine engine(std::move(stored), instruments, options);
    TaskRun run(world_, engine, *store_, teller_);
    tell(fmt::format("run {} starts{}", result_.runs, options.errand ? ", an errand" : ""));
    auto done = run.start(world_.now(), *known);
    checker_.check_step(world_.now(), engine.record());
    while (done && !run.crashed() && !run.finished() && !checker_.violation()) {
      done = run.step();
      checker_.check_step(run.now(), engine.record());
      if (++result_.steps > kMostSteps || stands_still(run.now())) {
        result_.runs = kMostRuns;
        return;
      }
      if (run.crashed() || run.finished()) break;
      if (done && run.now() > plan_.wishes_until) done = give_way(run, engine);
      if (done && plan_.wishes && run.now() < plan_.wishes_until && rng_.chance(1, 400)) done = wish(run, engine);
      checker_.check_step(run.now(), engine.record());
    }
    if (run.crashed() || !done) return die();
    tell(fmt::format("the run ends with exit code {}: {}", number(engine.exit_code()), engine.record().reason));
    stay_away({});
  }

  void die() {
    ++result_.crashes;
    power_failed_ = store_->process_died();
    tell(power_failed_ ? "the power fails" : "the process dies");
    stay_away(power_failed_ ? options_.shortest_boot : Dur{});
  }

  // Nobody is there for a while; the venues go on.
  void stay_away(Dur at_least) {
    world_.drop_client();
    const Time back = world_.now() + at_least + Dur::millis(rng_.between(10, 8000));
    while (world_.next_time() < back) (void)world_.advance();
  }

  // What a person does by hand between two runs, now and then.
  std::optional<Errand> draw_errand() {
    if (result_.runs == 1 || world_.now() - plan_.start > kErrandsUntil || !errands_.chance(1, 5)) return std::nullopt;
    Errand e;
    e.kind = Errand::Kind::Prove;
    if (errands_.chance(1, 2)) e.kind = Errand::Kind::Rebalance;
    if (errands_.chance(1, 20) && plan_.spec.direction == Direction::Open) e.kind = Errand::Kind::Flatten;
    return e;
  }

  // Its owner wants the task to end: what only waits for a better spread is let go.
  Expected<void, JournalError> give_way(TaskRun& run, const TaskEngine& engine) {
    if (engine.record().mode == TaskMode::Paused) return run.inject(Resume{}, run.now());
    TaskSpec s = engine.record().spec;
    constexpr Dur kShort = Dur::seconds(1);
    const HoldSpec& h = s.hold;
    const bool holds = h.min_funding_apr || h.close_spread_bps || h.exit_after_fundings || h.exit_funding_apr || h.hold_for.value_or(kShort) > kShort;
    if (!s.risk.min_spread_bps && !s.risk.exit_spread_bps && !holds) return {};
    if (h.minds_funding()) s.hold = HoldSpec{h.goes_round() ? std::optional(kShort) : std::nullopt, {}, {}, {}, {}};
    s.risk.min_spread_bps.reset();
    s.risk.exit_spread_bps.reset();
    return run.inject(ChangeSpec{s, {}}, run.now());
  }

  Expected<void, JournalError> wish(TaskRun& run, const TaskEngine& engine) {
    const auto told = [&](const char* what, const Event& e) {
      tell(what);
      return run.inject(e, run.now());
    };
    switch (rng_.below(6)) {
      case 0: return told("its owner pauses the task", Pause{});
      case 1: return told("its owner resumes the task", Resume{});
      case 2: return told("SIGTERM", Drain{ExitCode::Terminated, rng_.chance(1, 4)});
      case 3: {
        TaskSpec s = engine.record().spec;
        s.order_quantity = plan_.spec.order_quantity * Decimal::from_parts(rng_.between(5, 10), 1);
        s.leg.buy.tick_tolerance = rng_.between(0, 8);
        s.leg.sell.offset_ticks = rng_.between(-3, 1);
        if (errands_.chance(1, 2)) change_limits(s.risk);
        if (plan_.spec.adapt.volatility_bps) s.adapt = adapts_.chance(1, 3) ? AdaptSpec{} : some_adapt(adapts_, plan_);
        return told("its owner changes parameters", ChangeSpec{s, {}});
      }
      case 4:
        if (rng_.chance(1, 10)) return told("its owner cancels the task", CancelTask{});
        return {};
      default: return {};
    }
  }

  void change_limits(RiskSpec& r) {
    if (errands_.chance(1, 2)) r.max_slippage_bps = Bps(errands_.between(1, 100));
    if (errands_.chance(1, 2)) r.price_collar_bps = Bps(errands_.between(20, 200));
    if (errands_.chance(1, 3)) r.max_orders_per_minute = errands_.between(4, 60);
    if (errands_.chance(1, 6)) r.max_order_notional = plan_.mid * plan_.spec.order_quantity * Decimal::from_parts(errands_.between(5, 20), 1);
    if (errands_.chance(1, 6)) r.max_position = plan_.spec.total_quantity * Decimal::from_parts(errands_.between(5, 12), 1);
  }

  void tell(const std::string& line) {
    if (options_.tell) options_.tell(clock(world_.now()) + "  " + line);
  }

  const LifePlan& plan_;
  const LifeOptions& options_;
  Rng rng_;
  Rng errands_{plan_.seed ^ 0x27d4eb2f};  // a stream of its own
  Rng adapts_{plan_.seed ^ 0x3c6ef372};   // likewise
  World world_;
  Checker checker_;
  Storyteller teller_;
  std::unique_ptr<LifeStore> store_;
  bool power_failed_ = false;  // and no run has looked at the venues since
  LifeResult result_;
};

}  // namespace

LifePlan plan_life(std::uint64_t seed) {
  LifePlan plan;
  plan.seed = seed;
  plan.start = kBirth;
  Rng rng(seed);
  draw_venues(rng, plan);
  draw_spec(rng, plan);
  draw_faults(rng, plan);
  draw_limits(Rng(seed ^ 0x165667b1), plan);
  draw_holding(Rng(seed ^ 0x2f0b4c47), plan);
  draw_adapt(Rng(seed ^ 0x61c88647), plan);
  plan.wishes = rng.chance(1, 2);
  plan.wishes_until = plan.start + Dur::seconds(60);
  return plan;
}

std::string describe(const LifePlan& plan) {
  std::string out = fmt::format("seed {}\n{}faults until {}, per mille:", plan.seed, to_text(plan.spec), format_duration(plan.faults.until - plan.start));
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (plan.faults.per_mille[i] > 0) out += fmt::format(" {}={}", name(static_cast<Fault>(i)), plan.faults.per_mille[i]);
  }
  return out + (plan.wishes ? "\nits owner interferes" : "");
}

LifeResult run_life(const LifePlan& plan, const LifeOptions& options) { return Life(plan, options).live(); }

}  // namespace dn::sim
