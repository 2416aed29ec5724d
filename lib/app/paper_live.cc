#include "app/paper_live.h"

#include <algorithm>
#include <deque>

#include "base/text.h"
#include "sim/task_run.h"

namespace dn::app {
namespace {

// Prices as they come, in the order in which they came.
class ArrivingFeed final : public sim::MarketFeed {
 public:
  std::optional<sim::MarketEvent> next() override {
    if (arrived.empty()) return std::nullopt;
    sim::MarketEvent e = std::move(arrived.front());
    arrived.pop_front();
    return e;
  }
  std::deque<sim::MarketEvent> arrived;
};

// Steps the simulated world when the clock has reached what is due in it.
class RealTimeRun final : public TaskDriver {
 public:
  RealTimeRun(sim::World& world, ArrivingFeed& feed, const live::Clock& clock, TaskEngine& engine, Journal& journal, RunObserver& observer)
      : world_(world), feed_(feed), clock_(clock), run_(world, engine, journal, observer) {}

  void add(live::Desk& desk, std::unique_ptr<live::Link> link) {
    desks_.push_back(&desk);
    links_.push_back(std::move(link));
  }
  // A venue's stream told its best prices.
  void priced(Venue venue, const TopOfBook& top) {
    const bool buy = world_.venue(Side::Buy).instrument().venue == venue;
    const bool sell = world_.venue(Side::Sell).instrument().venue == venue;
    feed_.arrived.push_back({clock_.now(), buy, sell, sim::Book{{{top.bid, top.bid_qty}}, {{top.ask, top.ask_qty}}}});
    world_.market_came();
  }
  void lost(Venue venue) { lost_.push_back(venue); }

  Expected<void, JournalError> start(Time now, const std::vector<Event>& known) override {
    if (auto done = run_.start(now, known); !done) return done;
    for (auto& l : links_) l->start();
    return {};
  }
  Time next_time() const override {
    if (run_.finished()) return Time::never();
    if (!lost_.empty()) return run_.now();
    Time t = run_.next_time();
    for (const live::Desk* d : desks_) t = std::min(t, d->next_deadline());
    for (const auto& l : links_) t = std::min(t, l->next_deadline());
    return t;
  }
  Expected<void, JournalError> step() override {
    for (live::Desk* d : desks_) d->wake();
    for (auto& l : links_) l->wake();
    while (!lost_.empty()) {
      const Venue venue = lost_.front();
      lost_.pop_front();
      if (auto done = run_.inject(BookLost{venue}, clock_.now()); !done) return done;
    }
    if (run_.next_time() > clock_.now()) return {};
    return run_.step();
  }
  Expected<void, JournalError> inject(const Event& event, Time /*now*/) override { return run_.inject(event, clock_.now()); }
  Expected<void, JournalError> settle() override { return run_.settle(); }
  bool finished() const override { return run_.finished(); }
  bool crashed() const override { return run_.crashed(); }
  Time now() const override { return run_.now(); }

 private:
  sim::World& world_;
  ArrivingFeed& feed_;
  const live::Clock& clock_;
  sim::TaskRun run_;
  std::deque<Venue> lost_;
  std::vector<live::Desk*> desks_;
  std::vector<std::unique_ptr<live::Link>> links_;
};

class PaperOnLivePrices final : public Ground {
 public:
  PaperOnLivePrices(MarketView view, std::vector<venues::VenueFacts> facts, live::Venues& venues, const PaperOptions& options,
                    std::function<void(live::Link&)> hook)
      : Ground(std::move(view)), facts_(std::move(facts)), venues_(venues), options_(options), hook_(std::move(hook)) {}

  std::vector<std::string> prepare(const StoredTask& stored) override {
    PaperMarket market;
    static_cast<MarketView&>(market) = view_;
    auto feed = std::make_unique<ArrivingFeed>();
    feed_ = feed.get();
    market.feed = std::move(feed);
    seed_ = fnv1a(stored.task.spec.name) + stored.task.run_epoch;
    world_ = make_paper_world(std::move(market), stored, options_);
    return plant_restored(*world_, stored.task, view_);
  }

  std::unique_ptr<TaskDriver> drive(TaskEngine& engine, Journal& journal, RunObserver& observer) override {
    auto run = std::make_unique<RealTimeRun>(*world_, *feed_, venues_.clock(), engine, journal, observer);
    for (const venues::VenueFacts& f : facts_) {
      const Venue venue = f.instrument.venue;
      auto link = venues_.link(f, false, seed_, [run = run.get(), venue](const Event& e) {
        if (const auto* book = std::get_if<BookUpdate>(&e)) run->priced(venue, book->top);
        if (std::holds_alternative<BookLost>(e)) run->lost(venue);
      });
      hook_(*link);
      run->add(venues_.desk(venue), std::move(link));
    }
    return run;
  }

 private:
  std::vector<venues::VenueFacts> facts_;  // one a venue
  live::Venues& venues_;
  PaperOptions options_;
  std::function<void(live::Link&)> hook_;
  ArrivingFeed* feed_ = nullptr;  // owned by the world
  std::unique_ptr<sim::World> world_;
  std::uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Ground> paper_on_live_prices(MarketView view, std::vector<venues::VenueFacts> facts, live::Venues& venues, const PaperOptions& options,
                                             std::function<void(live::Link&)> hook) {
  return std::make_unique<PaperOnLivePrices>(std::move(view), std::move(facts), venues, options, std::move(hook));
}

}  // namespace dn::app
