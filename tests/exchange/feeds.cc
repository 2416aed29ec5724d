#include "feeds.h"

#include "exchange.h"

namespace dn::exchange {
namespace {

sim::SyntheticSetup setup_of(std::uint64_t seed, Time start, const MarketPair::Members& who) {
  sim::SyntheticSetup s;
  s.seed = seed;
  s.start = start;
  s.one_venue = who.spot == nullptr;
  s.instruments.buy = who.mexc->rules;
  s.instruments.sell = who.spot == nullptr ? who.mexc->rules : who.spot->rules;
  return s;
}

bool has_book(const Market* m) { return m == nullptr || m->version > 0; }

}  // namespace

MarketPair::MarketPair(std::uint64_t seed, Time start, Members members, const Settings& settings, std::function<void(Market&, const MarketNews&)> hear)
    : who_(members), settings_(settings), hear_(std::move(hear)), feed_(setup_of(seed, start, members)) {}

void MarketPair::warm_up() {
  while (!has_book(who_.mexc) || !has_book(who_.spot)) pass_on(*feed_.next());
}

void MarketPair::advance(Time now) {
  for (;;) {
    if (!next_) next_ = feed_.next();
    if (next_->at > now) return;
    pass_on(*next_);
    next_.reset();
  }
}

void MarketPair::pass_on(const sim::MarketEvent& event) {
  if (event.for_buy_leg) hear_(*who_.mexc, event.what);
  if (!event.for_sell_leg || who_.spot == nullptr) return;
  hear_(*who_.spot, event.what);
  if (who_.futures != nullptr) hear_(*who_.futures, image(event.what));
}

// Bids move down to the grid and asks up, so that what did not cross does not cross.
sim::Level MarketPair::image(const sim::Level& level, bool bid) const {
  const Instrument& to = who_.futures->rules;
  const Price higher = level.price * (Decimal(1) + Decimal::from_parts(settings_.futures_gap_bps, 4));
  return {bid ? higher.floor_to(to.tick) : higher.ceil_to(to.tick), max(level.qty.floor_to(to.step), to.step)};
}

MarketNews MarketPair::image(const MarketNews& spot) const {
  if (const auto* trade = std::get_if<sim::PublicTrade>(&spot)) {
    const sim::Level l = image(sim::Level{trade->price, trade->qty}, trade->taker == Side::Sell);
    return sim::PublicTrade{l.price, l.qty, trade->taker};
  }
  sim::Book out;
  for (const bool bid : {true, false}) {
    const sim::Book& from = std::get<sim::Book>(spot);
    auto& to = bid ? out.bids : out.asks;
    for (const sim::Level& level : bid ? from.bids : from.asks) {
      const sim::Level l = image(level, bid);
      if (!to.empty() && to.back().price == l.price) {
        to.back().qty += l.qty;
      } else {
        to.push_back(l);
      }
    }
  }
  return out;
}

}  // namespace dn::exchange
