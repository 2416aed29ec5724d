#include "app/trigger_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/halt_files.h"
#include "app/preflight_numbers.h"
#include "app/roster.h"

namespace dn::app {
namespace {

constexpr Dur kLookEvery = Dur::millis(20);       // at the pairs, where time is real
constexpr Dur kDepthPatience = Dur::seconds(1);   // for the depth of a pair that promises more than another that is decided
constexpr Dur kElsewhereEvery = Dur::seconds(2);  // at tasks that others may end
constexpr Dur kRetryEvery = Dur::seconds(60);     // prices that could not be had
constexpr Dur kOneLook = Dur::seconds(10);        // how long the books of all pairs get to come, for the one look
constexpr int kBpsPlaces = 8;
constexpr std::size_t kManyPairs = 10;

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
    const Qty raw(notional.decimal().divided_by(market.top.buy->ask.decimal(), kBpsPlaces, Rounding::Down));
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
  for (const WatchedPair& what : source_.spec.pairs()) {
    Pair p;
    p.what = what;
    p.task = task_name_of(source_.spec, what);
    pairs_.push_back(std::move(p));
  }
}

Expected<std::unique_ptr<TriggerWatch>, ToolError> TriggerWatch::open(const TriggerSource& source, const Options& options, Grounds& grounds, Output& output) {
  std::unique_ptr<TriggerWatch> watch(new TriggerWatch(source, options, grounds, output));
  if (auto done = watch->remember(); !done) return Unexpected{done.error()};
  if (auto done = watch->watch_all(); !done) return Unexpected{done.error()};
  const auto watched = std::ranges::count_if(watch->pairs_, [](const Pair& p) { return p.prices != nullptr; });
  watch->say(fmt::format("{} of {} pairs are watched; a task starts at {} bps net", watched, watch->pairs_.size(), source.spec.min_spread_bps->str()));
  return watch;
}

// What the pairs' tasks are at, and since when.
Expected<void, ToolError> TriggerWatch::remember() {
  not_before_ = options_.session.fixed_time ? kFixedStart : wall_clock();
  auto store = Store::open(options_.session.db, Store::Mode::ReadOnly);
  if (!store && store.error().kind == StoreError::Kind::NotFound) return {};
  if (!store) return Unexpected{store_failure(store.error())};
  for (Pair& p : pairs_) {
    const auto found = (*store)->find_task(p.task);
    if (!found) return Unexpected{store_failure(found.error())};
    if (!*found) continue;
    p.runs = (*found)->verdict == Verdict::None;
    p.ready = (*found)->updated + source_.spec.cooldown;
    if (options_.session.fixed_time || (*found)->created == kFixedStart) not_before_ = std::max(not_before_, (*found)->updated + Dur::millis(1));
  }
  return {};
}

Expected<void, ToolError> TriggerWatch::watch_all() {
  std::vector<TaskSpec> specs;
  for (const Pair& p : pairs_) specs.push_back(task_of(source_.spec, p.what, {}, {}));
  if (specs.size() > kManyPairs) say(fmt::format("asking the venues about {} pairs; what they allow of questions takes its time", specs.size()));
  grounds_.foresee(specs);
  std::optional<ToolError> first;
  for (Pair& p : pairs_) {
    auto trouble = watch(p);
    if (!trouble) continue;
    if (!Roster::is_its_own(*trouble)) return Unexpected{*trouble};
    say(fmt::format("{} is not watched: {}", pair_text(p.what), trouble->message));
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
  auto prices = grounds_.prices(task_of(source_.spec, p.what, {}, {}), not_before_);
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
    if (!watch(p)) say(fmt::format("{} is watched now", pair_text(p.what)));
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
  return !p.runs && !p.barred && now >= p.ready && std::ranges::count_if(pairs_, &Pair::runs) < source_.spec.max_tasks;
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
    look_elsewhere(now());
    next_look_ = now() + kLookEvery;
  }
  if (!best) mind_once(now());
  if (!best || is_wider_awaited(best->start.why.spread, now())) return std::nullopt;
  if (options_.once && !all_looked() && now() < patient_until_) return std::nullopt;  // one look is at all of them
  for (Pair& p : pairs_) {
    if (p.task == best->source.spec.name) p.runs = p.here = true;
  }
  ++started_;
  return best;
}

// The depth of a pair that promises more is on its way.
bool TriggerWatch::is_wider_awaited(const Bps& spread, Time now) const {
  return std::ranges::any_of(pairs_,
                             [&](const Pair& p) { return p.awaits && !p.doubted && p.seen && p.seen->touch > spread && now - p.promised < kDepthPatience; });
}

std::optional<TriggerWatch::Start> TriggerWatch::look(Pair& p, Time now) {
  const Bps least = *source_.spec.min_spread_bps;
  p.awaits = false;
  p.looked = p.looked || !may_start(p, now);
  if (!may_start(p, now)) return std::nullopt;
  MarketView view = p.prices->view(source_.spec.task.risk.max_book_age);
  TaskSpec spec = sized_task(source_.spec, p.what, view);
  p.seen = opening_of(spec, view, std::nullopt);
  const bool promises = p.seen && is_tradable(p, spec, view) && p.seen->touch >= least && !is_halted(p, spec);
  if (!promises) {
    p.looked = p.looked || p.seen;
    p.promised = Time::never();
    p.since = Time{};
    p.doubted = false;
    return std::nullopt;
  }
  if (p.promised.is_never()) p.promised = now;
  // What was heard longer ago decides nothing. Pairs that share a book share what was asked about it.
  const auto depth = p.prices->depth(std::max(p.since, now - kDepthPatience));
  p.awaits = !depth;
  p.looked = !p.awaits;
  if (p.awaits) return std::nullopt;
  view = at_depth(std::move(view), *depth);
  spec = sized_task(source_.spec, p.what, view);
  const auto opening = opening_of(spec, view, depth);
  if (opening) p.seen = opening;
  if (!opening || !opening->size || *opening->size < least || !is_tradable(p, spec, view)) {
    p.since = now;  // only what is asked for from now on decides again
    p.doubted = true;
    return std::nullopt;
  }
  return start_of(p, spec, view, now);
}

TriggerWatch::Start TriggerWatch::start_of(const Pair& p, const TaskSpec& spec, const MarketView& view, Time now) const {
  const Numbers n = numbers_of(spec, view);
  Start out;
  out.source = source_.task;
  out.source.spec = spec;
  out.start.at = now;
  Triggered& why = out.start.why;
  why.trigger = source_.spec.task.name;
  why.venues = p.what.venues;
  why.price = {n.leg.buy->price, n.leg.sell->price};
  why.total = n.sizes.total;
  why.slice = n.sizes.slice;
  why.spread = *p.seen->size;
  why.touch_spread = p.seen->touch;
  why.least = *source_.spec.min_spread_bps;
  if (!grounds_.now()) out.start.join = Join{not_before_, now, origin_};
  return out;
}

bool TriggerWatch::is_tradable(Pair& p, const TaskSpec& spec, const MarketView& view) {
  PerSide<Price> at;
  for (const Side leg : kSides) at[leg] = view.top[leg] ? view.top[leg]->bid : Price{};
  const Plan plan = make_plan(spec, view.instruments);
  const auto problems = check_plan(spec, view.instruments, plan, at);
  std::string why = problems.empty() ? "" : problems[0].key + " " + problems[0].what;
  const auto& most = spec.risk.max_order_notional;
  if (why.empty() && most && at.buy * plan.slice > *most) why = fmt::format("a slice is worth more than risk.max_order_notional {}", most->str());
  if (why.empty()) return true;
  p.barred = true;
  say(fmt::format("{} cannot be traded with these sizes and is left out: {}", pair_text(p.what), why));
  return false;
}

bool TriggerWatch::is_halted(Pair& p, const TaskSpec& spec) {
  const KillSwitch file(options_.halt_files, spec);
  const std::string* pulled = file.pulled();
  const std::vector<std::string> stray = pulled == nullptr ? stray_halts(options_.halt_files) : std::vector<std::string>{};
  const bool halted = pulled != nullptr || !stray.empty();
  if (halted && !p.halted) say(fmt::format("{}: {} is there: nothing starts until it is gone", pair_text(p.what), pulled != nullptr ? *pulled : stray[0]));
  p.halted = halted;
  return halted;
}

// What is not run here may have been brought to its end by another process, or by a person.
void TriggerWatch::look_elsewhere(Time now) {
  if (now < next_elsewhere_) return;
  next_elsewhere_ = now + kElsewhereEvery;
  if (std::ranges::none_of(pairs_, [](const Pair& p) { return p.runs && !p.here; })) return;
  const auto store = Store::open(options_.session.db, Store::Mode::ReadOnly);
  if (!store) return;
  for (const Pair& p : pairs_) {
    if (!p.runs || p.here) continue;
    const auto found = (*store)->find_task(p.task);
    if (found && *found && (*found)->verdict != Verdict::None) ended(p.task, true, (*found)->updated);
  }
}

void TriggerWatch::say(const std::string& what) const { output_.message(fmt::format("trigger {}: {}", source_.spec.task.name, what)); }

// Of the one look: whether every pair has had it.
void TriggerWatch::mind_once(Time now) {
  if (!options_.once) return;
  over_ = over_ || all_looked() || now >= patient_until_;
}

bool TriggerWatch::all_looked() const {
  return std::ranges::all_of(pairs_, [](const Pair& p) { return p.looked || !p.prices; });
}

bool TriggerWatch::owns(const std::string& task) const {
  return std::ranges::any_of(pairs_, [&](const Pair& p) { return p.task == task; });
}

void TriggerWatch::runs_here(const std::vector<std::string>& tasks) {
  for (Pair& p : pairs_) p.here = std::ranges::find(tasks, p.task) != tasks.end();
}

void TriggerWatch::ended(const std::string& task, bool for_good, Time at) {
  for (Pair& p : pairs_) {
    if (p.task != task) continue;
    p.runs = !for_good;
    p.here = false;
    p.promised = Time::never();
    p.since = Time{};
    p.ready = at + source_.spec.cooldown;
    if (!for_good) say(fmt::format("task {} has not ended and keeps its pair and its place; dn-status show {} says what to do", task, task));
  }
}

void TriggerWatch::failed(const std::string& task, const ToolError& why) {
  say(fmt::format("task {} does not begin: {}", task, why.message));
  ended(task, true, now());
}

// Sizes and limits for what starts from now on.
bool TriggerWatch::reload(const TriggerSource& source) {
  if (source.spec.task.name != source_.spec.task.name) return false;
  std::vector<std::string> tasks;
  for (const WatchedPair& p : source.spec.pairs()) tasks.push_back(task_name_of(source.spec, p));
  if (!std::ranges::equal(tasks, pairs_, {}, {}, &Pair::task)) {
    say("reload refused: symbols and venue_pairs cannot change while they are watched; end this run and begin it again");
    return true;
  }
  const Dur later = source.spec.cooldown - source_.spec.cooldown;
  source_ = source;
  for (Pair& p : pairs_) {
    p.barred = false;
    p.promised = Time::never();
    p.since = Time{};
    if (p.ready > Time{}) p.ready = p.ready + later;
  }
  say("reloaded: for the tasks that start from now on");
  return true;
}

std::string TriggerWatch::best() const {
  const Pair* widest = nullptr;
  std::size_t runs = 0, cool = 0, absent = 0;
  std::string first;  // of those that run
  for (const Pair& p : pairs_) {
    runs += p.runs ? 1 : 0;
    cool += !p.runs && p.ready > now() ? 1 : 0;
    absent += p.prices ? 0 : 1;
    if (p.runs && first.empty()) first = p.task;
    if (p.seen && !p.runs && (widest == nullptr || p.seen->touch > widest->seen->touch)) widest = &p;
  }
  std::string out = fmt::format("trigger {}: no task started", source_.spec.task.name);
  if (widest != nullptr) {
    const auto& size = widest->seen->size;
    out +=
        fmt::format("; the widest pair is {} with {} bps net at the touch{}, and {} are asked for{}", pair_text(widest->what), widest->seen->touch.str(),
                    size ? fmt::format(", {} at the size of a slice", size->str()) : "", source_.spec.min_spread_bps->str(), widest->halted ? " (halted)" : "");
  }
  if (runs > 0) out += fmt::format("; {} of at most {} tasks have not ended ({})", runs, source_.spec.max_tasks, first);
  if (cool > 0) out += fmt::format("; {} cool down", cool);
  if (absent > 0) out += fmt::format("; {} are not watched", absent);
  return out;
}

}  // namespace dn::app
