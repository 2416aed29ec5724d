// What a task trades on: a paper world in virtual time, a paper world on real prices, or the venues themselves.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/tool_error.h"
#include "engine/driver.h"

namespace dn::app {

// What is known of a task's venues before it trades.
struct MarketView {
  PerSide<Instrument> instruments;
  PerSide<Price> mid;  // where each leg's book stands; zero where it is not known
  PerSide<std::optional<TopOfBook>> top;
  Time start;  // of the first step
};

class Ground {
 public:
  virtual ~Ground() = default;

  // Makes ready for a task that may have lived before. Returns what a person should know.
  virtual std::vector<std::string> prepare(const StoredTask& stored) = 0;
  // All are borrowed and outlive the driver; the ground too.
  virtual std::unique_ptr<TaskDriver> drive(TaskEngine& engine, Journal& journal, RunObserver& observer) = 0;
  // A recording that has ended: nothing more will happen.
  virtual bool over() const { return false; }

  const MarketView& view() const { return view_; }

 protected:
  explicit Ground(MarketView view) : view_(std::move(view)) {}
  MarketView view_;
};

// Makes the ground of each task of a process.
class Grounds {
 public:
  virtual ~Grounds() = default;
  // `not_before`: the earliest time of a synthetic market. Errors: Config (a venue does not list the symbol, an account in a mode that is
  // not supported, a clock that is wrong), NotFound and BadData (a recording), VenueDown, Permission.
  virtual Expected<std::unique_ptr<Ground>, ToolError> open(const TaskSpec& spec, Time not_before) = 0;
  // What the runs trade with: "paper" or "live".
  virtual bool live() const { return false; }
  // The present where time is real; nullopt where it is virtual.
  virtual std::optional<Time> now() const { return std::nullopt; }
  // Lets sockets work until something happened, for at most `micros`; false: there are none.
  virtual bool wait(std::int64_t /*micros*/) { return false; }
};

}  // namespace dn::app
