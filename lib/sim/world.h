// Virtual time, the venues of one task, and the network between them and the task.
//
// The world is a queue of what happens next: market data, requests that arrive, answers and pushed events that come
// back, each delayed, lost or repeated as the fault plan draws. Deterministic: same setup, same sends, same events.
// Not thread-safe; owns its feed and venues.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "engine/command.h"
#include "engine/event.h"
#include "sim/faults.h"
#include "sim/market.h"
#include "sim/rng.h"
#include "sim/venue.h"

namespace dn::sim {

// The rates of the settlements of a perpetual, one after the other; the last one stays.
struct FundingPlan {
  Dur interval{};  // 0: no settlements
  Time first;
  std::vector<Rate> rates;
};

struct WorldSetup {
  std::uint64_t seed = 1;
  Time start;
  std::unique_ptr<MarketFeed> feed;
  PerSide<Instrument> instruments;  // one venue serves both legs when they name the same venue
  PerSide<std::map<Asset, Decimal>> balances;
  Dur latency_min = Dur::millis(5);  // one way, per message
  Dur latency_max = Dur::millis(25);
  Dur timeout = Dur::seconds(3);  // the client gives a request up after this
  FaultPlan faults;
  Dur memory{};  // see VenueSetup
  FundingPlan funding;
};

class World {
 public:
  explicit World(WorldSetup setup);

  // When something happens next; never() when the feed has ended and nothing is under way.
  Time next_time() const;
  // Lets the next thing happen. Returns what the task hears of it, if anything.
  std::optional<Event> advance();
  Time now() const { return now_; }
  // A feed that had nothing more to say has something again.
  void market_came() {
    if (!next_market_) next_market_ = feed_->next();
  }
  // True when the feed has no more market data.
  bool market_ended() const { return !next_market_.has_value(); }

  // Carries one request out, as of the time `now` >= now().
  void send(const Send& send, Time now);

  // The client's process is gone: answers and pushed events under way reach nobody. Requests already sent still arrive.
  void drop_client();
  // Draws whether the client dies in a step that sends something, and how far it gets: number of sends carried out, -1: not even
  // the journal is written. nullopt: it lives.
  std::optional<int> draw_crash(std::size_t sends, Time now);

  SimVenue& venue(Side leg) { return *venues_[venue_index(leg)]; }
  const SimVenue& venue(Side leg) const { return *venues_[venue_index(leg)]; }
  bool one_venue() const { return venues_.size() == 1; }
  std::int64_t faults_drawn() const { return faults_drawn_; }

 private:
  struct Arrival {
    Send send;
    bool answer = true;     // the answer finds its way back
    bool as_error = false;  // ... as a 5xx
    Dur back;
  };
  struct Delivery {
    Event event;
    std::uint64_t client = 0;  // reaches this incarnation of the client only
  };
  struct Item {
    Time at;
    std::uint64_t seq = 0;
    std::variant<Arrival, Delivery> what;
  };
  struct Later {
    bool operator()(const Item& a, const Item& b) const { return a.at != b.at ? a.at > b.at : a.seq > b.seq; }
  };
  struct Line {  // the connection to one venue
    Time away_until;
    Time stalled_until;
    bool reset_due = false;
  };

  std::size_t venue_index(Side leg) const { return leg == Side::Sell ? venues_.size() - 1 : 0; }
  std::size_t venue_index(Venue v) const { return venues_[0]->instrument().venue == v ? 0 : venues_.size() - 1; }
  void push(Time at, std::variant<Arrival, Delivery> what);
  void deliver(Time at, Event event);
  std::optional<Event> on_market();
  void on_arrival(const Arrival& a);
  std::optional<Event> on_second();
  void tell_funding();
  void settle();
  Event answer(const Send& send, SimVenue& venue);
  Event gave_up(const Send& send, std::string_view code, bool rate_limited = false) const;
  void push_fills(std::size_t index);
  bool draw(Fault f);
  bool refuse_by_fault(const Send& send, Time now);
  Dur latency();
  Dur some_seconds(std::int64_t most);

  Rng rng_;
  Time now_;
  std::unique_ptr<MarketFeed> feed_;
  std::optional<MarketEvent> next_market_;
  std::vector<std::unique_ptr<SimVenue>> venues_;
  std::vector<Line> lines_;
  Dur latency_min_;
  Dur latency_max_;
  Dur timeout_;
  FaultPlan faults_;
  bool any_faults_ = false;
  std::int64_t faults_drawn_ = 0;
  std::uint64_t client_ = 1;
  std::uint64_t seq_ = 0;
  Time next_second_;
  FundingPlan funding_;
  std::size_t settled_ = 0;
  std::priority_queue<Item, std::vector<Item>, Later> queue_;
  std::unordered_map<std::string, Time> hidden_until_;         // client order id -> lookups do not show it before
  std::unordered_map<std::string, Time> trades_hidden_until_;  // client order id -> its trades are not listed before
};

}  // namespace dn::sim
