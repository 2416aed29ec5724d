// The paper side of a task: the instruments, the market feed and the simulated world it trades in. No keys, no network.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/tool_error.h"
#include "model/task_record.h"
#include "sim/world.h"

namespace dn::app {

struct PaperOptions {
  std::optional<std::string> replay_dir;  // none: the synthetic feed
  std::uint64_t seed = 1;
  sim::FaultPlan faults;
  Dur faults_for = Dur{};  // how long from the start faults may begin; 0 = all along
};

// What is known of a task's venues before it trades.
struct PaperMarket {
  PerSide<Instrument> instruments;
  std::unique_ptr<sim::MarketFeed> feed;
  PerSide<Price> mid;  // where each leg's book starts, for the plan
  PerSide<std::optional<TopOfBook>> top;
  Time start;  // virtual time of the first step
};

// Opens the feed and finds the rules of both legs. `not_before` is the earliest virtual time of a synthetic feed.
// Errors: Config (a venue does not list the symbol), NotFound (no recording), BadData (a recording that cannot be read).
Expected<PaperMarket, ToolError> open_paper_market(const TaskSpec& spec, const PaperOptions& options, Time not_before);

// The world of a task that may have lived before: the paper venues start with its open orders and its fills.
std::unique_ptr<sim::World> make_paper_world(PaperMarket market, const StoredTask& stored, const PaperOptions& options);

}  // namespace dn::app
