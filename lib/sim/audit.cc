#include "sim/audit.h"

#include <fmt/format.h>

#include <algorithm>

namespace dn::sim {
namespace {

constexpr Decimal kBps = Decimal(10000);

bool same(const RiskSpec& a, const RiskSpec& b) {
  return a.max_position == b.max_position && a.max_notional == b.max_notional && a.max_order_notional == b.max_order_notional &&
         a.max_orders_per_minute == b.max_orders_per_minute && a.max_orders_per_day == b.max_orders_per_day && a.price_collar_bps == b.price_collar_bps &&
         a.max_slippage_bps == b.max_slippage_bps;
}

std::string broken(const VenueOrder& o, std::string_view limit, const std::string& value, const std::string& most) {
  return fmt::format("order {} breaks {}: {} against {}", o.request.id.str(), limit, value, most);
}

// price × bps fractions on both sides of an equation, so that nothing is rounded: |price - mid| × 2 × 10000 <= 2 × mid × bps.
bool within(const Decimal& distance, const Decimal& of, const Bps& bps) { return distance * kBps <= of * bps.decimal(); }

}  // namespace

void Audit::in_force(Time now, const TaskRecord& record) {
  const Rules r{now, record.spec.risk, record.spec.total_quantity, record.mode};
  if (!rules_.empty() && same(rules_.back().risk, r.risk) && rules_.back().mode == r.mode && rules_.back().total == r.total) return;
  rules_.push_back(r);
}

void Audit::heard(Time now, const BookUpdate& book) { tops_[book.venue].emplace_back(now, book.top); }

// The newest rules before that moment, and those that came into force in it.
std::vector<const Audit::Rules*> Audit::rules_at(Time t) const {
  std::vector<const Rules*> out;
  auto from = std::find_if(rules_.begin(), rules_.end(), [t](const Rules& r) { return r.from >= t; });
  if (from != rules_.begin()) --from;
  for (; from != rules_.end() && (out.empty() || from->from <= t); ++from) out.push_back(&*from);
  return out;
}

// The newest prices before that moment, and those heard in it: which of them a decision saw is not told.
std::vector<TopOfBook> Audit::tops_at(Venue venue, Time t) const {
  std::vector<TopOfBook> out;
  const auto at = tops_.find(venue);
  if (at == tops_.end()) return out;
  const auto& heard = at->second;
  auto from = std::lower_bound(heard.begin(), heard.end(), t, [](const auto& top, Time x) { return top.first < x; });
  if (from != heard.begin()) --from;
  for (; from != heard.end() && from->first <= t; ++from) out.push_back(from->second);
  return out;
}

std::vector<Audit::Sent> Audit::all_sent(const World& world) const {
  std::vector<Sent> out;
  for (const Side leg : kSides) {
    if (leg == Side::Sell && world.one_venue()) break;
    const SimVenue& venue = world.venue(leg);
    for (const VenueOrder& o : venue.truth().orders) {
      const bool quote = o.request.type == OrderType::Limit || o.request.type == OrderType::PostOnly;
      out.push_back({&o, venue.instrument().venue, rules_at(o.request.created), quote});
    }
  }
  std::sort(out.begin(), out.end(), [](const Sent& a, const Sent& b) { return a.order->request.created < b.order->request.created; });
  return out;
}

std::optional<std::string> Audit::check(const World& world) const {
  if (rules_.empty()) return std::nullopt;
  const std::vector<Sent> sent = all_sent(world);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    std::optional<std::string> bad;
    for (const Rules* rules : sent[i].rules) {
      bad = check_one(sent[i], *rules, world);
      if (!bad && sent[i].quote) bad = check_counts(sent, i, rules->risk);
      if (!bad && sent[i].quote) bad = check_amounts(sent[i], *rules, world);
      if (!bad) break;
    }
    if (bad) return bad;
  }
  return std::nullopt;
}

std::optional<std::string> Audit::check_one(const Sent& s, const Rules& rules, const World& world) const {
  const OrderRequest& o = s.order->request;
  const Money value = o.price * o.qty;
  if (rules.risk.max_order_notional && value > *rules.risk.max_order_notional) {
    return broken(*s.order, "max_order_notional", value.str(), rules.risk.max_order_notional->str());
  }
  if (s.quote && (rules.mode == TaskMode::Halted || rules.mode == TaskMode::Paused)) {
    return broken(*s.order, "the task's mode", "a quote", std::string(name(rules.mode)));
  }
  return check_prices(s, rules.risk, world);
}

std::optional<std::string> Audit::check_prices(const Sent& s, const RiskSpec& risk, const World& world) const {
  const OrderRequest& o = s.order->request;
  if (!s.quote) {
    if (o.price.is_zero()) return std::nullopt;
    const auto tops = tops_at(s.venue, o.created);
    const bool fine = std::any_of(tops.begin(), tops.end(), [&](const TopOfBook& top) {
      const Decimal touch = (o.side == Side::Buy ? top.ask : top.bid).decimal();
      return within(o.side == Side::Buy ? o.price.decimal() - touch : touch - o.price.decimal(), touch, risk.max_slippage_bps);
    });
    return fine ? std::nullopt : std::optional(broken(*s.order, "max_slippage_bps", o.price.str(), "the prices heard"));
  }
  for (const Side leg : kSides) {
    const auto tops = tops_at(world.venue(leg).instrument().venue, o.created);
    const bool fine = std::any_of(tops.begin(), tops.end(), [&](const TopOfBook& top) {
      const Decimal twice_mid = (top.bid + top.ask).decimal();
      const Decimal above = o.price.decimal() * Decimal(2) - twice_mid;
      return within(o.side == Side::Buy ? above : -above, twice_mid, risk.price_collar_bps);
    });
    if (!fine) return broken(*s.order, "price_collar_bps", o.price.str(), "the prices heard");
  }
  return std::nullopt;
}

// A quote is held back by how many orders of any kind came before it.
std::optional<std::string> Audit::check_counts(const std::vector<Sent>& sent, std::size_t at, const RiskSpec& risk) const {
  std::int64_t minute = 0;
  std::int64_t day = 0;
  const Time now = sent[at].order->request.created;
  for (std::size_t j = at; j-- > 0;) {
    const Dur ago = now - sent[j].order->request.created;
    if (ago.us == 0) continue;  // the same step: which of them came first is not told
    if (ago >= Dur::hours(24)) break;
    ++day;
    minute += ago < Dur::minutes(1) ? 1 : 0;
  }
  if (minute >= risk.max_orders_per_minute) {
    return broken(*sent[at].order, "max_orders_per_minute", std::to_string(minute), std::to_string(risk.max_orders_per_minute));
  }
  if (risk.max_orders_per_day > 0 && day >= risk.max_orders_per_day) {
    return broken(*sent[at].order, "max_orders_per_day", std::to_string(day), std::to_string(risk.max_orders_per_day));
  }
  return std::nullopt;
}

// What a quote could add to what had filled before it was made. A fill that had happened and was not heard of was open, and counts too.
std::optional<std::string> Audit::check_amounts(const Sent& s, const Rules& rules, const World& world) const {
  const OrderRequest& o = s.order->request;
  if (o.side != o.leg) return std::nullopt;  // it closes what the leg opened
  PerSide<Qty> filled;
  Money value;
  for (const Side leg : kSides) {
    if (leg == Side::Sell && world.one_venue()) break;
    for (const Fill& f : world.venue(leg).truth().fills) {
      if (f.time >= o.created) break;
      filled[f.leg] += f.side == f.leg ? f.qty : -f.qty;
      if (f.side == f.leg) value += f.price * f.qty;
    }
  }
  const Qty after = filled[o.leg] + o.qty;
  if (after > rules.total) return broken(*s.order, "total_quantity", after.str(), rules.total.str());
  if (rules.risk.max_position && after > *rules.risk.max_position) {
    return broken(*s.order, "max_position", after.str(), rules.risk.max_position->str());
  }
  const Money with = value + o.price * o.qty;
  if (rules.risk.max_notional && with > *rules.risk.max_notional) return broken(*s.order, "max_notional", with.str(), rules.risk.max_notional->str());
  return std::nullopt;
}

}  // namespace dn::sim
