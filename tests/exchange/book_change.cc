#include "book_change.h"

#include <algorithm>

namespace dn::exchange {
namespace {

using Side1 = std::vector<sim::Level>;

Side1 side_change(const Side1& from, const Side1& to, std::size_t levels, bool bids) {
  const std::size_t old_size = std::min(levels, from.size());
  const std::size_t new_size = std::min(levels, to.size());
  const auto before = [bids](const sim::Level& a, const sim::Level& b) { return bids ? a.price > b.price : a.price < b.price; };
  Side1 out;
  std::size_t o = 0;
  std::size_t n = 0;
  while (o < old_size || n < new_size) {
    if (n == new_size || (o < old_size && before(from[o], to[n]))) {
      out.push_back({from[o++].price, Qty{}});
    } else if (o == old_size || before(to[n], from[o])) {
      out.push_back(to[n++]);
    } else {
      if (from[o].qty != to[n].qty) out.push_back(to[n]);
      ++o;
      ++n;
    }
  }
  return out;
}

}  // namespace

sim::Book book_change(const sim::Book& from, const sim::Book& to, std::size_t levels) {
  return {side_change(from.bids, to.bids, levels, true), side_change(from.asks, to.asks, levels, false)};
}

bool is_empty(const sim::Book& change) { return change.bids.empty() && change.asks.empty(); }

sim::Book book_top(const sim::Book& book, std::size_t levels) {
  sim::Book out = book;
  out.bids.resize(std::min(levels, out.bids.size()));
  out.asks.resize(std::min(levels, out.asks.size()));
  return out;
}

}  // namespace dn::exchange
