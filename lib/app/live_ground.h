// Tasks on real venues, and paper tasks on the real venues' prices.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/dn_config.h"
#include "app/ground.h"
#include "app/paper.h"
#include "app/recorder.h"
#include "live/venues.h"

namespace dn::app {

struct LiveOptions {
  bool orders = true;  // false: paper on live prices; nothing that needs a key is reached
  std::map<Venue, live::Access> access;
  PaperOptions paper;                             // of paper on live prices
  Dur dead_man = Dur::seconds(10);                // see live::LiveRunOptions
  bool leave_orders = false;                      // see there
  std::vector<std::string> halt_files;            // the kill switch; see halt_files.h
  std::string record;                             // directory; empty: nothing is recorded
  std::optional<int> spin;                        // the processor to wait on without sleeping
  std::function<std::optional<ExitCode>()> stop;  // asked while a start waits: a signal came; optional
  std::function<void(const std::string&)> note;   // connections made and lost and the like, for a person; optional
};

// Called for each link before it starts.
using LinkHook = std::function<void(live::Link&)>;

// What the venues told of the account lately: the tasks of a symbol that start together ask once.
class Surveys {
 public:
  Surveys(live::Venues& venues, const live::Clock& clock) : venues_(venues), clock_(clock) {}
  // As live::Venues::survey. What another task asked for a moment ago, as far back, is taken for it.
  std::vector<venues::Outcome<venues::Survey>> ask(const std::vector<Instrument>& instruments, Time since, const std::function<bool()>& stop);

 private:
  struct Told {
    venues::Survey seen;
    Time since;
    Time at;  // before it was asked
  };
  const Told* lately(const Instrument& instrument, Time since) const;

  live::Venues& venues_;
  const live::Clock& clock_;
  std::map<std::pair<Venue, std::string>, Told> told_;  // by venue and symbol
};

class LiveGrounds final : public Grounds {
 public:
  explicit LiveGrounds(LiveOptions options);

  Expected<std::unique_ptr<Ground>, ToolError> open(const TaskSpec& spec, Time not_before, Absent absent) override;
  Expected<std::unique_ptr<Prices>, ToolError> prices(const TaskSpec& spec, Time not_before) override;
  void foresee(const std::vector<TaskSpec>& tasks) override;
  void warm_up(const std::vector<TaskSpec>& tasks) override;
  void begun() override { ahead_.clear(); }
  Expected<std::vector<live::Look>, ToolError> look(const TaskSpec& spec, Time not_before) override;
  bool live() const override { return options_.orders; }
  std::optional<Time> now() const override { return clock_.now(); }
  bool wait(std::int64_t micros) override;

 private:
  struct Known {
    venues::VenueFacts facts;
    Time at;
  };
  // Fails as `stop` does; venues that do not tell what they should are in the list.
  Expected<std::vector<ToolError>, ToolError> learn(const TaskSpec& spec);
  void ask(const std::vector<live::Venues::Want>& wants);
  std::vector<venues::VenueFacts> facts_of(const TaskSpec& spec) const;
  Expected<MarketView, ToolError> view_of(const TaskSpec& spec);
  LinkHook hook();

  LiveOptions options_;
  live::Clock clock_;
  net::Loop loop_;
  bool pinned_ = false;
  std::int64_t heard_ = 0;  // Venues::heard before the last wait
  live::Venues venues_;
  Surveys surveys_{venues_, clock_};
  std::map<std::pair<Venue, std::string>, Known> known_;                              // by venue and symbol
  std::map<std::pair<Venue, std::string>, std::pair<venues::Problem, Time>> failed_;  // likewise
  std::map<std::pair<Venue, std::string>, std::weak_ptr<live::PriceWatch>> watches_;  // likewise
  std::vector<std::shared_ptr<live::SharedStreams>> ahead_;                           // of tasks that have not begun
  std::optional<ExitCode> stopped_;
  std::map<std::pair<Venue, std::string>, live::Look> looks_;
  std::unique_ptr<Recorder> recorder_;  // with LiveOptions::record
  Time next_flush_;
};

}  // namespace dn::app
