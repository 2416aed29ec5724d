// A task's part in the portfolio of its database: what it enters with, asks for, tells and leaves behind. The engine hears of it in events.
//
// Owned by the task's session. Where no portfolio is in force it does nothing, and costs one look now and then.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "app/tool_error.h"
#include "engine/task.h"
#include "store/portfolio.h"

namespace dn::app {

// The portfolio of a database, with the locks beside it.
Portfolio portfolio_of(Store& store, const std::string& db, bool live);

// As the tasks of one process share it: one connection, which their journals use as well, and whose runs are this process's own, so that their locks need not
// be asked.
class SharedPortfolio {
 public:
  static Expected<std::shared_ptr<SharedPortfolio>, ToolError> open(const std::string& db, bool live);
  Portfolio& portfolio() { return portfolio_; }
  // For the journal of one task.
  std::unique_ptr<Store> store() const { return Store::beside(*store_); }

 private:
  friend class Membership;
  SharedPortfolio(std::unique_ptr<Store> store, const std::string& db, bool live);

  std::unique_ptr<Store> store_;
  std::set<std::string> own_;
  Portfolio portfolio_;
};

class Membership {
 public:
  explicit Membership(std::shared_ptr<SharedPortfolio> shared) : shared_(std::move(shared)), portfolio_(shared_->portfolio_) {}
  ~Membership() { shared_->own_.erase(task_); }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // Before the run begins. False: as many tasks as may run do already. One that will only cancel and prove needs no place.
  Expected<bool, ToolError> enter(const TaskRecord& task);
  std::int64_t most_tasks() const { return most_tasks_; }  // as it stood on entering
  // For RunOptions::room.
  const std::optional<Room>& room() const { return room_; }

  // Behind each step: what the engine is to hear, if anything; asked again until that is nothing.
  Expected<std::optional<Event>, ToolError> after_step(const TaskEngine& engine, Time now);
  // Now and then: what others did to the portfolio.
  Expected<std::optional<Event>, ToolError> look(const TaskEngine& engine);
  Expected<void, ToolError> leave(const TaskRecord& task, const std::optional<Money>& result);

 private:
  Expected<std::optional<Event>, ToolError> tell(const TaskEngine& engine, Time now);
  std::optional<Event> hear(const PortfolioRow& row, const TaskRecord& task);

  std::shared_ptr<SharedPortfolio> shared_;
  Portfolio& portfolio_;
  std::string task_;          // once entered
  std::optional<Room> room_;  // as it was entered with; none: not entered
  std::string halted_;        // why, as found on entering
  Money told_;
  Time told_at_;
  std::int64_t most_tasks_ = 0;
  bool halt_told_ = false;
};

}  // namespace dn::app
