// What moves the markets of one symbol: a synthetic feed for MEXC and Gate spot, and the futures as an image of Gate's spot market
// that stands a little higher, on the grid of the contract.
#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "settings.h"
#include "sim/synthetic.h"

namespace dn::exchange {

struct Market;
using MarketNews = std::variant<sim::Book, sim::PublicTrade>;

class MarketPair {
 public:
  struct Members {
    Market* mexc = nullptr;
    Market* spot = nullptr;     // may be none
    Market* futures = nullptr;  // may be none; not without spot
  };
  MarketPair(std::uint64_t seed, Time start, Members members, const Settings& settings, std::function<void(Market&, const MarketNews&)> hear);

  // Everybody's first book, whatever the time.
  void warm_up();
  // All that happened up to `now`.
  void advance(Time now);

 private:
  void pass_on(const sim::MarketEvent& event);
  MarketNews image(const MarketNews& spot) const;
  sim::Level image(const sim::Level& level, bool bid) const;

  Members who_;
  const Settings& settings_;
  std::function<void(Market&, const MarketNews&)> hear_;
  sim::SyntheticFeed feed_;
  std::optional<sim::MarketEvent> next_;
};

}  // namespace dn::exchange
