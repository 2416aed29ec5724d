// The arithmetic of the portfolio: what leases come to, and what they leave. Pure.
#pragma once

#include <vector>

#include "store/portfolio.h"

namespace dn {

// Sets a lease's exposure from its room and its books.
void count(Lease& lease);

struct Sums {
  std::vector<std::pair<Symbol, Money>> used;  // by symbol
  Money total;
  Money of(const Symbol& symbol) const {
    for (const auto& [s, m] : used) {
      if (s == symbol) return m;
    }
    return {};
  }
};
Sums sum(const std::vector<Lease>& leases);
// Of all tasks, since the loss is counted.
Money result_of(const PortfolioRow& row, const std::vector<Lease>& leases);

// The answer to a wish: what both limits leave, or the limit that refuses. `own` is one of `leases`.
Room answer(const PortfolioLimits& limits, const std::vector<Lease>& leases, const Lease& own, const RoomWish& wish);

}  // namespace dn
