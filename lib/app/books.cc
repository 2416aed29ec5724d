#include "app/books.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "engine/ids.h"
#include "engine/working_order.h"

namespace dn::app {
namespace {

// Which order of the task an order or a trade of a venue is.
class Matcher {
 public:
  Matcher(const StoredTask& stored, bool whole_history) : spec_(stored.task.spec), key_(task_key(spec_.name)) {
    // The rows of earlier rounds are not at hand, so an order of theirs is told by its epoch.
    first_epoch_ = whole_history ? 0 : first_epoch(stored.task);
    for (const OrderRecord& o : stored.orders) {
      by_id_[o.request.id.str()] = &o;
      if (!o.venue_order_id.empty()) by_venue_id_[{*spec_.leg[o.request.leg].exchange, o.venue_order_id.str()}] = &o;
    }
  }

  const OrderRecord* row(Venue venue, const venues::SeenOrder& seen) const {
    const auto at = by_id_.find(seen.client_id);
    if (at != by_id_.end() && *spec_.leg[at->second->request.leg].exchange == venue) return at->second;
    return row(venue, seen.venue_order_id);
  }
  const OrderRecord* row(Venue venue, const VenueOrderId& id) const {
    const auto at = by_venue_id_.find({venue, id.str()});
    return at == by_venue_id_.end() ? nullptr : at->second;
  }
  // Not in the books, and the task's by its id.
  std::optional<ClientOrderIdParts> lost(Venue venue, const venues::SeenOrder& seen) const {
    if (row(venue, seen) != nullptr) return std::nullopt;
    auto parts = parse_client_order_id(seen.client_id);
    if (!parts || parts->key != key_ || parts->epoch < first_epoch_ || *spec_.leg[parts->leg].exchange != venue) return std::nullopt;
    return parts;
  }

 private:
  const TaskSpec& spec_;
  std::string key_;
  std::uint32_t first_epoch_ = 0;
  std::map<std::string, const OrderRecord*, std::less<>> by_id_;
  std::map<std::pair<Venue, std::string>, const OrderRecord*> by_venue_id_;
};

// Nothing of it is expected any more. One that never arrived may be there after all; the engine takes it back (engine/task_absent.cc).
bool is_final(const OrderRecord& row) { return row.status == OrderStatus::Closed && row.close_reason != CloseReason::NeverArrived; }

OrderRecord row_of_lost(const venues::SeenOrder& seen, Side leg) {
  OrderRecord o;
  OrderRequest& r = o.request;
  r.id = ClientOrderId(seen.client_id);
  r.leg = leg;
  r.side = seen.side;
  r.type = OrderType::Limit;
  r.purpose = seen.side == leg || seen.open ? Purpose::Quote : Purpose::Reduce;  // what rests is no hedge
  r.price = seen.price;
  r.qty = seen.qty;
  r.reduce_only = seen.reduce_only;
  r.created = seen.created;
  r.expires = seen.created + kRequestLifetime;
  o.status = OrderStatus::Unknown;
  o.venue_order_id = seen.venue_order_id;
  o.code = Code("lost");
  o.reason = Reason("found at the venue, not in the books");
  return o;
}

// Closed in the books, and the venue shows it open: it is asked about again. One that never arrived is the engine's to take back.
bool is_reopened(const OrderRecord& row, const venues::SeenOrder& seen) { return seen.open && is_final(row); }

OrderRecord row_of_reopened(OrderRecord o) {
  o.status = OrderStatus::Unknown;
  o.close_reason = CloseReason::None;
  o.cancel_requested = false;
  o.code = Code("reopened");
  o.reason = Reason("the venue shows it open, the books had closed it");
  return o;
}

bool contradicts(const OrderRecord& row, const venues::SeenOrder& seen) { return row.request.side != seen.side; }

LookupReport report_of(const ClientOrderId& id, const venues::SeenOrder& seen, Time venue_time) {
  LookupReport r;
  r.id = id;
  r.stage = seen.open ? LookupStage::OpenOrders : LookupStage::History;
  r.outcome = LookupOutcome::Found;
  r.venue_order_id = seen.venue_order_id;
  r.open = seen.open;
  r.filled = seen.filled;
  r.price = seen.price;
  r.qty = seen.qty;
  r.venue_time = venue_time;
  return r;
}

Finding finding(Finding::Kind kind, Venue venue, const venues::SeenOrder& seen) {
  return {kind, venue, seen.client_id, seen.venue_order_id.str(), seen.side, seen.price, seen.qty, seen.filled, {}};
}

Finding finding(Finding::Kind kind, Venue venue, const OrderRecord& o) {
  const OrderRequest& r = o.request;
  return {kind, venue, r.id.str(), o.venue_order_id.str(), r.side, r.price, r.qty, o.filled, o.booked};
}

// One account against the books.
class Comparison {
 public:
  Comparison(const StoredTask& stored, const std::vector<std::string>& keys, bool whole_history)
      : stored_(stored), keys_(keys), matcher_(stored, whole_history) {
    for (const Fill& f : stored.fills) booked_.emplace(f.venue, f.trade_id.str());
  }

  void look(const AccountView& account, std::vector<Finding>& out) {
    std::map<std::string, const venues::SeenOrder*> by_venue_id;
    for (const venues::SeenOrder& seen : account.seen.orders) {
      by_venue_id[seen.venue_order_id.str()] = &seen;
      look(account.venue, seen, out);
    }
    std::map<Side, Finding> foreign;
    for (const Fill& f : account.seen.trades) look(account.venue, f, by_venue_id, foreign, out);
    for (auto& [side, sum] : foreign) out.push_back(std::move(sum));
    for (const OrderRecord& o : stored_.orders) {
      const bool here = *stored_.task.spec.leg[o.request.leg].exchange == account.venue;
      if (here && o.status != OrderStatus::Closed && !found_.contains(o.request.id.str())) out.push_back(finding(Finding::Kind::Unproven, account.venue, o));
    }
  }

 private:
  void look(Venue venue, const venues::SeenOrder& seen, std::vector<Finding>& out) {
    if (const OrderRecord* row = matcher_.row(venue, seen)) {
      found_.insert(row->request.id.str());
      if (contradicts(*row, seen)) out.push_back(finding(Finding::Kind::Contradicts, venue, seen));
      if (is_final(*row) && !seen.open) return;
      Finding f = finding(seen.open ? Finding::Kind::Resting : Finding::Kind::Ended, venue, seen);
      f.booked = row->booked;
      out.push_back(std::move(f));
      return;
    }
    if (matcher_.lost(venue, seen)) return out.push_back(finding(Finding::Kind::Lost, venue, seen));
    if (!seen.open) return;
    const auto parts = parse_client_order_id(seen.client_id);
    const bool of_other = parts && parts->key != task_key(stored_.task.spec.name) && std::ranges::find(keys_, parts->key) != keys_.end();
    if (of_other) return;  // its own plan tells
    out.push_back(finding(parts ? Finding::Kind::OtherTask : Finding::Kind::Foreign, venue, seen));
  }

  void look(Venue venue, const Fill& f, const std::map<std::string, const venues::SeenOrder*>& orders, std::map<Side, Finding>& foreign,
            std::vector<Finding>& out) {
    if (const OrderRecord* row = matcher_.row(venue, f.venue_order_id)) {
      if (!is_final(*row) || booked_.contains({venue, f.trade_id.str()})) return;
      Finding missed = finding(Finding::Kind::MissedFill, venue, *row);
      missed.price = f.price;
      missed.quantity = f.qty;
      out.push_back(std::move(missed));
      return;
    }
    const auto at = orders.find(f.venue_order_id.str());
    const std::string id = !f.order.empty() ? f.order.str() : at != orders.end() ? at->second->client_id : "";
    if (parse_client_order_id(id)) return;  // of a lost order, or of another task
    Finding& sum = foreign.try_emplace(f.side, Finding{Finding::Kind::ForeignTrades, venue, {}, {}, f.side, {}, {}, {}, {}}).first->second;
    sum.quantity += f.qty;
    sum.filled += f.qty;
    sum.price = f.price;
  }

  const StoredTask& stored_;
  const std::vector<std::string>& keys_;
  Matcher matcher_;
  std::set<std::pair<Venue, std::string>> booked_;
  std::set<std::string> found_;
};

}  // namespace

Reconciliation reconcile(const StoredTask& stored, const AccountViews& views, bool whole_history) {
  Reconciliation out;
  const Matcher matcher(stored, whole_history);
  for (const AccountView& account : views.accounts) {
    std::map<std::string, ClientOrderId> ours;  // by the venue's id
    for (const venues::SeenOrder& seen : account.seen.orders) {
      ClientOrderId id;
      if (const OrderRecord* row = matcher.row(account.venue, seen)) {
        id = row->request.id;
        if (is_reopened(*row, seen)) out.reopened.push_back(row_of_reopened(*row));
        if (contradicts(*row, seen) && out.contradiction.empty()) {
          out.contradiction =
              fmt::format("order {} is a {} in the books and a {} at {}", id.view(), name(row->request.side), name(seen.side), name(account.venue));
        }
      } else if (const auto parts = matcher.lost(account.venue, seen)) {
        out.lost.push_back(row_of_lost(seen, parts->leg));
        out.newest_epoch = std::max(out.newest_epoch, parts->epoch);
        if (out.first_order.us == 0 || seen.created < out.first_order) out.first_order = seen.created;
        id = out.lost.back().request.id;
      } else {
        continue;
      }
      ours[seen.venue_order_id.str()] = id;
      out.known.emplace_back(report_of(id, seen, account.seen.venue_time));
    }
    for (const Fill& told : account.seen.trades) {
      const OrderRecord* row = matcher.row(account.venue, told.venue_order_id);
      const auto at = ours.find(told.venue_order_id.str());
      if (row == nullptr && at == ours.end()) continue;
      Fill f = told;
      f.order = row != nullptr ? row->request.id : at->second;
      out.known.emplace_back(StreamFill{f});
    }
  }
  std::ranges::stable_sort(out.lost, {}, [](const OrderRecord& o) { return o.request.created; });
  return out;
}

std::string lost_in_words(const Reconciliation& found) {
  const std::size_t n = found.lost.size();
  return fmt::format("{} order{} of the task {} at the venues and not in the books", n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
}

JournalBatch adoption(StoredTask& stored, const Reconciliation& found, Time now) {
  JournalBatch batch;
  TaskRecord& task = stored.task;
  if (found.lost.empty() && found.reopened.empty()) return batch;
  batch.task = true;
  task.updated = std::max(task.updated, now);
  batch.orders = found.reopened;
  for (const OrderRecord& o : found.reopened) {
    *std::ranges::find(stored.orders, o.request.id, [](const OrderRecord& row) { return row.request.id; }) = o;
    const Reason what("order " + o.request.id.str() + ": " + o.reason.str() + "; it is asked about again");
    batch.events.push_back({now, Alerted{AlertKind::Alert, AlertLevel::Warning, Code("order_reopened"), what, {}, {}}});
  }
  if (found.lost.empty()) return batch;
  batch.orders.insert(batch.orders.end(), found.lost.begin(), found.lost.end());
  stored.orders.insert(stored.orders.end(), found.lost.begin(), found.lost.end());
  task.run_epoch = std::max(task.run_epoch, found.newest_epoch + 1);
  task.orders += static_cast<std::int64_t>(found.lost.size());
  if (task.first_order.us == 0 || found.first_order < task.first_order) task.first_order = found.first_order;
  const Reason what(lost_in_words(found) + ": taken over");
  batch.events.push_back({now, Alerted{AlertKind::Alert, AlertLevel::Warning, Code("orders_adopted"), what, {}, {}}});
  return batch;
}

std::uint32_t first_epoch(const TaskRecord& task) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(std::int64_t{task.run_epoch} - task.runs + 1, 0));
}

Traces traces_of(const TaskSpec& spec, const AccountViews& views, std::uint32_t first_epoch) {
  Traces t;
  StoredTask nothing;
  nothing.task.spec = spec;
  const Matcher matcher(nothing, true);
  for (const AccountView& account : views.accounts) {
    std::set<std::string> ours;
    for (const venues::SeenOrder& seen : account.seen.orders) {
      const auto parts = matcher.lost(account.venue, seen);
      if (!parts || parts->epoch >= first_epoch) continue;
      ++t.orders;
      t.newest_epoch = std::max(t.newest_epoch, parts->epoch);
      t.open += seen.open ? 1 : 0;
      ours.insert(seen.venue_order_id.str());
    }
    for (const Fill& f : account.seen.trades) {
      if (!ours.contains(f.venue_order_id.str())) continue;
      ++t.trades;
      t.net += f.side == Side::Buy ? f.qty : -f.qty;
      if (f.fee_asset == spec.symbol.base) t.net -= Qty(f.fee.decimal());
    }
  }
  return t;
}

std::vector<Finding> compare(const StoredTask& stored, const AccountViews& views, const std::vector<std::string>& known_keys, bool whole_history) {
  std::vector<Finding> out;
  Comparison comparison(stored, known_keys, whole_history);
  std::set<Venue> looked_at;
  for (const AccountView& account : views.accounts) {
    comparison.look(account, out);
    looked_at.insert(account.venue);
  }
  for (const OrderRecord& o : stored.orders) {
    const Venue venue = *stored.task.spec.leg[o.request.leg].exchange;
    if (o.status != OrderStatus::Closed && !looked_at.contains(venue)) out.push_back(finding(Finding::Kind::Unproven, venue, o));
  }
  return out;
}

std::string_view name(Finding::Kind k) {
  switch (k) {
    case Finding::Kind::Resting: return "resting";
    case Finding::Kind::Ended: return "ended";
    case Finding::Kind::Unproven: return "unproven";
    case Finding::Kind::Contradicts: return "contradicts";
    case Finding::Kind::Lost: return "lost";
    case Finding::Kind::MissedFill: return "missed_fill";
    case Finding::Kind::OtherTask: return "other_task";
    case Finding::Kind::Foreign: return "foreign";
    case Finding::Kind::ForeignTrades: return "foreign_trades";
    case Finding::Kind::Position: break;
  }
  return "position";
}

std::string_view action(Finding::Kind k) {
  switch (k) {
    case Finding::Kind::Resting: return "cancel it, prove its final fill, book what it traded";
    case Finding::Kind::Ended: return "book what it traded, close it";
    case Finding::Kind::Unproven: return "ask by id, among the open orders and in the history until its fate is proven";
    case Finding::Kind::Lost: return "take it into the books, cancel what rests of it, book what it traded";
    case Finding::Kind::Contradicts: return "cancel what rests of it; the books are wrong: --from-venue makes them anew";
    case Finding::Kind::MissedFill: return "halt: the books closed this order without this trade";
    case Finding::Kind::OtherTask:
    case Finding::Kind::Foreign:
    case Finding::Kind::ForeignTrades:
    case Finding::Kind::Position: break;
  }
  return {};
}

std::string plan_hash(const std::vector<Finding>& findings) {
  std::string seen;
  for (const Finding& f : findings) {
    if (action(f.kind).empty()) continue;
    seen += fmt::format("{} {} {} {} {}/{}/{}\n", name(f.kind), dn::name(f.venue), f.client_order_id, f.venue_order_id, f.filled.str(), f.booked.str(),
                        f.quantity.str());
  }
  return seen.empty() ? "0" : fmt::format("{:016x}", fnv1a(seen));
}

}  // namespace dn::app
