#include "store/portfolio_sums.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

namespace dn {
namespace {

// What tasks that unwind have closed of what the others hold: of each venue and side at most all of it, at the others' average price.
std::map<std::string, Money> closed_by_symbol(const std::vector<Lease>& leases) {
  struct Opened {
    Qty qty;
    Money value;
    Qty closed;
  };
  std::map<std::tuple<std::string, Venue, Side>, Opened> opened;
  for (const Lease& l : leases) {
    for (const Side leg : kSides) {
      Opened& o = opened[{l.symbol.str(), l.venue[leg], l.closing ? flip(leg) : leg}];
      if (l.closing) {
        o.closed += l.filled[leg];
      } else {
        o.qty += max(l.filled[leg], Qty{});
        o.value += l.held[leg];
      }
    }
  }
  std::map<std::string, Money> out;
  for (const auto& [key, o] : opened) {
    const Qty closed = min(o.closed, o.qty);
    if (!closed.is_positive()) continue;
    const bool all = closed == o.qty;
    out[std::get<0>(key)] += all ? o.value : Money((average_price(o.value, o.qty, 12, Rounding::Down) * closed).decimal().rounded(8, Rounding::Down));
  }
  return out;
}

// Another run may let go of something that this one waits for: one that is alive, holds some, and does not wait itself.
bool may_come(const std::vector<Lease>& leases, const Lease& own, bool symbol_only) {
  return std::any_of(leases.begin(), leases.end(), [&](const Lease& l) {
    return l.task_id != own.task_id && l.running && !l.waiting && l.exposure.is_positive() && (!symbol_only || l.symbol == own.symbol);
  });
}

}  // namespace

void count(Lease& l) {
  if (l.closing) return;
  const Money books = exposure_of({l.held.buy + l.open.buy, l.held.sell + l.open.sell}, l.ended);
  l.exposure = l.running ? max(l.room, books) : books;
}

Sums sum(const std::vector<Lease>& leases) {
  Sums out;
  for (const Lease& l : leases) {
    const auto at = std::find_if(out.used.begin(), out.used.end(), [&](const auto& u) { return u.first == l.symbol; });
    if (at == out.used.end()) {
      out.used.emplace_back(l.symbol, l.exposure);
    } else {
      at->second += l.exposure;
    }
  }
  const auto closed = closed_by_symbol(leases);
  for (auto& [symbol, used] : out.used) {
    if (const auto at = closed.find(symbol.str()); at != closed.end()) used = max(used - at->second, Money{});
    out.total += used;
  }
  std::sort(out.used.begin(), out.used.end(), [](const auto& a, const auto& b) { return a.first.str() < b.first.str(); });
  return out;
}

Money result_of(const PortfolioRow& row, const std::vector<Lease>& leases) {
  Money out = row.done - row.base;
  for (const Lease& l : leases) out += l.result;
  return out;
}

Room answer(const PortfolioLimits& limits, const std::vector<Lease>& leases, const Lease& own, const RoomWish& wish) {
  const Sums sums = sum(leases);
  Room room;
  room.granted = wish.wish;
  const auto hold = [&](std::string_view code, const std::optional<Money>& most, const Money& used, bool symbol_only) {
    if (!most || room.refused()) return;
    const Money others = used - own.exposure;
    if (others + wish.need > *most) {
      room = {wish.have, Code(code), others + wish.need, *most, wish.need <= *most && may_come(leases, own, symbol_only)};
    } else {
      room.granted = min(room.granted, *most - others);
    }
  };
  hold("max_exposure_per_symbol", limits.per_symbol, sums.of(own.symbol), true);
  hold("max_total_exposure", limits.total, sums.total, false);
  return room;
}

}  // namespace dn
