#include "app/live_ground.h"

#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <set>
#include <utility>

#include "app/halt_files.h"
#include "app/paper_live.h"
#include "app/processor.h"
#include "base/text.h"
#include "live/live_run.h"

namespace dn::app {
namespace {

// A start asks once for the checks of all tasks and once more when the tasks begin.
constexpr Dur kFactsAge = Dur::seconds(60);
constexpr Dur kFailureAge = Dur::seconds(2);
constexpr std::size_t kAtOnce = 8;  // venues and symbols asked at the same time: what they ask together must not use up a venue's budget
constexpr Dur kSurveyAge = Dur::seconds(5);
constexpr Dur kSurveySteps = Dur::minutes(1);  // how far back is asked, so that tasks with nearly the same past ask the same
constexpr auto kAwake = std::chrono::microseconds(50);
constexpr Dur kFlushEvery = Dur::millis(200);  // what is recorded

std::vector<Venue> venues_of(const TaskSpec& spec) {
  std::vector<Venue> out{*spec.leg.buy.exchange};
  if (*spec.leg.sell.exchange != out[0]) out.push_back(*spec.leg.sell.exchange);
  return out;
}

// The venue pays funding for the account's position; what of it is not this task's cannot be told apart.
std::string shared_position(const venues::VenueFacts& f, const TaskRecord& task) {
  if (f.instrument.funding.interval.us == 0 || task.spec.direction == Direction::Close) return {};
  const Side leg = task.spec.leg.buy.exchange == f.instrument.venue ? Side::Buy : Side::Sell;
  const Qty own = leg == Side::Buy ? task.leg.buy.net : -task.leg.sell.net;
  if (f.position == own || f.position.is_zero()) return {};
  return fmt::format("{}: the account holds {} in the contract and this task {}: the funding of all of it is booked to this task", name(f.instrument.venue),
                     f.position.str(), own.str());
}

// The books of a pair, each shared with the other pairs that watch it.
class LivePrices final : public Prices {
 public:
  LivePrices(MarketView view, PerSide<std::shared_ptr<live::PriceWatch>> watches, const live::Clock& clock)
      : view_(std::move(view)), watches_(std::move(watches)), clock_(clock) {}

  MarketView view(Dur max_age) override {
    view_.start = clock_.now();
    for (const Side leg : kSides) {
      view_.top[leg] = watches_[leg]->top(max_age);
      view_.mid[leg] = view_.top[leg] ? middle(*view_.top[leg]) : Price{};
    }
    return view_;
  }
  std::optional<PerSide<venues::Depth>> depth(Time since) override {
    const venues::Depth* buy = watches_.buy->depth(since);
    const venues::Depth* sell = watches_.sell->depth(since);  // asked for at the same time
    return buy != nullptr && sell != nullptr ? std::optional(PerSide<venues::Depth>{*buy, *sell}) : std::nullopt;
  }
  Time next_time() const override { return std::min(watches_.buy->next_deadline(), watches_.sell->next_deadline()); }
  void step() override {
    for (const auto& w : {watches_.buy, watches_.sell}) w->wake();
  }

 private:
  MarketView view_;
  PerSide<std::shared_ptr<live::PriceWatch>> watches_;
  const live::Clock& clock_;
};

ToolError ended_by_signal(ExitCode code) { return {code, "a signal ended the start: nothing was sent", "run the same command again"}; }

class LiveGround final : public Ground {
 public:
  LiveGround(MarketView view, const TaskSpec& spec, std::vector<venues::VenueFacts> facts, live::Venues& venues, Surveys& surveys, LinkHook hook,
             net::Loop& loop, const LiveOptions& options)
      : Ground(std::move(view)), spec_(spec), facts_(std::move(facts)), venues_(venues), surveys_(surveys), hook_(std::move(hook)), stop_(options.stop) {
    run_.dead_man = options.dead_man;
    run_.leave_orders = options.leave_orders;
    run_.flush = [&loop] { loop.poll(); };
    if (options.halt_files.empty()) return;
    run_.is_halted = [guard = std::make_shared<HaltGuard>(options.halt_files, spec)] { return guard->is_pulled(); };
  }

  std::vector<std::string> prepare(const StoredTask& stored) override {
    seed_ = fnv1a(stored.task.spec.name) + stored.task.run_epoch;
    std::vector<std::string> out;
    for (const venues::VenueFacts& f : facts_) {
      for (const std::string& w : f.warnings) out.push_back(fmt::format("{}: {}", name(f.instrument.venue), w));
      const bool proven = std::ranges::all_of(stored.orders, [](const OrderRecord& o) { return o.status == OrderStatus::Closed; });
      if (const std::string w = shared_position(f, stored.task); proven && !w.empty()) out.push_back(w);
    }
    return out;
  }

  AccountViews survey(Time since) override {
    std::vector<Instrument> wanted;
    for (const venues::VenueFacts& f : facts_) wanted.push_back(f.instrument);
    std::optional<ExitCode> stopped;
    auto told = surveys_.ask(wanted, since, [&] {
      if (!stopped && stop_) stopped = stop_();
      return stopped.has_value();
    });
    AccountViews out;
    if (stopped) {
      out.failed.push_back(ended_by_signal(*stopped));
      return out;
    }
    out.failed = view_.absent;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      const Venue venue = wanted[i].venue;
      if (told[i]) {
        out.accounts.push_back({venue, std::move(*told[i]), facts_[i].free, facts_[i].position});
      } else {
        out.failed.push_back(venue_failure(spec_, venue, told[i].error()));
      }
    }
    return out;
  }

  std::vector<Expected<FundingReport, ToolError>> payments(Time since) override {
    std::vector<Instrument> wanted;
    for (const venues::VenueFacts& f : facts_) {
      if (f.instrument.kind == InstrumentKind::Perpetual) wanted.push_back(f.instrument);
    }
    std::vector<Expected<FundingReport, ToolError>> out;
    auto told = venues_.payments(wanted, since, [this] { return stop_ && stop_().has_value(); });
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      out.push_back(told[i] ? Expected<FundingReport, ToolError>(std::move(*told[i])) : Unexpected{venue_failure(spec_, wanted[i].venue, told[i].error())});
    }
    return out;
  }

  std::unique_ptr<TaskDriver> drive(TaskEngine& engine, Journal& journal, RunObserver& observer) override {
    auto run = std::make_unique<live::LiveRun>(venues_.clock(), engine, journal, observer, run_);
    for (const venues::VenueFacts& f : facts_) {
      auto link = venues_.link(f, true, seed_, run->emit());
      hook_(*link);
      run->use(venues_.desk(f.instrument.venue));
      run->use(std::move(link));
    }
    return run;
  }

 private:
  TaskSpec spec_;
  std::vector<venues::VenueFacts> facts_;  // one a venue
  live::Venues& venues_;
  Surveys& surveys_;
  LinkHook hook_;
  std::function<std::optional<ExitCode>()> stop_;
  live::LiveRunOptions run_;
  std::uint64_t seed_ = 0;
};

}  // namespace

const Surveys::Told* Surveys::lately(const Instrument& instrument, Time since) const {
  const auto at = told_.find({instrument.venue, instrument.symbol.str()});
  if (at == told_.end() || at->second.since > since || clock_.now() - at->second.at > kSurveyAge) return nullptr;
  return &at->second;
}

std::vector<venues::Outcome<venues::Survey>> Surveys::ask(const std::vector<Instrument>& instruments, Time since, const std::function<bool()>& stop) {
  since = Time{since.us / kSurveySteps.us * kSurveySteps.us};
  std::vector<Instrument> wanted;
  for (const Instrument& i : instruments) {
    if (lately(i, since) == nullptr) wanted.push_back(i);
  }
  const Time at = clock_.now();
  auto answers = wanted.empty() ? std::vector<venues::Outcome<venues::Survey>>{} : venues_.survey(wanted, since, stop);
  std::vector<venues::Outcome<venues::Survey>> out;
  auto next = answers.begin();
  for (const Instrument& i : instruments) {
    const bool asked = next != answers.end() && wanted[static_cast<std::size_t>(next - answers.begin())].venue == i.venue;
    if (!asked) {
      out.emplace_back(told_.at({i.venue, i.symbol.str()}).seen);
      continue;
    }
    if (*next) told_.insert_or_assign({i.venue, i.symbol.str()}, Told{**next, since, at});
    out.push_back(std::move(*next++));
  }
  return out;
}

LiveGrounds::LiveGrounds(LiveOptions options) : options_(std::move(options)), venues_(loop_, clock_, options_.access, options_.note) {
  if (!options_.record.empty()) recorder_ = std::make_unique<Recorder>(options_.record);
}

bool LiveGrounds::wait(std::int64_t micros) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(micros);
  if (!options_.spin) {
    // Behind an answer, or a word about the account, the next one is often there in a moment: to sleep and be woken for it costs more than to wait awake.
    const auto awake = std::chrono::steady_clock::now() + kAwake;
    const bool more = awake < end && std::exchange(heard_, venues_.heard()) != venues_.heard();
    if (!more || loop_.spin_one_until(awake) == 0) loop_.run_one_until(end);
  } else {
    if (!std::exchange(pinned_, true)) pin_to(*options_.spin);
    loop_.spin_one_until(end);
  }
  if (recorder_ && clock_.now() >= next_flush_) {
    next_flush_ = clock_.now() + kFlushEvery;
    if (const std::string why = recorder_->flush(); !why.empty() && options_.note) options_.note("the recording ends: " + why);
  }
  return true;
}

LinkHook LiveGrounds::hook() {
  return [this](live::Link& link) {
    if (!recorder_) return;
    link.streams().on_top([this, venue = link.venue(), symbol = link.instrument().symbol](const TopOfBook& top) {
      const Time now = clock_.now();
      recorder_->top(venue, symbol, top, now, now + venues_.desk(venue).offset());
    });
  };
}

void LiveGrounds::foresee(const std::vector<TaskSpec>& tasks) {
  const auto is_told = [this](const auto& told, const std::pair<Venue, std::string>& key, Dur age, const auto& when) {
    const auto at = told.find(key);
    return at != told.end() && clock_.now() - when(at->second) <= age;
  };
  std::vector<live::Venues::Want> wants;
  std::set<std::pair<Venue, std::string>> wanted;
  for (const TaskSpec& spec : tasks) {
    for (const Venue v : venues_of(spec)) {
      const std::pair key{v, spec.symbol.str()};
      if (is_told(known_, key, kFactsAge, [](const Known& k) { return k.at; }) || is_told(failed_, key, kFailureAge, [](const auto& f) { return f.second; }))
        continue;
      if (wanted.insert(key).second) wants.push_back({v, spec.symbol, options_.orders});
    }
  }
  for (std::size_t i = 0; i < wants.size() && !stopped_; i += kAtOnce) {
    ask({wants.begin() + static_cast<std::ptrdiff_t>(i), wants.begin() + static_cast<std::ptrdiff_t>(std::min(i + kAtOnce, wants.size()))});
  }
}

void LiveGrounds::warm_up(const std::vector<TaskSpec>& tasks) {
  for (const TaskSpec& spec : tasks) {
    for (const venues::VenueFacts& f : facts_of(spec)) ahead_.push_back(venues_.connect(f.instrument, options_.orders, fnv1a(spec.name)));
  }
}

void LiveGrounds::ask(const std::vector<live::Venues::Want>& wants) {
  const auto answers = venues_.start(wants, [this] {
    if (!stopped_ && options_.stop) stopped_ = options_.stop();
    return stopped_.has_value();
  });
  for (std::size_t i = 0; i < wants.size(); ++i) {
    const std::pair key{wants[i].venue, wants[i].symbol.str()};
    failed_.erase(key);
    if (answers[i]) {
      known_[key] = {*answers[i], clock_.now()};
    } else {
      failed_.emplace(key, std::pair{answers[i].error(), clock_.now()});
    }
  }
}

// Asks the venues of a task for what is not known of them yet.
Expected<std::vector<ToolError>, ToolError> LiveGrounds::learn(const TaskSpec& spec) {
  foresee({spec});
  if (stopped_) return Unexpected{ended_by_signal(*stopped_)};
  std::vector<ToolError> failed;
  for (const Venue v : venues_of(spec)) {
    if (const auto at = failed_.find({v, spec.symbol.str()}); at != failed_.end()) failed.push_back(venue_failure(spec, v, at->second.first));
  }
  return failed;
}

// Of the task's venues that told theirs, one each.
std::vector<venues::VenueFacts> LiveGrounds::facts_of(const TaskSpec& spec) const {
  std::vector<venues::VenueFacts> out;
  for (const Venue v : venues_of(spec)) {
    if (const auto at = known_.find({v, spec.symbol.str()}); at != known_.end()) out.push_back(at->second.facts);
  }
  return out;
}

// A venue that told nothing gets the other one's rules: nothing is sent there, and nothing that comes from there is booked.
Expected<MarketView, ToolError> LiveGrounds::view_of(const TaskSpec& spec) {
  MarketView view;
  view.start = clock_.now();
  for (const Side leg : kSides) {
    const auto at = known_.find({*spec.leg[leg].exchange, spec.symbol.str()});
    const bool absent = at == known_.end();
    const venues::VenueFacts& f = absent ? known_.at({*spec.leg[flip(leg)].exchange, spec.symbol.str()}).facts : at->second.facts;
    view.instruments[leg] = f.instrument;
    view.instruments[leg].venue = *spec.leg[leg].exchange;
    if (absent) continue;
    view.top[leg] = f.top;
    if (f.top) view.mid[leg] = middle(*f.top);
    if (options_.orders) view.funds[leg] = funds_of(f);
    if (recorder_) {
      if (auto begun = recorder_->begin(f.instrument.venue, spec.symbol); !begun) return Unexpected{begun.error()};
    }
  }
  return view;
}

Expected<std::unique_ptr<Ground>, ToolError> LiveGrounds::open(const TaskSpec& spec, Time /*not_before*/, Absent absent) {
  auto failed = learn(spec);
  if (!failed) return Unexpected{failed.error()};
  std::vector<venues::VenueFacts> facts = facts_of(spec);
  if (!failed->empty() && (absent == Absent::Refused || facts.empty())) return Unexpected{failed->front()};
  auto view = view_of(spec);
  if (!view) return Unexpected{view.error()};
  view->absent = std::move(*failed);
  if (!options_.orders) return paper_on_live_prices(std::move(*view), std::move(facts), venues_, options_.paper, hook());
  return std::unique_ptr<Ground>(new LiveGround(std::move(*view), spec, std::move(facts), venues_, surveys_, hook(), loop_, options_));
}

Expected<std::unique_ptr<Prices>, ToolError> LiveGrounds::prices(const TaskSpec& spec, Time /*not_before*/) {
  auto failed = learn(spec);
  if (!failed) return Unexpected{failed.error()};
  if (!failed->empty()) return Unexpected{failed->front()};
  auto view = view_of(spec);
  if (!view) return Unexpected{view.error()};
  PerSide<std::shared_ptr<live::PriceWatch>> watches;
  for (const Side leg : kSides) {
    const Instrument& i = view->instruments[leg];
    auto& known = watches_[{i.venue, i.symbol.str()}];
    watches[leg] = known.lock();
    if (!watches[leg]) known = watches[leg] = venues_.watch(i, fnv1a(i.symbol.str()));
  }
  return std::unique_ptr<Prices>(new LivePrices(std::move(*view), std::move(watches), clock_));
}

Expected<std::vector<live::Look>, ToolError> LiveGrounds::look(const TaskSpec& spec, Time /*not_before*/) {
  std::vector<live::Venues::Want> wants;
  std::vector<std::optional<venues::VenueFacts>> known;
  const std::string symbol = spec.symbol.str();
  for (const Venue v : venues_of(spec)) {
    if (looks_.contains({v, symbol})) continue;
    wants.push_back({v, spec.symbol, options_.orders});
    const auto at = known_.find({v, symbol});
    known.push_back(at == known_.end() ? std::nullopt : std::optional(at->second.facts));
  }
  for (live::Look& l : venues_.look(wants, known, [this] { return options_.stop && options_.stop().has_value(); })) looks_[{l.venue, symbol}] = std::move(l);
  std::vector<live::Look> out;
  for (const Venue v : venues_of(spec)) out.push_back(looks_.at({v, symbol}));
  return out;
}

}  // namespace dn::app
