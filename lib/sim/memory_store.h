// A store in memory with the contract of the SQLite one: what was committed survives a dropped engine. For simulations
// in which disk speed is not the point.
#pragma once

#include <unordered_map>

#include "model/intents.h"

namespace dn::sim {

// What a simulated life needs of a store; lib/sim/life.h runs over either kind.
class LifeStore : public Journal {
 public:
  virtual Expected<TaskRecord, JournalError> begin_run(Time now) = 0;
  virtual Expected<StoredTask, JournalError> load() = 0;
  // The task's process has died. True: its machine with it, and what a power cut takes is gone.
  virtual bool process_died() { return false; }
};

class MemoryStore final : public LifeStore {
 public:
  explicit MemoryStore(TaskRecord task) : task_(std::move(task)) {}

  bool promises() const override { return true; }
  bool promise(const TaskRecord& task, const JournalBatch& batch) override;
  Expected<void, JournalError> commit(const TaskRecord& task, const JournalBatch& batch) override;
  Expected<TaskRecord, JournalError> begin_run(Time now) override;
  Expected<StoredTask, JournalError> load() override;

 private:
  void put(const OrderRecord& order);

  TaskRecord task_;
  Intents promised_;  // since the last commit
  std::vector<OrderRecord> orders_;
  std::unordered_map<std::string, std::size_t> order_at_;
  std::vector<Fill> fills_;
  std::vector<FundingPayment> fundings_;
};

}  // namespace dn::sim
