#include "app/paper.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "app/paper_prices.h"
#include "base/text.h"
#include "sim/instruments.h"
#include "sim/joined_feed.h"
#include "sim/replay.h"
#include "sim/replay_pair.h"
#include "sim/rng.h"
#include "sim/synthetic.h"
#include "sim/task_run.h"

namespace dn::app {
namespace {

constexpr Dur kPaperMemory = Dur::minutes(20);  // of paper venues, so that a long run stays small
// A paper account is large enough for its task: what a real account holds is the pre-flight's question.
constexpr std::int64_t kPaperWealth = 10;

ToolError missing_symbol(const TaskSpec& spec, Side leg) {
  const Venue venue = *spec.leg[leg].exchange;
  std::vector<std::string> known;
  for (const Symbol& s : sim::paper_symbols(venue)) known.push_back(s.str());
  const std::string swapped = Symbol{spec.symbol.quote, spec.symbol.base}.str();
  const std::string near = std::ranges::find(known, swapped) != known.end() ? swapped : closest(spec.symbol.str(), known);
  return {ExitCode::Config,
          fmt::format("task {}: {}.exchange: {} does not list {}{} (paper knows {})", spec.name, name(leg), name(venue), spec.symbol.str(),
                      near.empty() ? "" : fmt::format("; did you mean {}?", near), fmt::join(known, ", ")),
          "choose a symbol that both venues list, or --replay a recording of it"};
}

// Hands out events that were looked at already, then the rest.
class PeekedFeed final : public sim::MarketFeed {
 public:
  explicit PeekedFeed(std::unique_ptr<sim::MarketFeed> rest) : rest_(std::move(rest)) {}
  const sim::MarketEvent* peek(std::size_t i) {
    while (peeked_.size() <= i) {
      auto e = rest_->next();
      if (!e) return nullptr;
      peeked_.push_back(std::move(*e));
    }
    return &peeked_[i];
  }
  std::optional<sim::MarketEvent> next() override {
    if (at_ < peeked_.size()) return std::move(peeked_[at_++]);
    return rest_->next();
  }

 private:
  std::unique_ptr<sim::MarketFeed> rest_;
  std::vector<sim::MarketEvent> peeked_;
  std::size_t at_ = 0;
};

// The first book of each leg, among the first events.
void look_ahead(PaperMarket& m, PeekedFeed& feed) {
  constexpr std::size_t kFar = 200;
  for (std::size_t i = 0; i < kFar && (!m.top.buy || !m.top.sell); ++i) {
    const sim::MarketEvent* e = feed.peek(i);
    if (e == nullptr) break;
    if (i == 0) m.start = e->at;
    const auto* book = std::get_if<sim::Book>(&e->what);
    if (book == nullptr) continue;
    for (const Side leg : kSides) {
      const bool is_its = leg == Side::Buy ? e->for_buy_leg : e->for_sell_leg;
      if (!is_its || m.top[leg]) continue;
      m.top[leg] = top_of(*book);
      m.depth[leg] = depth_of(*book);
    }
  }
  for (const Side leg : kSides) {
    if (m.top[leg]) m.mid[leg] = middle(*m.top[leg]);
  }
}

// A truth in which the task's own journal is all that ever happened: the paper exchange lived in the process that died, so what
// it had not told yet did not happen.
void remember(sim::SimVenue& venue, const StoredTask& stored, Venue name, Price mid) {
  sim::VenueTruth t = venue.truth();
  // Ids of the venue are unique over all tasks of a database and all their runs.
  t.next_id = (static_cast<std::uint64_t>(stored.task.id) * 1'000 + stored.task.run_epoch) * 1'000'000;
  for (const OrderRecord& o : stored.orders) {
    if (o.venue_order_id.empty() || !(stored.task.spec.leg[o.request.leg].exchange == name) || o.request.purpose == Purpose::Restored) continue;
    sim::VenueOrder v;
    v.request = o.request;
    v.venue_order_id = o.venue_order_id;
    v.filled = o.booked;
    v.open = o.status != OrderStatus::Closed && o.booked < o.request.qty;
    t.orders.push_back(std::move(v));
  }
  const Instrument& i = venue.instrument();
  for (const Fill& f : stored.fills) {
    if (f.venue != name) continue;
    const Qty base = f.side == Side::Buy ? f.qty : -f.qty;
    if (i.kind == InstrumentKind::Perpetual) {
      t.position += base;
      t.position_cost += f.price * base;
    } else {
      t.balances[i.symbol.base] += base.decimal();
    }
    t.balances[f.fee_asset] -= f.fee.decimal();
    t.fills.push_back(f);
  }
  for (const FundingPayment& p : stored.fundings) {
    if (p.venue != name) continue;
    t.funding += p.amount;
    t.balances[i.symbol.quote] += p.amount.decimal();
    t.settlements.push_back({p, {}, {}});
  }
  // A task that unwinds has something to unwind.
  const Side leg = stored.task.spec.leg.buy.exchange == name ? Side::Buy : Side::Sell;
  if (stored.task.spec.direction == Direction::Close && i.kind == InstrumentKind::Perpetual) {
    const Qty held = leg == Side::Buy ? -stored.task.spec.total_quantity : stored.task.spec.total_quantity;
    t.position += held;
    t.position_cost += mid * held;
  }
  venue.restore(std::move(t));
}

// Every eight hours of the day, at rates that wander; for tasks that have to do with funding.
void tell_funding(PaperMarket& m, std::uint64_t seed) {
  constexpr int kSettlements = 500;
  sim::FundingPlan& f = m.funding;
  f.interval = Dur::hours(8);
  f.first = Time{(m.start.us / f.interval.us + 1) * f.interval.us};
  sim::Rng rng(seed ^ 0x66756e64);
  std::int64_t rate = 100;  // millionths
  for (int i = 0; i < kSettlements; ++i, rate += rng.between(-60, 60)) f.rates.emplace_back(Decimal::from_parts(rate, 6));
  for (const Side leg : kSides) {
    if (m.instruments[leg].kind == InstrumentKind::Perpetual) m.instruments[leg].funding = {f.rates[0], f.interval, f.first};
  }
}

// A recording for both legs, or, where DIR has a folder for each of the task's venues (as --record writes them), one for each.
Expected<std::unique_ptr<sim::MarketFeed>, ToolError> open_recordings(const std::string& directory, const TaskSpec& spec,
                                                                      PerSide<std::optional<sim::RecordingFacts>>* facts) {
  const auto folder = [&](Side leg) { return directory + "/" + std::string(name(*spec.leg[leg].exchange)); };
  const bool one_venue = *spec.leg.buy.exchange == *spec.leg.sell.exchange;
  const bool folders = std::filesystem::is_directory(folder(Side::Buy)) && std::filesystem::is_directory(folder(Side::Sell));
  PerSide<std::unique_ptr<sim::MarketFeed>> feeds;
  for (const Side leg : kSides) {
    auto replay = sim::ReplayFeed::open(folders ? folder(leg) : directory, spec.symbol);
    if (!replay) {
      const bool missing = replay.error().kind == sim::ReplayError::Kind::NotFound;
      return Unexpected{ToolError{missing ? ExitCode::NotFound : ExitCode::BadData, replay.error().message,
                                  "give --replay a directory with orderbooks_SYMBOL.csv and trades_SYMBOL.csv, or one that --record wrote"}};
    }
    (*facts)[leg] = (*replay)->facts();
    if (!folders || one_venue) {
      facts->sell = facts->buy;
      return std::unique_ptr<sim::MarketFeed>(std::move(*replay));
    }
    feeds[leg] = std::move(*replay);
  }
  return std::unique_ptr<sim::MarketFeed>(new sim::ReplayPair(std::move(feeds)));
}

class PaperGround final : public Ground {
 public:
  PaperGround(PaperMarket market, const PaperOptions& options) : Ground(market), market_(std::move(market)), options_(options) {}

  std::vector<std::string> prepare(const StoredTask& stored) override {
    world_ = make_paper_world(std::move(market_), stored, options_);
    return plant_restored(*world_, stored.task, view());
  }
  std::unique_ptr<TaskDriver> drive(TaskEngine& engine, Journal& journal, RunObserver& observer) override {
    return std::make_unique<sim::TaskRun>(*world_, engine, journal, observer);
  }
  bool over() const override { return world_->market_ended(); }

 private:
  PaperMarket market_;
  PaperOptions options_;
  std::unique_ptr<sim::World> world_;
};

}  // namespace

std::optional<TopOfBook> top_of(const sim::Book& b) {
  if (b.bids.empty() || b.asks.empty()) return std::nullopt;
  return TopOfBook{b.bids[0].price, b.asks[0].price, b.bids[0].qty, b.asks[0].qty};
}

venues::Depth depth_of(const sim::Book& b) {
  venues::Depth d;
  const auto copy = [](const std::vector<sim::Level>& from, std::vector<venues::Level>& to) {
    for (const sim::Level& l : from) {
      if (to.size() < static_cast<std::size_t>(venues::VenueApi::kDepthLevels)) to.push_back({l.price, l.qty});
    }
  };
  copy(b.bids, d.bids);
  copy(b.asks, d.asks);
  return d;
}

Expected<PaperMarket, ToolError> open_paper_market(const TaskSpec& spec, const PaperOptions& options, Time not_before, Time from) {
  PaperMarket m;
  std::unique_ptr<sim::MarketFeed> feed;
  PerSide<std::optional<sim::RecordingFacts>> facts;
  if (options.replay_dir) {
    auto opened = open_recordings(*options.replay_dir, spec, &facts);
    if (!opened) return Unexpected{opened.error()};
    feed = std::move(*opened);
  }
  for (const Side leg : kSides) {
    const Venue venue = *spec.leg[leg].exchange;
    auto found = sim::paper_instrument(venue, spec.symbol);
    if (!found && facts[leg]) found = sim::instrument_like_recording(venue, spec.symbol, *facts[leg]);
    if (!found) return Unexpected{missing_symbol(spec, leg)};
    m.instruments[leg] = std::move(*found);
  }
  if (!feed) {
    const bool one = spec.leg.buy.exchange == spec.leg.sell.exchange;
    feed = std::make_unique<sim::SyntheticFeed>(sim::SyntheticSetup{options.seed, not_before, m.instruments, one});
  }
  if (from > Time{}) feed = std::make_unique<sim::JoinedFeed>(std::move(feed), from);
  auto peeked = std::make_unique<PeekedFeed>(std::move(feed));
  look_ahead(m, *peeked);
  if (spec.hold.minds_funding()) tell_funding(m, options.seed);
  m.feed = std::move(peeked);
  return m;
}

std::unique_ptr<sim::World> make_paper_world(PaperMarket market, const StoredTask& stored, const PaperOptions& options) {
  sim::WorldSetup w;
  w.seed = options.seed;
  w.start = market.start;
  w.instruments = market.instruments;
  w.faults = options.faults;
  w.memory = kPaperMemory;
  w.funding = std::move(market.funding);
  for (const Side leg : kSides) {
    const FundingTerms& t = market.instruments[leg].funding;
    if (w.funding.interval.us == 0 && t.interval.us > 0) w.funding = {t.interval, t.next, {t.rate}};  // of real prices
  }
  if (options.faults_for.us > 0) w.faults.until = market.start + options.faults_for;
  const Decimal base = stored.task.spec.total_quantity.decimal() * Decimal(kPaperWealth);
  for (const Side leg : kSides) {
    w.balances[leg][stored.task.spec.symbol.base] = base;
    w.balances[leg][stored.task.spec.symbol.quote] = base * market.mid[leg].decimal();
  }
  w.feed = std::move(market.feed);
  auto world = std::make_unique<sim::World>(std::move(w));
  for (const Side leg : kSides) {
    if (leg == Side::Sell && world->one_venue()) break;
    remember(world->venue(leg), stored, *stored.task.spec.leg[leg].exchange, market.mid[leg]);
  }
  return world;
}

std::vector<std::string> plant_restored(sim::World& world, const TaskRecord& task, const MarketView& view) {
  std::vector<std::string> out;
  if (task.restored) return out;
  for (const Side leg : kSides) {
    const std::string& id = task.spec.restore[leg].order_id;
    if (id.empty() || !view.top[leg]) continue;
    const Instrument& i = world.venue(leg).instrument();
    OrderRequest r;
    r.id = ClientOrderId("before-" + std::string(name(leg)));
    r.leg = r.side = leg;
    const Price away = i.tick * Decimal(task.spec.leg[leg].offset_ticks);
    r.price = leg == Side::Buy ? (view.top[leg]->bid - away).floor_to(i.tick) : (view.top[leg]->ask - away).ceil_to(i.tick);
    r.qty = task.spec.order_quantity.floor_to(i.step);
    world.venue(leg).plant(r, VenueOrderId(id), view.start);
    out.push_back(fmt::format("paper: order {} rests on {}: {} @ {}", id, name(*task.spec.leg[leg].exchange), r.qty.str(), r.price.str()));
  }
  return out;
}

Expected<std::unique_ptr<Ground>, ToolError> PaperGrounds::open(const TaskSpec& spec, Time not_before, Absent /*absent*/) {
  auto market = open_paper_market(spec, options_, not_before);
  if (!market) return Unexpected{market.error()};
  return std::unique_ptr<Ground>(new PaperGround(std::move(*market), options_));
}

Expected<std::unique_ptr<Ground>, ToolError> PaperGrounds::join(const TaskSpec& spec, const Join& join) {
  auto market = open_paper_market(spec, options_, join.not_before, join.at);
  if (!market) return Unexpected{market.error()};
  return std::unique_ptr<Ground>(new PaperGround(std::move(*market), options_));
}

Expected<std::unique_ptr<Prices>, ToolError> PaperGrounds::prices(const TaskSpec& spec, Time not_before) {
  auto market = open_paper_market(spec, options_, not_before);
  if (!market) return Unexpected{market.error()};
  return paper_prices(std::move(*market));
}

Expected<std::vector<live::Look>, ToolError> PaperGrounds::look(const TaskSpec& spec, Time not_before) {
  auto market = open_paper_market(spec, options_, not_before);
  if (!market) return Unexpected{market.error()};
  std::vector<live::Look> out;
  for (const Side leg : kSides) {
    if (leg == Side::Sell && *spec.leg.sell.exchange == out[0].venue) break;
    live::Look l;
    l.venue = *spec.leg[leg].exchange;
    venues::VenueFacts facts;
    facts.instrument = market->instruments[leg];
    facts.top = market->top[leg];
    l.facts = std::move(facts);
    if (market->depth[leg]) l.depth = std::move(*market->depth[leg]);
    out.push_back(std::move(l));
  }
  return out;
}

}  // namespace dn::app
