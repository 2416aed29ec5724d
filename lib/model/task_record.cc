#include "model/task_record.h"

#include <algorithm>

#include "model/names.h"

namespace dn {
namespace {

constexpr Names<Part, 3> kParts{{{Part::Open, "open"}, {Part::Hold, "hold"}, {Part::Close, "close"}}};

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
