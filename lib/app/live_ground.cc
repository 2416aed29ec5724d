#include "app/live_ground.h"

#include <fmt/format.h>

#include <chrono>
#include <deque>

#include "app/paper_live.h"
#include "base/text.h"
#include "live/live_run.h"

namespace dn::app {
namespace {

// A start asks once for the checks of all tasks and once more when the tasks begin.
constexpr Dur kFactsAge = Dur::seconds(60);
constexpr Dur kFlushEvery = Dur::millis(200);  // what is recorded

std::vector<Venue> venues_of(const TaskSpec& spec) {
  std::vector<Venue> out{*spec.leg.buy.exchange};
  if (*spec.leg.sell.exchange != out[0]) out.push_back(*spec.leg.sell.exchange);
  return out;
}

ToolError failure(const TaskSpec& spec, Venue venue, const venues::Problem& p) {
  using Kind = venues::Problem::Kind;
  const std::string what = fmt::format("task {}: {}: {}", spec.name, name(venue), p.message);
  switch (p.kind) {
    case Kind::Unreachable: return {ExitCode::VenueDown, what, "check the network and the venue's status page, then run the same command again"};
    case Kind::Permission: return {ExitCode::Permission, what, "check the key, its rights (read and trade, never withdraw) and its address list"};
    case Kind::Config: return {ExitCode::Config, what, "choose another symbol or venue, or change the account's mode at the venue"};
    case Kind::Clock: break;
  }
  return {ExitCode::Config, what, "set this machine's clock (systemctl start systemd-timesyncd, or chrony), then run the same command again"};
}

class LiveGround final : public Ground {
 public:
  LiveGround(MarketView view, std::vector<venues::VenueFacts> facts, live::Venues& venues, LinkHook hook)
      : Ground(std::move(view)), facts_(std::move(facts)), venues_(venues), hook_(std::move(hook)) {}

  std::vector<std::string> prepare(const StoredTask& stored) override {
    seed_ = fnv1a(stored.task.spec.name) + stored.task.run_epoch;
    std::vector<std::string> out;
    for (const venues::VenueFacts& f : facts_) {
      for (const std::string& w : f.warnings) out.push_back(fmt::format("{}: {}", name(f.instrument.venue), w));
    }
    return out;
  }

  std::unique_ptr<TaskDriver> drive(TaskEngine& engine, Journal& journal, RunObserver& observer) override {
    auto run = std::make_unique<live::LiveRun>(venues_.clock(), engine, journal, observer);
    for (const venues::VenueFacts& f : facts_) {
      auto link = venues_.link(f, true, seed_, run->emit());
      hook_(*link);
      run->use(venues_.desk(f.instrument.venue));
      run->use(std::move(link));
    }
    return run;
  }

 private:
  std::vector<venues::VenueFacts> facts_;  // one a venue
  live::Venues& venues_;
  LinkHook hook_;
  std::uint64_t seed_ = 0;
};

}  // namespace

LiveGrounds::LiveGrounds(LiveOptions options) : options_(std::move(options)), venues_(loop_, clock_, options_.access, options_.note) {
  if (!options_.record.empty()) recorder_ = std::make_unique<Recorder>(options_.record);
}

bool LiveGrounds::wait(std::int64_t micros) {
  loop_.run_one_until(std::chrono::steady_clock::now() + std::chrono::microseconds(micros));
  if (recorder_ && clock_.now() >= next_flush_) {
    next_flush_ = clock_.now() + kFlushEvery;
    if (const std::string why = recorder_->flush(); !why.empty() && options_.note) options_.note("the recording ends: " + why);
  }
  return true;
}

LinkHook LiveGrounds::hook() {
  return [this](live::Link& link) {
    link.on_note(options_.note);
    if (!recorder_) return;
    link.on_top([this, venue = link.venue(), symbol = link.instrument().symbol](const TopOfBook& top) {
      const Time now = clock_.now();
      recorder_->top(venue, symbol, top, now, now + venues_.desk(venue).offset());
    });
  };
}

// Asks the venues of a task for what is not known of them yet.
Expected<void, ToolError> LiveGrounds::learn(const TaskSpec& spec) {
  std::vector<live::Venues::Want> wants;
  for (const Venue v : venues_of(spec)) {
    const auto at = known_.find({v, spec.symbol.str()});
    if (at == known_.end() || clock_.now() - at->second.at > kFactsAge) wants.push_back({v, spec.symbol, options_.orders});
  }
  if (wants.empty()) return {};
  std::optional<ExitCode> stopped;
  const auto answers = venues_.start(wants, [&] {
    if (!stopped && options_.stop) stopped = options_.stop();
    return stopped.has_value();
  });
  if (stopped) return Unexpected{ToolError{*stopped, "a signal ended the start: nothing was sent", "run the same command again"}};
  for (std::size_t i = 0; i < wants.size(); ++i) {
    if (!answers[i]) return Unexpected{failure(spec, wants[i].venue, answers[i].error())};
    known_[{wants[i].venue, spec.symbol.str()}] = {*answers[i], clock_.now()};
  }
  return {};
}

Expected<std::unique_ptr<Ground>, ToolError> LiveGrounds::open(const TaskSpec& spec, Time /*not_before*/) {
  if (auto learnt = learn(spec); !learnt) return Unexpected{learnt.error()};
  MarketView view;
  view.start = clock_.now();
  std::vector<venues::VenueFacts> facts;
  for (const Side leg : kSides) {
    const venues::VenueFacts& f = known_.at({*spec.leg[leg].exchange, spec.symbol.str()}).facts;
    view.instruments[leg] = f.instrument;
    view.top[leg] = f.top;
    if (f.top) view.mid[leg] = middle(*f.top);
    if (recorder_) {
      if (auto begun = recorder_->begin(f.instrument.venue, spec.symbol); !begun) return Unexpected{begun.error()};
    }
    if (leg == Side::Buy || *spec.leg.sell.exchange != *spec.leg.buy.exchange) facts.push_back(f);
  }
  if (!options_.orders) return paper_on_live_prices(std::move(view), std::move(facts), venues_, options_.paper, hook());
  return std::unique_ptr<Ground>(new LiveGround(std::move(view), std::move(facts), venues_, hook()));
}

}  // namespace dn::app
