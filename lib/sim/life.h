// One simulated life of a task: a seed decides the venues, the parameters, the market, every fault and every wish of
// its owner; the checker decides whether a promise was broken.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/working_order.h"
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
  FundingPlan funding;
  bool still = false;  // the market's prices do not move
};
// Everything that the seed decides before the first step.
LifePlan plan_life(std::uint64_t seed);
std::string describe(const LifePlan& plan);

struct LifeResult {
  std::optional<std::string> violation;
  StoredTask end;
  Money result;  // what the venues' own trades and fees brought, in quote; what is held stands at the first price
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
  // What a run learns of its venues before its first step, as `known` of TaskEngine::start; may add to the books and to what was read
  // of them. None = nothing, which will do where no committed row is ever lost.
  std::function<Expected<std::vector<Event>, JournalError>(StoredTask& stored, Journal& journal, const World& world)> survey;
  // How long nobody is there at least after a power cut; lib/store/journal.cc says why that matters.
  Dur shortest_boot = kRequestLifetime;
};
LifeResult run_life(const LifePlan& plan, const LifeOptions& options = {});

}  // namespace dn::sim
