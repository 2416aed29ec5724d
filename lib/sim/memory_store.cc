#include "sim/memory_store.h"

namespace dn::sim {

Expected<void, JournalError> MemoryStore::commit(const TaskRecord& task, const JournalBatch& batch) {
  task_ = task;
  for (const OrderRecord& o : batch.orders) {
    const auto [at, added] = order_at_.try_emplace(o.request.id.str(), orders_.size());
    if (added) {
      orders_.push_back(o);
    } else {
      orders_[at->second] = o;
    }
  }
  fills_.insert(fills_.end(), batch.fills.begin(), batch.fills.end());
  fundings_.insert(fundings_.end(), batch.fundings.begin(), batch.fundings.end());
  return {};
}

Expected<TaskRecord, JournalError> MemoryStore::begin_run(Time now) {
  ++task_.run_epoch;
  ++task_.runs;
  task_.next_seq = 1;
  task_.updated = now;
  return task_;
}

Expected<StoredTask, JournalError> MemoryStore::load() { return StoredTask{task_, orders_, fills_, fundings_}; }

}  // namespace dn::sim
