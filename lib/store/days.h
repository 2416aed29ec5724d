// The days of a task, kept while its fills and payments are booked: what `dn-status pnl --by day` reads instead of every row.
#pragma once

#include "store/store_impl.h"

namespace dn {

// Lives within one transaction that books. A day costs a row when its first fill or payment comes, and again for each that comes late; the others of a
// day cost nothing, because what a day stands at is what the task stands at.
//
// A task of which an older version booked something is left without days: readers take its rows. So is one whose days cannot be read: no decision is made
// from them, and nothing may keep a fill from being booked.
class DayKeeper {
 public:
  // Before the task's row and sums are written. `batch` outlives the keeper.
  static Expected<DayKeeper, StoreError> begin(Store::Impl& store, const TaskRecord& task, const JournalBatch& batch);

  // What the batch books, each after its row was written, and not what the books had already.
  Expected<void, StoreError> booked(const Fill& fill);
  Expected<void, StoreError> booked(const FundingPayment& payment);

  // To be remembered when the transaction is committed.
  const KnownDays& known() const { return known_; }

 private:
  DayKeeper(Store::Impl& store, const TaskRecord& task, KnownDays known) : store_(&store), task_(&task), known_(known) {}
  Expected<void, StoreError> note(std::int64_t day, std::int64_t fills, const PerSide<LegTotals>& more);
  Expected<void, StoreError> open(std::int64_t day, std::int64_t fills);
  Expected<void, StoreError> forget();
  Expected<void, StoreError> correct(std::int64_t day, std::int64_t fills, const PerSide<LegTotals>& more);

  Store::Impl* store_;
  const TaskRecord* task_;
  KnownDays known_;
  PerSide<LegTotals> so_far_;  // with what was booked until now; only where the batch reaches into a new day
};

}  // namespace dn
