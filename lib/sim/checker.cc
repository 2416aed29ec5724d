#include "sim/checker.h"

#include <fmt/format.h>

#include <map>

namespace dn::sim {

Checker::Checker(const World& world, const PerSide<Instrument>& instruments) : world_(world), instruments_(instruments) {}

void Checker::fail(std::string what) {
  if (!violation_) violation_ = std::move(what);
}

void Checker::after_handle(Time /*now*/, const TaskEngine& engine, const Commands& commands) {
  engine_ = &engine;
  for (const OrderRecord& o : commands.journal.orders) orders_[o.request.id.str()] = o;
}

void Checker::promised(Time /*now*/, const TaskEngine& /*engine*/, const Commands& commands) {
  for (const OrderRecord& o : commands.journal.orders) durable_.insert(o.request.id.str());
}

void Checker::committed(Time /*now*/, const TaskEngine& /*engine*/, const Commands& commands) {
  for (const OrderRecord& o : commands.journal.orders) durable_.insert(o.request.id.str());
}

// A power cut may have taken rows, but none of an order that reached its venue may be missing now.
void Checker::begin_run(const StoredTask& stored) {
  orders_.clear();
  durable_.clear();
  for (const OrderRecord& o : stored.orders) {
    orders_[o.request.id.str()] = o;
    durable_.insert(o.request.id.str());
  }
  for (const Side leg : kSides) {
    for (const VenueOrder& o : world_.venue(leg).truth().orders) {
      const std::string id = o.request.id.str();
      if (!durable_.contains(id)) fail("order " + id + " is at the venue and not in the books of the run that begins");
    }
  }
  mids_.clear();
}

void Checker::sending(Time now, const Send& send) {
  if (const auto* p = std::get_if<PlaceOrder>(&send)) check_place(now, *p);
}

void Checker::check_place(Time now, const PlaceOrder& p) {
  const OrderRequest& r = p.request;
  const std::string id = r.id.str();
  if (!durable_.contains(id)) fail("order " + id + " is sent but its intent is not durable");
  if (!sent_.insert(id).second) fail("order " + id + " is sent twice");
  Qty may_fill;
  for (const auto& [other, o] : orders_) {
    if (o.status == OrderStatus::Closed || o.request.leg != r.leg) continue;
    if (other != id && o.status == OrderStatus::Unknown) fail(fmt::format("order {} is sent while {} on its leg is of unknown fate", id, other));
    if (o.request.side == r.side) may_fill += o.request.qty - o.booked;
  }
  if (engine_ == nullptr) return;
  const TaskRecord& record = engine_->record();
  const bool closes = record.holding.part == Part::Close;
  if (r.side == r.leg && !closes && record.leg[r.leg].filled + may_fill > engine_->plan().total) {
    fail("filled, open and unknown of the " + std::string(name(r.leg)) + " side with order " + id + " exceed the total");
  }
  if (r.purpose == Purpose::Quote && (r.side != r.leg) != closes) fail("quote " + id + " opens in a task that closes, or closes in one that does not");
  if (r.purpose == Purpose::Quote && closes && may_fill > record.leg[r.leg].net) fail("quote " + id + " closes more than its leg holds");
  if (closes && r.purpose == Purpose::Quote && instruments_[r.leg].kind == InstrumentKind::Perpetual && !r.reduce_only)
    fail("quote " + id + " closes without reduce-only");
  if (r.purpose != Purpose::Quote && !flattening_ && !record.guards.unwinding) check_hedge(r);
  if (r.purpose == Purpose::Quote) check_adapted(now, r, record);
  const auto top = world_.venue(r.leg).top();
  if (top && r.purpose == Purpose::Quote && last_book_.contains(p.venue) && now - last_book_.at(p.venue) > record.spec.risk.max_book_age) {
    fail("quote " + id + " is placed on a stale book");
  }
}

// A hedge that fills whole may not leave the sides further apart than they are.
void Checker::check_hedge(const OrderRequest& r) {
  const Qty before = true_imbalance();
  const Qty after = r.side == Side::Buy ? before + r.qty : before - r.qty;
  if (after.abs() > before.abs()) fail("hedge " + r.id.str() + " enlarges the imbalance from " + before.str() + " to " + after.str());
}

// In a market that moved more than volatility_bps, as far as it was heard, a quote is the adapted slice at most, or what little a venue takes.
void Checker::check_adapted(Time now, const OrderRequest& r, const TaskRecord& record) {
  const AdaptSpec& a = record.spec.adapt;
  if (!a.volatility_bps || a != adapt_) return;
  Qty small;
  for (const Side leg : kSides) {
    const auto top = world_.venue(leg).top();
    small = max(small, instruments_[leg].min_tradable(top ? top->bid : Price{}));
  }
  const Qty most = max(record.spec.order_quantity * a.slice_fraction(), small * Decimal(4));
  if (r.qty <= most) return;
  for (const auto& [venue, mids] : mids_) {
    Price low;
    Price high;
    for (auto m = mids.rbegin(); m != mids.rend() && now - m->first <= a.length(); ++m) {
      low = low.is_zero() ? m->second : min(low, m->second);
      high = max(high, m->second);
    }
    const bool is_volatile = (high - low).decimal() * Decimal(10'000) > low.decimal() * a.volatility_bps->decimal();
    if (is_volatile)
      fail(fmt::format("quote {} of {} while {} was volatile: {} to {}; {} is the most", r.id.str(), r.qty.str(), name(venue), low.str(), high.str(),
                       most.str()));
  }
}

Qty Checker::true_net(Side leg) const {
  Qty net = restored_[leg];
  for (const Fill& f : world_.venue(leg).truth().fills) {
    if (f.leg != leg) continue;
    Qty base = f.side == Side::Buy ? f.qty : -f.qty;
    if (f.fee_asset == instruments_[leg].symbol.base) base -= Qty(f.fee.decimal());
    net += leg == Side::Buy ? base : -base;
  }
  return net;
}

void Checker::heard(Time now, const Event& event) {
  const auto* b = std::get_if<BookUpdate>(&event);
  if (b == nullptr) return;
  last_book_[b->venue] = now;
  if (b->top.bid.is_positive() && b->top.ask > b->top.bid)
    mids_[b->venue].emplace_back(now, Price((b->top.bid + b->top.ask).decimal() * Decimal::from_parts(5, 1)));
  audit_.heard(now, *b);
}

void Checker::check_step(Time now, const TaskRecord& record) {
  audit_.in_force(now, record);
  if (record.spec.adapt != adapt_) mids_.clear();
  adapt_ = record.spec.adapt;
  for (const Side leg : kSides) {
    const VenueTruth& t = world_.venue(leg).truth();
    if (t.duplicate_ids > 0) fail("a client order id reached " + std::string(name(instruments_[leg].venue)) + " twice");
    if (t.self_trades > 0) fail("the task traded with itself");
    if (record.leg[leg].filled > record.spec.total_quantity) fail("the " + std::string(name(leg)) + " side filled more than total_quantity");
  }
}

void Checker::check_end(const StoredTask& stored, bool timed_out) {
  const TaskRecord& t = stored.task;
  if (timed_out) fail("the task neither ended nor halted, in state " + std::string(name(t.state)) + ", long after the faults stopped");
  if (t.verdict == Verdict::None && (t.mode != TaskMode::Halted || t.reason.empty())) fail("the task ended without a verdict and without a reason");
  for (const OrderRecord& o : stored.orders) {
    if (o.status != OrderStatus::Closed) fail("order " + o.request.id.str() + " is not closed at the end");
  }
  for (const Side leg : kSides) {
    for (const VenueOrder& o : world_.venue(leg).truth().orders) {
      if (o.open && o.request.leg == leg) fail("order " + o.request.id.str() + " still rests at the venue");
    }
    if (t.leg[leg].net != true_net(leg)) {
      fail("the books say net " + t.leg[leg].net.str() + " on the " + std::string(name(leg)) + " side, the venue " + true_net(leg).str());
    }
  }
  check_fills(stored);
  check_funding(stored);
  if (auto bad = audit_.check(world_)) fail(std::move(*bad));
  if (t.verdict != Verdict::Completed) return;
  const bool closes = t.holding.part == Part::Close;
  const Side lagging = true_imbalance().is_positive() != closes ? Side::Sell : Side::Buy;
  const auto top = world_.venue(lagging).top();
  const Qty least = instruments_[lagging].min_tradable(top ? top->bid : Price{});
  // The market may have moved the minimum since the task ended; half of it more is still dust.
  if (true_imbalance().abs() * Decimal(2) >= least * Decimal(3)) fail("completed with an imbalance of " + true_imbalance().str());
}

// Every payment in the books is the venue's, once, and is what its position of that moment had to get; an ended task has all of them.
void Checker::check_funding(const StoredTask& stored) {
  PerSide<Money> sums;
  std::map<std::string, Money> booked;
  for (const FundingPayment& p : stored.fundings) {
    if (!booked.emplace(p.id.str(), p.amount).second) fail("funding " + p.id.str() + " is booked twice");
    sums[p.leg] += p.amount;
  }
  for (const Side leg : kSides) {
    if (stored.task.leg[leg].funding != sums[leg]) fail("the funding of the " + std::string(name(leg)) + " side is not the sum of its payments");
    if (instruments_[leg].kind != InstrumentKind::Perpetual) continue;
    const VenueTruth& t = world_.venue(leg).truth();
    for (const Settlement& s : t.settlements) {
      Qty position;
      Time first = Time::never();
      for (const Fill& f : t.fills) {
        first = std::min(first, f.time);
        if (f.time <= s.payment.time) position += f.side == Side::Buy ? f.qty : -f.qty;
      }
      const Money due = Money((s.mark * position * s.rate).decimal() * Decimal(-1));
      if (s.payment.amount != due) fail("funding " + s.payment.id.str() + " is " + s.payment.amount.str() + ", the position had to get " + due.str());
      const auto at = booked.find(s.payment.id.str());
      const bool expected = stored.task.verdict != Verdict::None && s.payment.time > first && s.payment.time < stored.task.updated;
      if (at == booked.end() && expected) fail("funding " + s.payment.id.str() + " of " + s.payment.amount.str() + " is not booked");
      if (at != booked.end() && at->second != s.payment.amount) fail("funding " + s.payment.id.str() + " is booked with another amount");
      if (at != booked.end()) booked.erase(at);
    }
  }
  if (!booked.empty()) fail("funding " + booked.begin()->first + " is booked but was never paid");
}

void Checker::check_fills(const StoredTask& stored) {
  std::map<std::string, Fill> at_venue;
  for (const Side leg : kSides) {
    if (leg == Side::Sell && world_.one_venue()) break;
    for (const Fill& f : world_.venue(leg).truth().fills) at_venue.emplace(f.trade_id.str(), f);
  }
  std::size_t booked = 0;
  for (const Fill& f : stored.fills) {
    if (f.order.view() == kRestoredPosition) continue;
    ++booked;
    const auto truth = at_venue.find(f.trade_id.str());
    if (truth == at_venue.end()) {
      fail("trade " + f.trade_id.str() + " is booked but never happened, or is booked twice");
      continue;
    }
    const Fill& v = truth->second;
    if (v.qty != f.qty || v.price != f.price || v.fee != f.fee || !(v.fee_asset == f.fee_asset) || v.side != f.side) {
      fail("trade " + f.trade_id.str() + " is booked with other amounts than the venue's");
    }
    at_venue.erase(truth);
  }
  if (!at_venue.empty()) fail("trade " + at_venue.begin()->first + " of the venue is not booked (" + std::to_string(booked) + " are)");
}

}  // namespace dn::sim
