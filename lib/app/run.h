// dn-run's work: one or many tasks, live or on paper, paced by the clock or as fast as they go, until each has ended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/alerts.h"
#include "app/live_ground.h"
#include "app/output.h"
#include "app/session.h"
#include "app/task_file.h"

namespace dn::app {

struct RunRequest {
  std::vector<std::string> files;      // task files
  std::vector<TaskSource> from_flags;  // a task given by flags alone
  std::vector<std::string> names;      // tasks of the database
  bool all = false;                    // every task of the database that has not ended
  std::vector<std::string> settings;   // --set
  SessionOptions session;
  PaperOptions paper;
  std::optional<LiveOptions> live;  // real venues, or their prices; the keys are read when it is known which venues the tasks name
  DnConfig config;                  // of live: where the keys are
  std::string credentials_file;     // of live: --credentials
  std::optional<Decimal> speed;     // virtual seconds per second; nullopt = as fast as it goes
  bool plan = false;
  bool once = false;                    // with a trigger: one look
  std::vector<std::string> halt_files;  // the kill switch: any of these
  AlertOptions alerts;
  std::string metrics_file;  // empty: none
};

// The grounds of these tasks. Live: with the keys of the venues that they name, and only when each has the limit that orders need.
// `stop`: see LiveOptions.
Expected<std::unique_ptr<Grounds>, ToolError> make_grounds(const RunRequest& request, const std::vector<TaskSource>& tasks, Output& output,
                                                           std::function<std::optional<ExitCode>()> stop);

// How each task ended, as summary events and as text for a person.
struct RunOutcome {
  ExitCode code = ExitCode::Ok;
  std::vector<std::string> json;
  std::vector<std::string> text;
  std::vector<std::string> trouble;  // of those that did not end well
};
// Runs the tasks to their end, or carries out an errand on them. Where a run cannot begin, what its tasks have at the venues that can be
// reached is cancelled and proven before the error comes back.
Expected<RunOutcome, ToolError> carry_out(const RunRequest& request, Output& output);
// The same, or the plan, with its end told.
Expected<ExitCode, ToolError> run_tasks(const RunRequest& request, Output& output);

}  // namespace dn::app
