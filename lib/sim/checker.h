// Watches one simulated life and says when a promise is broken. It knows the venues' truth, which the engine never sees.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "sim/audit.h"
#include "sim/task_run.h"

namespace dn::sim {

class Checker final : public RunObserver {
 public:
  Checker(const World& world, const PerSide<Instrument>& instruments);

  // RunObserver
  void after_handle(Time now, const TaskEngine& engine, const Commands& commands) override;
  void promised(Time now, const TaskEngine& engine, const Commands& commands) override;
  void committed(Time now, const TaskEngine& engine, const Commands& commands) override;
  void sending(Time now, const Send& send) override;
  void heard(Time now, const Event& event) override;

  void set_restored(const PerSide<Qty>& restored) { restored_ = restored; }

  // While a task is flattened each leg gives back what it holds, whatever the other one does.
  void set_flattening(bool on) { flattening_ = on; }

  // When a run is about to start: what it has read of the books, which is what is durable of them.
  void begin_run(const StoredTask& stored);
  // After every step. `record` is the engine's.
  void check_step(Time now, const TaskRecord& record);
  // When the life is over.
  void check_end(const StoredTask& stored, bool timed_out);

  // The leg's net base by the venue's own fills.
  Qty true_net(Side leg) const;

  // The first broken promise; nullopt while all hold.
  const std::optional<std::string>& violation() const { return violation_; }

 private:
  void fail(std::string what);
  void check_place(Time now, const PlaceOrder& p);
  void check_hedge(const OrderRequest& r);
  void check_adapted(Time now, const OrderRequest& r, const TaskRecord& record);
  Qty true_imbalance() const { return true_net(Side::Buy) - true_net(Side::Sell); }
  void check_fills(const StoredTask& stored);
  void check_funding(const StoredTask& stored);

  const World& world_;
  PerSide<Instrument> instruments_;
  const TaskEngine* engine_ = nullptr;
  std::unordered_map<std::string, OrderRecord> orders_;  // as the task knows them, by client order id
  std::unordered_set<std::string> durable_;
  std::unordered_set<std::string> sent_;
  std::map<Venue, Time> last_book_;                            // when the task last heard of a venue's book
  std::map<Venue, std::vector<std::pair<Time, Price>>> mids_;  // ... and all mids that made sense since `adapt_` is in force
  AdaptSpec adapt_;
  bool flattening_ = false;
  Audit audit_;
  PerSide<Qty> restored_;  // position from before the life
  std::optional<std::string> violation_;
};

}  // namespace dn::sim
