// The tasks of a run on their way into it: read, locked, checked, opened. Among several tasks one's trouble is not the others': it is left out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/run.h"

namespace dn::app {

class Roster {
 public:
  // `rescue`: cancels and proves what an earlier run of the request's task left at the venues; returns the error with what is left.
  using Rescue = std::function<ToolError(const RunRequest& one, const ToolError& e)>;
  // All are borrowed and outlive it.
  Roster(const RunRequest& request, Output& output, Rescue rescue) : request_(request), output_(output), rescue_(std::move(rescue)) {}

  // Every task of the run, with whether its owner wrote it just now.
  using Tasks = std::vector<std::pair<TaskSource, bool>>;
  Expected<Tasks, ToolError> collect();

  // Of the files.
  const std::vector<TriggerSource>& triggers() const { return triggers_; }
  // Takes the lock of each trigger, and adds the tasks that earlier runs of it did not bring to an end. Errors: Locked, a database that cannot be read.
  Expected<void, ToolError> hold_triggers(Tasks& tasks);
  // Opens a task that a trigger begins. Errors: what keeps it from beginning.
  Expected<std::unique_ptr<Session>, ToolError> open_triggered(TaskSource source, const TriggeredStart& start, Grounds& grounds);

  // Locks, checks and opens them. Errors: what is the trouble of all, or of each of them; a file whose sizes a venue does not take.
  Expected<std::vector<std::unique_ptr<Session>>, ToolError> open(Tasks& tasks, Grounds& grounds);

  // Whether an error is one task's own, and not the database's or a signal's.
  static bool is_its_own(const ToolError& e) {
    const auto is = [&e](ExitCode code) { return e.code == code; };
    return !is(ExitCode::Io) && !is(ExitCode::Temporary) && !is(ExitCode::BadData) && !is(ExitCode::Interrupted) && !is(ExitCode::Terminated);
  }
  void leave_out(const std::string& task, const ToolError& e);
  const std::vector<std::pair<std::string, ToolError>>& left_out() const { return left_out_; }
  const ToolError& first_trouble() const { return first_trouble_; }
  // The tasks whose locks it took, also of those that were left out later.
  const std::vector<std::string>& held() const { return held_; }

  // The limits of the run's files hold from now on. `names`: its tasks; `fresh`: of them those whose locks are new.
  void use(PortfolioLimits limits) { limits_ = std::move(limits); }
  const std::optional<PortfolioLimits>& limits() const { return limits_; }
  Expected<void, ToolError> enter_portfolio(const std::vector<std::string>& names, const std::vector<std::string>& fresh);

 private:
  Expected<std::vector<TaskSource>, ToolError> of_database(const std::vector<std::string>& names, bool all);
  Expected<std::optional<ToolError>, ToolError> check_begins(const TaskSource& source, Grounds& grounds);
  Expected<void, ToolError> open_portfolio(Grounds& grounds);
  bool begins_at_once(Store* books, const std::string& task);

  const RunRequest& request_;
  Output& output_;
  Rescue rescue_;
  std::shared_ptr<SharedPortfolio> portfolio_;
  std::optional<PortfolioLimits> limits_;  // of the files
  std::vector<TriggerSource> triggers_;
  std::vector<TaskLock> trigger_locks_;
  std::vector<std::pair<std::string, ToolError>> left_out_;
  ToolError first_trouble_;
  std::vector<std::string> held_;
};

}  // namespace dn::app
