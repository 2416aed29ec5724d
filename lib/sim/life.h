// One simulated life of a task: a seed decides the venues, the parameters, the market, every fault and every wish of
// its owner; the checker decides whether a promise was broken.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sim/memory_store.h"
#include "sim/world.h"

namespace dn::sim {

struct LifePlan {
  std::uint64_t seed = 1;
  TaskSpec spec;
  PerSide<Instrument> instruments;
  FaultPlan faults;
  Time start;
  Time wishes_until;    // pauses, restarts and changes of parameters happen before this
  bool wishes = false;  // ... if at all
  Price mid;
};
// Everything that the seed decides before the first step.
LifePlan plan_life(std::uint64_t seed);
std::string describe(const LifePlan& plan);

struct LifeResult {
  std::optional<std::string> violation;
  StoredTask end;
  std::int64_t steps = 0;
  std::int64_t crashes = 0;
  std::int64_t faults = 0;
  std::int64_t runs = 0;
  bool timed_out = false;
  Time ended;
};

struct LifeOptions {
  // Told every line of the story; none = silent.
  std::function<void(const std::string&)> tell;
  // Makes the store of the life; none = in memory.
  std::function<std::unique_ptr<LifeStore>(const TaskRecord&)> make_store;
};
LifeResult run_life(const LifePlan& plan, const LifeOptions& options = {});

}  // namespace dn::sim
