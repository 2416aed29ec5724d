#include "app/audit_venue.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/ids.h"

namespace dn::app {
namespace {

using Kind = AuditFinding::Kind;

// One venue of the account, in all its symbols that were asked about.
class VenueAudit {
 public:
  VenueAudit(Venue venue, const std::vector<BookedRound>& rounds, AuditView& view) : venue_(venue), view_(view) {
    for (const BookedRound& r : rounds) {
      if (r.stored.task.live && r.sound) add(r);
    }
  }

  void look(const VenueTold& told) {
    const Time from = std::max(told.seen.since, view_.period.from);
    since_ = std::max(since_, from);
    const Period window{from, told.now.heard};
    std::map<std::string, const venues::SeenOrder*> orders;
    for (const venues::SeenOrder& o : told.seen.orders) orders[o.venue_order_id.str()] = &o;
    for (const Fill& t : told.seen.trades) look(told.now.symbol, t, orders, window);
    tell_others(told.now.symbol);
    look_for_what_is_missing(told, window);
    if (told.payments) look_at_payments(told, window);
    warn_of_older(told, from);
  }

  void explain(const std::vector<const VenueTold*>& told, const std::vector<AccountFacts>& baselines) const {
    explain_balances(told, moved_, since_, baselines, view_);
  }

 private:
  struct Booked {
    const StoredTask* round = nullptr;
    const Fill* fill = nullptr;
    bool met = false;
  };
  struct BookedPayment {
    const StoredTask* round = nullptr;
    const FundingPayment* payment = nullptr;
  };
  struct BookedOrder {
    const StoredTask* round = nullptr;
    const OrderRecord* order = nullptr;
  };
  struct Others {
    std::int64_t trades = 0;
    Qty qty;
    Money value;
  };

  void add(const BookedRound& r) {
    const StoredTask& t = r.stored;
    const Symbol& symbol = t.task.spec.symbol;
    for (const OrderRecord& o : t.orders) {
      if (*t.task.spec.leg[o.request.leg].exchange != venue_) continue;
      orders_[o.request.id.str()] = {&t, &o};
      if (!o.venue_order_id.empty()) by_venue_id_[o.venue_order_id.str()] = {&t, &o};
    }
    for (const Fill& f : t.fills) {
      if (f.venue != venue_ || is_restored(f)) continue;
      trades_[{symbol.str(), f.trade_id.str()}] = {&t, &f, false};
      const auto order = orders_.find(f.order.str());
      moved_.push_back(movement(symbol, f, true, order == orders_.end() ? nullptr : order->second.order));
    }
    for (const FundingPayment& p : t.fundings) {
      if (p.venue != venue_) continue;
      payments_[{symbol.str(), p.id.str()}].push_back({&t, &p});
      moved_.push_back({symbol, {}, p, true});
    }
    rounds_.push_back(&t);
  }

  template <class... Args>
  void find(Kind kind, std::string_view task, fmt::format_string<Args...> text, Args&&... args) {
    view_.findings.push_back({kind, std::string(task), std::string(name(venue_)), fmt::format(text, std::forward<Args>(args)...)});
  }
  static Movement movement(const Symbol& symbol, const Fill& f, bool booked, const OrderRecord* order) {
    Movement m{symbol, f, {}, booked};
    if (order == nullptr) return m;
    m.not_before = order->request.created;
    if (order->status == OrderStatus::Closed) m.not_after = order->updated;
    return m;
  }
  static const std::string& name_of(const StoredTask& t) { return t.task.spec.name; }

  void look(const Symbol& symbol, const Fill& t, const std::map<std::string, const venues::SeenOrder*>& seen, const Period& window) {
    if (const auto at = trades_.find({symbol.str(), t.trade_id.str()}); at != trades_.end()) {
      at->second.met = true;
      return compare(*at->second.round, *at->second.fill, t);
    }
    if (!window.has(t.time)) return;
    const auto order = seen.find(t.venue_order_id.str());
    const std::string id = !t.order.empty() ? t.order.str() : order != seen.end() ? order->second->client_id : "";
    const BookedOrder* own = order_of(id, t.venue_order_id);
    if (can_be_added(t)) moved_.push_back(movement(symbol, t, false, own == nullptr ? nullptr : own->order));
    if (own != nullptr) {
      const bool closed = own->order->status == OrderStatus::Closed;
      const std::string what = fmt::format("trade {} of order {}, {} {} at {}, is not in the books", t.trade_id.view(), own->order->request.id.view(),
                                           name(t.side), t.qty.str(), t.price.str());
      find(closed ? Kind::MissedTrade : Kind::Pending, name_of(*own->round), "{}{}", what, closed ? ": they closed the order without it" : " yet");
      return;
    }
    Others& sum = others_[{parse_client_order_id(id) ? Kind::OtherTask : Kind::Foreign, t.side}];
    ++sum.trades;
    sum.qty += t.qty;
    sum.value += t.price * t.qty;
  }

  const BookedOrder* order_of(const std::string& id, const VenueOrderId& venue_id) const {
    if (const auto at = orders_.find(id); at != orders_.end()) return &at->second;
    const auto at = by_venue_id_.find(venue_id.str());
    return at == by_venue_id_.end() ? nullptr : &at->second;
  }

  void compare(const StoredTask& round, const Fill& booked, const Fill& told) {
    const auto same = [&](std::string_view what, const std::string& ours, const std::string& theirs) {
      if (ours != theirs) find(Kind::Differs, name_of(round), "trade {}: {} {} in the books, {} at the venue", told.trade_id.view(), what, ours, theirs);
    };
    same("side", std::string(name(booked.side)), std::string(name(told.side)));
    same("price", booked.price.str(), told.price.str());
    same("quantity", booked.qty.str(), told.qty.str());
    same("fee", booked.fee.str() + " " + booked.fee_asset.str(), told.fee.str() + " " + told.fee_asset.str());
  }

  // Trades of other hands, summed.
  void tell_others(const Symbol& symbol) {
    for (const auto& [key, sum] : others_) {
      find(key.first, "", "{} {} {} {} {} for {} {} in all", key.first == Kind::Foreign ? "by another hand," : "by a task that is not in this database,",
           sum.trades == 1 ? "one trade" : fmt::format("{} trades", sum.trades), key.second == Side::Buy ? "bought" : "sold", sum.qty.str(), symbol.base.view(),
           sum.value.str(), symbol.quote.view());
    }
    others_.clear();
  }

  void look_for_what_is_missing(const VenueTold& told, const Period& window) {
    for (const auto& [key, b] : trades_) {
      if (b.met || key.first != told.now.symbol.str() || !window.has(b.fill->time)) continue;
      find(Kind::NotAtVenue, name_of(*b.round), "trade {}, {} {} at {}, is in the books, and the venue does not show it", key.second, name(b.fill->side),
           b.fill->qty.str(), b.fill->price.str());
    }
  }

  void look_at_payments(const VenueTold& told, const Period& window) {
    std::set<Key> met;
    for (const FundingPayment& p : *told.payments) {
      const Key key{told.now.symbol.str(), p.id.str()};
      met.insert(key);
      if (!window.has(p.time)) continue;
      const auto at = payments_.find(key);
      at == payments_.end() ? look_at_unbooked(told.now.symbol, p) : compare(at->second, p);
    }
    for (const auto& [key, all] : payments_) {
      for (const BookedPayment& b : all) {
        if (met.contains(key) || key.first != told.now.symbol.str() || !window.has(b.payment->time)) continue;
        find(Kind::NotAtVenue, name_of(*b.round), "funding {} of {} is in the books, and the venue does not show it", key.second, b.payment->amount.str());
      }
    }
  }

  void compare(const std::vector<BookedPayment>& booked, const FundingPayment& told) {
    for (const BookedPayment& b : booked) {
      if (b.payment->amount == told.amount) continue;
      find(Kind::Differs, name_of(*b.round), "funding {}: {} in the books, {} at the venue", told.id.view(), b.payment->amount.str(), told.amount.str());
    }
    if (booked.size() > 1) {
      find(Kind::Differs, name_of(*booked[1].round), "funding {} is booked {} times, also by task {}", told.id.view(), booked.size(),
           name_of(*booked[0].round));
    }
  }

  // Whose is a payment that nobody booked? Of a task that held the contract then, or of another hand.
  void look_at_unbooked(const Symbol& symbol, const FundingPayment& p) {
    moved_.push_back({symbol, {}, p, false});
    for (const StoredTask* t : rounds_) {
      if (!(t->task.spec.symbol == symbol)) continue;
      Qty held;
      for (const Fill& f : t->fills) {
        if (f.venue == venue_ && f.time < p.time) held += f.side == Side::Buy ? f.qty : -f.qty;
      }
      if (held.is_zero()) continue;
      const bool ended = t->task.verdict != Verdict::None;
      find(ended ? Kind::MissedFunding : Kind::Pending, name_of(*t), "funding {} of {} is not in the books{}", p.id.view(), p.amount.str(),
           ended ? "" : " yet");
      return;
    }
    find(Kind::Foreign, "", "funding {} of {} {} was paid for a position of another hand", p.id.view(), p.amount.str(), symbol.quote.view());
  }

  void warn_of_older(const VenueTold& told, Time from) {
    std::int64_t older = 0;
    for (const auto& [key, b] : trades_) {
      if (key.first == told.now.symbol.str() && b.fill->time < from && b.fill->time >= view_.period.from) ++older;
    }
    if (older == 0) return;
    view_.not_proven.push_back({ExitCode::Ok,
                                fmt::format("{}, {}: it tells its trades since {} only; {} older ones of the books were not compared", name(venue_),
                                            told.now.symbol.str(), rfc3339(from), older),
                                {}});
  }

  Venue venue_;
  AuditView& view_;
  Time since_;
  using Key = std::pair<std::string, std::string>;  // symbol and the venue's id, which is its own in each symbol alone
  std::map<Key, Booked> trades_;
  std::map<Key, std::vector<BookedPayment>> payments_;
  std::map<std::string, BookedOrder> orders_;
  std::map<std::string, BookedOrder> by_venue_id_;
  std::vector<const StoredTask*> rounds_;
  std::map<std::pair<Kind, Side>, Others> others_;
  std::vector<Movement> moved_;
};

}  // namespace

void compare_with_venues(const std::vector<VenueTold>& told, const std::vector<BookedRound>& rounds, const std::vector<std::string>& wanted, AuditView& view) {
  std::map<Venue, std::vector<const VenueTold*>> by_venue;
  for (const VenueTold& t : told) by_venue[t.now.venue].push_back(&t);
  for (const auto& [venue, of_venue] : by_venue) {
    std::vector<AccountFacts> baselines;
    for (const BookedRound& r : rounds) {
      const bool is_wanted = wanted.empty() || std::ranges::find(wanted, r.stored.task.spec.name) != wanted.end();
      for (const AccountFacts& a : r.accounts) {
        if (is_wanted && r.stored.task.live && a.venue == venue) baselines.push_back(a);
      }
    }
    std::ranges::stable_sort(baselines, {}, &AccountFacts::asked);
    VenueAudit audit(venue, rounds, view);
    for (const VenueTold* t : of_venue) audit.look(*t);
    audit.explain(of_venue, baselines);
  }
}

}  // namespace dn::app
