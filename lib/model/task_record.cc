#include "model/task_record.h"

#include <algorithm>

#include "model/names.h"

namespace dn {
namespace {

constexpr Names<Part, 3> kParts{{{Part::Open, "open"}, {Part::Hold, "hold"}, {Part::Close, "close"}}};

constexpr std::int64_t kDayUs = 86'400'000'000;

}  // namespace

std::string_view name(Part p) { return name_in(kParts, p); }
std::optional<Part> part_from(std::string_view text) { return value_in(kParts, text); }

void FeeTotals::add(const Asset& asset, const Fee& fee) {
  if (fee.is_zero()) return;
  auto at = std::lower_bound(totals_.begin(), totals_.end(), asset, [](const auto& entry, const Asset& a) { return entry.first < a; });
  if (at == totals_.end() || !(at->first == asset)) at = totals_.insert(at, {asset, Fee{}});
  at->second += fee;
}

Fee FeeTotals::of(const Asset& asset) const {
  for (const auto& [a, fee] : totals_) {
    if (a == asset) return fee;
  }
  return {};
}

LegTotals& LegTotals::operator+=(const LegTotals& more) {
  filled += more.filled;
  net += more.net;
  traded += more.traded;
  traded_quote += more.traded_quote;
  cash += more.cash;
  slippage += more.slippage;
  funding += more.funding;
  for (const auto& [asset, fee] : more.fees.all()) fees.add(asset, fee);
  return *this;
}

void add_fill(LegTotals& l, const Symbol& symbol, const Fill& f, const Price& arrival) {
  const Money value = f.price * f.qty;
  const Qty forward = f.side == f.leg ? f.qty : -f.qty;
  l.filled += forward;
  l.net += forward;
  if (f.fee_asset == symbol.base) l.net += f.leg == Side::Buy ? -Qty(f.fee.decimal()) : Qty(f.fee.decimal());
  if (f.side == f.leg) {
    l.traded += f.qty;
    l.traded_quote += value;
  }
  l.cash += f.side == Side::Sell ? value : -value;
  if (arrival.is_positive()) l.slippage += (f.side == Side::Buy ? arrival - f.price : f.price - arrival) * f.qty;
  l.fees.add(f.fee_asset, f.fee);
}

std::int64_t day_of(Time t) { return t.us / kDayUs; }
Time start_of(std::int64_t day) { return Time{day * kDayUs}; }

void merge(JournalBatch& into, const JournalBatch& later) {
  into.task = into.task || later.task;
  for (const OrderRecord& o : later.orders) {
    const auto at = std::ranges::find_if(into.orders, [&](const OrderRecord& x) { return x.request.id == o.request.id; });
    if (at == into.orders.end()) {
      into.orders.push_back(o);
    } else {
      *at = o;
    }
  }
  into.fills.insert(into.fills.end(), later.fills.begin(), later.fills.end());
  into.events.insert(into.events.end(), later.events.begin(), later.events.end());
  into.fundings.insert(into.fundings.end(), later.fundings.begin(), later.fundings.end());
}

std::string run_id_of(const TaskRecord& task) { return task.spec.name + "-" + std::to_string(task.round) + "-" + std::to_string(task.run_epoch); }

}  // namespace dn
