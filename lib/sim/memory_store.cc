#include "sim/memory_store.h"

#include "engine/planted.h"

namespace dn::sim {

bool MemoryStore::promise(const TaskRecord& task, const JournalBatch& batch) { return add(promised_, task, batch); }

void MemoryStore::put(const OrderRecord& order) {
  const auto [at, added] = order_at_.try_emplace(order.request.id.str(), orders_.size());
  if (added) {
    orders_.push_back(order);
  } else {
    orders_[at->second] = order;
  }
}

Expected<void, JournalError> MemoryStore::commit(const TaskRecord& task, const JournalBatch& batch) {
  task_ = task;
  promised_.requests.clear();
  for (const OrderRecord& o : batch.orders) put(o);
  fills_.insert(fills_.end(), batch.fills.begin(), batch.fills.end());
  fundings_.insert(fundings_.end(), batch.fundings.begin(), batch.fundings.end());
  return {};
}

Expected<TaskRecord, JournalError> MemoryStore::begin_run(Time now) {
  if (are_missing(task_, promised_) && !planted(Bug::ForgetIntents)) {
    for (const OrderRecord& o : take_up(task_, promised_)) put(o);
  }
  promised_ = {};
  ++task_.run_epoch;
  ++task_.runs;
  task_.next_seq = 1;
  task_.updated = now;
  return task_;
}

Expected<StoredTask, JournalError> MemoryStore::load() { return StoredTask{task_, orders_, fills_, fundings_}; }

}  // namespace dn::sim
