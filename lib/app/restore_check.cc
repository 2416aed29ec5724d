#include "app/restore_check.h"

#include <algorithm>

namespace dn::app {
namespace {

// What its trades cost on average, to as many places as `like` has; zero where they are not all there.
Price average_of(const venues::SeenOrder& order, const std::vector<Fill>& trades, const Price& like) {
  Money value;
  Qty traded;
  for (const Fill& f : trades) {
    if (!(f.venue_order_id == order.venue_order_id)) continue;
    value += f.price * f.qty;
    traded += f.qty;
  }
  return traded == order.filled ? average_price(value, traded, like.decimal().scale()) : Price{};
}

std::string proof_of(const RestoreSpec& restored, const venues::SeenOrder& order, const AccountView& account, Side leg) {
  if (restored.filled_quantity == order.filled && average_of(order, account.seen.trades, restored.avg_price) == restored.avg_price) {
    return "quantity and average price are those of its trades";
  }
  const Qty held = leg == Side::Buy ? account.position : -account.position;
  if (account.venue == Venue::GateioFutures && held == restored.filled_quantity) return "the account's whole position is no more";
  return {};
}

}  // namespace

std::vector<RestoredTwice> restored_twice(const TaskSpec& spec, const AccountViews& views) {
  std::vector<RestoredTwice> out;
  for (const Side leg : kSides) {
    const RestoreSpec& r = spec.restore[leg];
    if (r.order_id.empty() || !r.filled_quantity.is_positive()) continue;
    const auto account = std::ranges::find(views.accounts, *spec.leg[leg].exchange, &AccountView::venue);
    if (account == views.accounts.end()) continue;
    const auto& orders = account->seen.orders;
    const auto order = std::ranges::find_if(orders, [&](const venues::SeenOrder& o) { return o.venue_order_id.view() == r.order_id && o.side == leg; });
    if (order == orders.end() || !order->filled.is_positive() || order->filled > r.filled_quantity) continue;
    out.push_back({leg, order->filled, proof_of(r, *order, *account, leg)});
  }
  return out;
}

}  // namespace dn::app
