#include "venues/survey.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace dn::venues {
namespace {

constexpr std::size_t kLongestText = 64;

// By time, then by id: venues count, so the shorter number is the older one.
template <class Id>
bool older(Time a, const Id& a_id, Time b, const Id& b_id) {
  if (a != b) return a < b;
  if (a_id.size() != b_id.size()) return a_id.size() < b_id.size();
  return a_id < b_id;
}

}  // namespace

std::string shown_text(std::string_view text) { return FixedString<kLongestText>(printable(text)).str(); }

bool is_ours(std::string_view text) { return text.size() > 2 && text.substr(0, 2) == "t-" && ClientOrderId::fits(text); }

void SurveyBook::add(SeenOrder order) {
  const auto [at, is_new] = orders_.try_emplace(order.venue_order_id, order);
  if (is_new) return;
  order.open = order.open && at->second.open;
  order.filled = max(order.filled, at->second.filled);
  at->second = std::move(order);
}

void SurveyBook::add(Fill trade) { trades_.try_emplace(trade.trade_id, trade); }

std::vector<VenueOrderId> SurveyBook::unlisted() const {
  std::set<VenueOrderId> out;
  for (const auto& [id, trade] : trades_) {
    if (!orders_.contains(trade.venue_order_id)) out.insert(trade.venue_order_id);
  }
  return {out.begin(), out.end()};
}

Survey SurveyBook::told(Time since, Time venue_time) const {
  Survey s;
  s.since = since;
  s.venue_time = venue_time;
  for (const auto& [id, order] : orders_) s.orders.push_back(order);
  for (const auto& [id, trade] : trades_) s.trades.push_back(trade);
  std::sort(s.orders.begin(), s.orders.end(),
            [](const SeenOrder& a, const SeenOrder& b) { return older(a.created, a.venue_order_id, b.created, b.venue_order_id); });
  std::sort(s.trades.begin(), s.trades.end(), [](const Fill& a, const Fill& b) { return older(a.time, a.trade_id, b.time, b.trade_id); });
  return s;
}

}  // namespace dn::venues
