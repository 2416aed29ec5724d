// Which base that was bought is which base that was sold.
#include <algorithm>
#include <deque>

#include "app/report_data.h"

namespace dn::app {
namespace {

struct Rest {
  Time at;
  Qty qty;
  Price price;
};

// What waits on both sides for its counterpart, the oldest first.
class Queue {
 public:
  explicit Queue(bool closing) : closing_(closing) {}

  // `side` of the trade.
  void add(Side side, Rest r, std::vector<MatchedPair>& out) {
    std::deque<Rest>& others = waiting_[flip(side)];
    while (r.qty.is_positive() && !others.empty()) {
      Rest& other = others.front();
      const Qty both = min(r.qty, other.qty);
      const Price bought = side == Side::Buy ? r.price : other.price;
      const Price sold = side == Side::Buy ? other.price : r.price;
      const Bps spread = bought.is_positive() ? in_bps((sold - bought).decimal(), bought.decimal()) : Bps{};
      out.push_back({std::max(r.at, other.at), both, bought, sold, spread, closing_});
      r.qty -= both;
      other.qty -= both;
      if (!other.qty.is_positive()) others.pop_front();
    }
    if (r.qty.is_positive()) waiting_[side].push_back(r);
  }
  Qty left(Side side) const {
    Qty sum;
    for (const Rest& r : waiting_[side]) sum += r.qty;
    return sum;
  }

 private:
  bool closing_;
  PerSide<std::deque<Rest>> waiting_;  // by the side of the trade
};

}  // namespace

Matched match(const Symbol& symbol, std::vector<Fill> fills) {
  std::ranges::stable_sort(fills, {}, &Fill::time);
  Matched out;
  Queue opening(false);
  Queue closing(true);
  for (const Fill& f : fills) {
    const bool is_own = f.side == f.leg;
    Qty qty = f.qty;
    if (f.fee_asset == symbol.base) qty += f.side == Side::Buy ? -Qty(f.fee.decimal()) : Qty(f.fee.decimal());
    (is_own ? opening : closing).add(f.side, {f.time, qty, f.price}, out.pairs);
  }
  for (const Side leg : kSides) {
    out.unmatched[leg] = opening.left(leg);
    out.unmatched_closings[leg] = closing.left(flip(leg));
  }
  return out;
}

}  // namespace dn::app
