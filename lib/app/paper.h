// The paper side of a task: the instruments, the market feed and the simulated world it trades in. No keys, no network, virtual time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/ground.h"
#include "sim/world.h"

namespace dn::app {

struct PaperOptions {
  std::optional<std::string> replay_dir;  // none: the synthetic feed
  std::uint64_t seed = 1;
  sim::FaultPlan faults;
  Dur faults_for = Dur{};  // how long from the start faults may begin; 0 = all along
};

struct PaperMarket : MarketView {
  PerSide<std::optional<venues::Depth>> depth;
  std::unique_ptr<sim::MarketFeed> feed;
  sim::FundingPlan funding;
};

// Opens the feed and finds the rules of both legs. `not_before` is the earliest virtual time of a synthetic feed. `from`: what the feed tells
// up to then is passed over, but for the books as they stand then.
// Errors: Config (a venue does not list the symbol), NotFound (no recording), BadData (a recording that cannot be read).
Expected<PaperMarket, ToolError> open_paper_market(const TaskSpec& spec, const PaperOptions& options, Time not_before, Time from = Time{});
// As these show them to a task.
std::optional<TopOfBook> top_of(const sim::Book& book);
venues::Depth depth_of(const sim::Book& book);

// The world of a task that may have lived before: the paper venues start with its open orders and its fills.
std::unique_ptr<sim::World> make_paper_world(PaperMarket market, const StoredTask& stored, const PaperOptions& options);
// The order that a task file says still rests, rests at the paper venue: a slice at the touch, so that its recovery is rehearsed. Returns
// what a person should know.
std::vector<std::string> plant_restored(sim::World& world, const TaskRecord& task, const MarketView& view);

class PaperGrounds final : public Grounds {
 public:
  explicit PaperGrounds(PaperOptions options) : options_(std::move(options)) {}
  Expected<std::unique_ptr<Ground>, ToolError> open(const TaskSpec& spec, Time not_before, Absent absent) override;
  Expected<std::unique_ptr<Ground>, ToolError> join(const TaskSpec& spec, const Join& join) override;
  Expected<std::unique_ptr<Prices>, ToolError> prices(const TaskSpec& spec, Time not_before) override;
  Expected<std::vector<live::Look>, ToolError> look(const TaskSpec& spec, Time not_before) override;

 private:
  PaperOptions options_;
};

}  // namespace dn::app
