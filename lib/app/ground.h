// What a task trades on: a paper world in virtual time, a paper world on real prices, or the venues themselves.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/tool_error.h"
#include "engine/driver.h"
#include "live/venues.h"
#include "venues/venue.h"

namespace dn::app {

// What the account has at a leg's venue.
struct Funds {
  std::map<Asset, Decimal> free;    // perpetual: of the margin asset
  Qty position;                     // perpetual
  std::optional<Decimal> leverage;  // perpetual
  // The rest as in venues::VenueFacts.
  std::map<Asset, Decimal> total{};
  Price entry{};
  Time asked{};
  Time heard{};
  Dur offset{};
};
Funds funds_of(const venues::VenueFacts& facts);

// What a venue's problem means for a task.
ToolError venue_failure(const TaskSpec& spec, Venue venue, const venues::Problem& p);

// What is known of a task's venues before it trades.
struct MarketView {
  PerSide<Instrument> instruments;
  PerSide<Price> mid;  // where each leg's book stands; zero where it is not known
  PerSide<std::optional<TopOfBook>> top;
  PerSide<std::optional<Funds>> funds;  // none on paper
  Time start;                           // of the first step
  std::vector<ToolError> absent;        // one for each venue that could not be asked, where the task is opened without it
};

// What a venue shows of the account in the task's symbol. Times of orders are ours.
struct AccountView {
  Venue venue = Venue::MexcSpot;
  venues::Survey seen;
  std::map<Asset, Decimal> free;
  Qty position;  // perpetual
};
struct AccountViews {
  std::vector<AccountView> accounts;
  std::vector<ToolError> failed;  // one for each venue that did not tell everything
};

class Ground {
 public:
  virtual ~Ground() = default;

  // Makes ready for a task that may have lived before. Returns what a person should know.
  virtual std::vector<std::string> prepare(const StoredTask& stored) = 0;
  // All are borrowed and outlive the driver; the ground too.
  virtual std::unique_ptr<TaskDriver> drive(TaskEngine& engine, Journal& journal, RunObserver& observer) = 0;
  // Asks the venues for the account's orders and trades since a time of ours. Empty where the task's own books are all there is.
  virtual AccountViews survey(Time /*since*/) { return {}; }
  // Asks them for what settlements paid the account since a time of ours, one answer for each perpetual; times are the venue's. Empty likewise.
  virtual std::vector<Expected<FundingReport, ToolError>> payments(Time /*since*/) { return {}; }
  // A recording that has ended: nothing more will happen.
  virtual bool over() const { return false; }

  const MarketView& view() const { return view_; }

 protected:
  explicit Ground(MarketView view) : view_(std::move(view)) {}
  MarketView view_;
};

// What the two venues of a pair show while no task trades on them.
class Prices {
 public:
  virtual ~Prices() = default;
  // The instruments, and where each book stands; no top where that is not known or is older than `max_age`.
  virtual MarketView view(Dur max_age) = 0;
  // Both books with their depth, asked for at that time or later; none: not known yet, it has been asked for, and the wait goes on.
  virtual std::optional<PerSide<venues::Depth>> depth(Time since) = 0;

  // When something is due next, or, in virtual time, when the next book changes; never: a recording has ended.
  virtual Time next_time() const = 0;
  virtual void step() = 0;
};

// Where a task joins a market that was watched before, in virtual time.
struct Join {
  Time not_before;  // as the market was opened with
  Time at;
  Time pace;  // the beginning of the watch: from when on the run's pace counts
};

// Whether a task may begin although one of its venues cannot be asked: to prove and cancel what the other one has.
enum class Absent : std::uint8_t { Refused, Allowed };

// Makes the ground of each task of a process.
class Grounds {
 public:
  virtual ~Grounds() = default;
  // `not_before`: the earliest time of a synthetic market. Errors: Config (a venue does not list the symbol, an account in a mode that is
  // not supported, a clock that is wrong), NotFound and BadData (a recording), VenueDown, Permission.
  virtual Expected<std::unique_ptr<Ground>, ToolError> open(const TaskSpec& spec, Time not_before, Absent absent) = 0;
  // The same in the middle of a market that has been watched. Where time is real there is only the present.
  virtual Expected<std::unique_ptr<Ground>, ToolError> join(const TaskSpec& spec, const Join& /*join*/) { return open(spec, Time{}, Absent::Refused); }
  // Of the task's symbol on its venues; nothing else of it counts. Errors as of open. The grounds outlive it.
  virtual Expected<std::unique_ptr<Prices>, ToolError> prices(const TaskSpec& spec, Time not_before) = 0;
  // These tasks will be opened: what can be asked for all of them at once is asked. What fails is told when its task is opened.
  virtual void foresee(const std::vector<TaskSpec>& /*tasks*/) {}
  // These will begin in a moment: their connections are made while the account is surveyed for them, and kept for them until `begun`.
  virtual void warm_up(const std::vector<TaskSpec>& /*tasks*/) {}
  virtual void begun() {}
  // What each venue of a task shows to a person who looks before anything trades; sends no order. `not_before` as above. Errors: a paper
  // venue that does not list the symbol, a recording; what real venues do not tell stands in their looks.
  virtual Expected<std::vector<live::Look>, ToolError> look(const TaskSpec& spec, Time not_before) = 0;
  // What the runs trade with: "paper" or "live".
  virtual bool live() const { return false; }
  // The present where time is real; nullopt where it is virtual.
  virtual std::optional<Time> now() const { return std::nullopt; }
  // Lets sockets work until something happened, for at most `micros`; false: there are none.
  virtual bool wait(std::int64_t /*micros*/) { return false; }
};

}  // namespace dn::app
