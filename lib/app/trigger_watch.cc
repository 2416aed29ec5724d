#include "app/trigger_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/halt_files.h"
#include "app/preflight_numbers.h"
#include "app/roster.h"

namespace dn::app {
namespace {

constexpr Dur kLookEvery = Dur::millis(20);    // at the pairs, where time is real
constexpr Dur kDepthAge = Dur::millis(1500);   // a little more than how often it is asked for
constexpr Dur kRetryEvery = Dur::seconds(60);  // prices that could not be had
constexpr Dur kOneLook = Dur::seconds(10);     // how long the books of all pairs get to come, for the one look
constexpr int kPlaces = 8;

bool makes_sense(const std::optional<TopOfBook>& top) { return top && top->bid.is_positive() && top->bid < top->ask; }

std::string pair_text(const WatchedPair& p) { return fmt::format("{} {} > {}", p.symbol.str(), name(p.venues.buy), name(p.venues.sell)); }

// Where each book's depth begins is newer than its stream, or was asked for to prove it.
MarketView at_depth(MarketView view, const PerSide<venues::Depth>& depth) {
  for (const Side leg : kSides) {
    const venues::Depth& d = depth[leg];
    view.top[leg].reset();
    if (!d.bids.empty() && !d.asks.empty()) view.top[leg] = TopOfBook{d.bids[0].price, d.asks[0].price, d.bids[0].qty, d.asks[0].qty};
  }
  return view;
}

}  // namespace

std::optional<Opening> opening_of(const TaskSpec& spec, const MarketView& market, const std::optional<PerSide<venues::Depth>>& depth) {
  if (!makes_sense(market.top.buy) || !makes_sense(market.top.sell)) return std::nullopt;
  const Numbers n = numbers_of(spec, market);
  if (n.contradict || !n.spread) return std::nullopt;
  Opening out{*n.spread, std::nullopt};
  if (!depth) return out;
  Bps net = *n.spread;
  for (const Side leg : kSides) {
    if (!n.leg[leg]) return std::nullopt;
    if (!n.leg[leg]->hedges && n.leg[leg]->to_opposite.is_positive()) continue;  // it waits in the book
    const auto share = share_of_depth((*depth)[leg], leg, n.sizes.leg_slice[leg]);
    if (!share || !share->cost) return out;
    net = net - *share->cost;
  }
  out.size = net;
  return out;
}

TaskSpec sized_task(const TriggerSpec& trigger, const WatchedPair& pair, const MarketView& market) {
  if (!trigger.total_notional) return task_of(trigger, pair, trigger.task.total_quantity, trigger.task.order_quantity);
  const auto quantity = [&](const Money& notional) {
    if (!market.top.buy) return Qty{};
    const Qty raw(notional.decimal().divided_by(market.top.buy->ask.decimal(), kPlaces, Rounding::Down));
    return raw.floor_to(market.instruments.buy.step).floor_to(market.instruments.sell.step);
  };
  return task_of(trigger, pair, quantity(*trigger.total_notional), quantity(*trigger.order_notional));
}

std::vector<TaskSource> trigger_tasks(const std::vector<TriggerSource>& triggers) {
  std::vector<TaskSource> out;
  for (const TriggerSource& t : triggers) {
    for (const WatchedPair& pair : t.spec.pairs()) {
      out.push_back(t.task);
      out.back().spec = task_of(t.spec, pair, {}, {});
    }
  }
  return out;
}

Expected<std::vector<std::string>, ToolError> unfinished_tasks(const TriggerSpec& trigger, const std::string& db) {
  std::vector<std::string> out;
  auto store = Store::open(db, Store::Mode::ReadOnly);
  if (!store && store.error().kind == StoreError::Kind::NotFound) return out;
  if (!store) return Unexpected{store_failure(store.error())};
  for (const WatchedPair& p : trigger.pairs()) {
    const auto found = (*store)->find_task(task_name_of(trigger, p));
    if (!found) return Unexpected{store_failure(found.error())};
    if (*found && (*found)->verdict == Verdict::None) out.push_back((*found)->spec.name);
  }
  return out;
}

TriggerWatch::TriggerWatch(TriggerSource source, Options options, Grounds& grounds, Output& output)
    : source_(std::move(source)), options_(std::move(options)), grounds_(grounds), output_(output) {
  for (const WatchedPair& p : source_.spec.pairs()) pairs_.push_back({p, task_name_of(source_.spec, p), {}, Time::never(), false, false, {}, false, {}});
}

Expected<std::unique_ptr<TriggerWatch>, ToolError> TriggerWatch::open(const TriggerSource& source, const Options& options, Grounds& grounds, Output& output) {
  std::unique_ptr<TriggerWatch> watch(new TriggerWatch(source, options, grounds, output));
  if (auto done = watch->remember(); !done) return Unexpected{done.error()};
  if (auto done = watch->watch_all(); !done) return Unexpected{done.error()};
  output.message(fmt::format("trigger {}: {} pairs are watched; a task starts at {} bps net", source.spec.task.name, watch->pairs_.size(),
                             source.spec.min_spread_bps->str()));
  return watch;
}

// What the pairs' tasks are at, and since when.
Expected<void, ToolError> TriggerWatch::remember() {
  origin_ = options_.session.fixed_time ? kFixedStart : wall_clock();
  auto store = Store::open(options_.session.db, Store::Mode::ReadOnly);
  if (!store && store.error().kind == StoreError::Kind::NotFound) return {};
  if (!store) return Unexpected{store_failure(store.error())};
  for (Pair& p : pairs_) {
    const auto found = (*store)->find_task(p.task);
    if (!found) return Unexpected{store_failure(found.error())};
    if (!*found) continue;
    p.runs = (*found)->verdict == Verdict::None;
    p.ready = (*found)->updated + source_.spec.cooldown;
    if (options_.session.fixed_time || (*found)->created == kFixedStart) origin_ = std::max(origin_, (*found)->updated + Dur::millis(1));
  }
  return {};
}

Expected<void, ToolError> TriggerWatch::watch_all() {
  std::vector<TaskSpec> specs;
  for (const Pair& p : pairs_) specs.push_back(task_of(source_.spec, p.what, {}, {}));
  grounds_.foresee(specs);
  std::optional<ToolError> first;
  for (Pair& p : pairs_) {
    auto trouble = watch(p);
    if (!trouble) continue;
    if (!Roster::is_its_own(*trouble)) return Unexpected{*trouble};
    output_.message(fmt::format("trigger {}: {} is not watched: {}", source_.spec.task.name, pair_text(p.what), trouble->message));
    if (!first) first = std::move(trouble);
  }
  if (std::ranges::none_of(pairs_, [](const Pair& p) { return p.prices != nullptr; })) return Unexpected{*first};
  if (!grounds_.now()) {
    Time begin = Time::never();
    for (const Pair& p : pairs_) begin = p.prices ? std::min(begin, p.prices->next_time()) : begin;
    if (!begin.is_never()) origin_ = now_ = begin;
  } else {
    patient_until_ = *grounds_.now() + kOneLook;
  }
  return {};
}

std::optional<ToolError> TriggerWatch::watch(Pair& p) {
  auto prices = grounds_.prices(task_of(source_.spec, p.what, {}, {}), origin_);
  if (prices) {
    p.prices = std::move(*prices);
    p.retry = Time::never();
    return std::nullopt;
  }
  const bool for_good = prices.error().code == ExitCode::Config || prices.error().code == ExitCode::NotFound || !grounds_.now();
  p.retry = for_good ? Time::never() : *grounds_.now() + kRetryEvery;
  return prices.error();
}

void TriggerWatch::retry_absent(Time now) {
  for (Pair& p : pairs_) {
    if (p.retry > now) continue;
    if (!watch(p)) output_.message(fmt::format("trigger {}: {} is watched now", source_.spec.task.name, pair_text(p.what)));
  }
}

Time TriggerWatch::now() const { return grounds_.now().value_or(now_); }

Time TriggerWatch::next_time() const {
  if (over_) return Time::never();
  Time t = grounds_.now() ? next_look_ : Time::never();
  for (const Pair& p : pairs_) {
    if (p.prices) t = std::min(t, p.prices->next_time());
  }
  return t;
}

bool TriggerWatch::may_start(const Pair& p, Time now) const {
  const auto running = std::ranges::count_if(pairs_, [](const Pair& q) { return q.runs; });
  return !p.runs && !p.barred && now >= p.ready && running < source_.spec.max_tasks;
}

std::optional<TriggerWatch::Start> TriggerWatch::step() {
  if (over_) return std::nullopt;
  const Time due = next_time();
  const bool real = grounds_.now().has_value();
  over_ = due.is_never();  // the recordings have ended
  if (over_) return std::nullopt;
  if (!real) now_ = due;
  std::optional<Start> best;
  for (Pair& p : pairs_) {
    if (!p.prices || (!real && p.prices->next_time() > now_)) continue;
    p.prices->step();
    auto start = look(p, now());
    if (start && (!best || start->start.why.spread > best->start.why.spread)) best = std::move(start);
  }
  if (real) {
    retry_absent(now());
    next_look_ = now() + kLookEvery;
  }
  if (best) {
    for (Pair& p : pairs_) p.runs = p.runs || p.task == best->source.spec.name;
    ++started_;
    return best;
  }
  mind_once(now());
  return best;
}

std::optional<TriggerWatch::Start> TriggerWatch::look(Pair& p, Time now) {
  if (!may_start(p, now)) {
    p.looked = true;
    return std::nullopt;
  }
  const Bps least = *source_.spec.min_spread_bps;
  MarketView view = p.prices->view(source_.spec.task.risk.max_book_age);
  TaskSpec spec = sized_task(source_.spec, p.what, view);
  p.seen = opening_of(spec, view, std::nullopt);
  if (!p.seen) return std::nullopt;
  if (!is_tradable(p, spec, view) || p.seen->touch < least) {
    p.looked = true;
    return std::nullopt;
  }
  const auto depth = p.prices->depth(kDepthAge);
  if (!depth) return std::nullopt;
  p.looked = true;
  view = at_depth(std::move(view), *depth);
  spec = sized_task(source_.spec, p.what, view);
  p.seen = opening_of(spec, view, depth);
  if (!p.seen || !p.seen->size || *p.seen->size < least || !is_tradable(p, spec, view) || is_halted(spec)) return std::nullopt;
  const Numbers n = numbers_of(spec, view);
  Start out;
  out.source = source_.task;
  out.source.spec = spec;
  out.start.at = now;
  out.start.why = {source_.spec.task.name, p.what.venues, {n.leg.buy->price, n.leg.sell->price}, n.sizes.total, n.sizes.slice, *p.seen->size,
                   p.seen->touch,          least};
  if (!grounds_.now()) out.start.join = Join{origin_, now};
  return out;
}

bool TriggerWatch::is_tradable(Pair& p, const TaskSpec& spec, const MarketView& view) {
  PerSide<Price> mid;
  for (const Side leg : kSides) mid[leg] = view.top[leg] ? view.top[leg]->bid : Price{};
  const auto problems = check_plan(spec, view.instruments, make_plan(spec, view.instruments), mid);
  if (problems.empty()) return true;
  p.barred = true;
  output_.message(fmt::format("trigger {}: {} cannot be traded with these sizes and is left out: {} {}", source_.spec.task.name, pair_text(p.what),
                              problems[0].key, problems[0].what));
  return false;
}

bool TriggerWatch::is_halted(const TaskSpec& spec) {
  const KillSwitch file(options_.halt_files, spec);
  const std::string* pulled = file.pulled();
  if (pulled != nullptr && !halt_told_) {
    output_.message(fmt::format("trigger {}: {} is there: nothing starts until it is gone", source_.spec.task.name, *pulled));
  }
  halt_told_ = pulled != nullptr;
  return pulled != nullptr || !stray_halts(options_.halt_files).empty();
}

// Of the one look: whether every pair has had it.
void TriggerWatch::mind_once(Time now) {
  if (!options_.once) return;
  const bool all = std::ranges::all_of(pairs_, [](const Pair& p) { return p.looked || !p.prices; });
  over_ = over_ || all || now >= patient_until_;
}

bool TriggerWatch::owns(const std::string& task) const {
  return std::ranges::any_of(pairs_, [&](const Pair& p) { return p.task == task; });
}

void TriggerWatch::ended(const std::string& task, bool for_good, Time at) {
  for (Pair& p : pairs_) {
    if (p.task != task) continue;
    p.runs = !for_good;
    p.ready = at + source_.spec.cooldown;
  }
}

void TriggerWatch::failed(const std::string& task, const ToolError& why) {
  output_.message(fmt::format("trigger {}: task {} does not begin: {}", source_.spec.task.name, task, why.message));
  ended(task, true, now());
}

std::string TriggerWatch::best() const {
  const Pair* widest = nullptr;
  for (const Pair& p : pairs_) {
    if (p.seen && (widest == nullptr || p.seen->size.value_or(p.seen->touch) > widest->seen->size.value_or(widest->seen->touch))) widest = &p;
  }
  const std::string what = fmt::format("trigger {}: no pair is worth a task", source_.spec.task.name);
  if (widest == nullptr) return what + ": no books were seen, or every pair's task runs, cools down or has no place";
  return fmt::format("{}: the widest is {} with {} bps net, and {} are asked for", what, pair_text(widest->what),
                     widest->seen->size.value_or(widest->seen->touch).str(), source_.spec.min_spread_bps->str());
}

}  // namespace dn::app
