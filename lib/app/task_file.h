// Task files: TOML with one task at the top level, or many in [[task]] tables, and the limits of all tasks together in [portfolio]; or with
// [trigger] and the task that it starts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/toml_text.h"
#include "model/portfolio.h"
#include "model/task_spec.h"
#include "model/trigger_spec.h"

namespace dn::app {

// A task and where each of its keys was written, so that later checks can point there.
struct TaskSource {
  TaskSpec spec;
  Place place;  // of the table
  std::map<std::string, Place, std::less<>> keys;
  std::string written{};                // the spec as its file has it, in the database's form; empty: it comes from no file
  std::vector<std::string> settings{};  // what the command line sets beside that

  Place place_of(std::string_view key) const {
    const auto at = keys.find(key);
    return at == keys.end() ? place : at->second;
  }
};

struct PortfolioSource {
  PortfolioLimits limits;
  Place place;  // of the table
};
// A file with [trigger]: what stands beside that table is the task that each pair gets.
struct TriggerSource {
  TriggerSpec spec;
  TaskSource task;  // where its keys and the trigger's were written; its spec is the trigger's
};
struct TaskFiles {
  std::vector<TaskSource> tasks;
  std::vector<TriggerSource> triggers;
  std::optional<PortfolioSource> portfolio;  // several files may bring it, in the same words
};

// Reads files in the given order. All problems of a file are told at once; a name may be used once over all files.
Expected<TaskFiles, ToolError> read_files(const std::vector<std::string>& paths);
// The same without the portfolio. Files with [trigger] are Config: what their tasks will be is not known before they start.
Expected<std::vector<TaskSource>, ToolError> read_task_files(const std::vector<std::string>& paths);

// Sets keys given as "key=value" (`--set`, the set verb, flags). The place of a problem is the text itself.
Expected<void, ToolError> apply_settings(TaskSource& source, const std::vector<std::string>& settings);

// Problems of a task that only its parameters together, or its venues, show: at their places. Config.
Expected<void, ToolError> report_problems(const TaskSource& source, const std::vector<SpecProblem>& problems);

}  // namespace dn::app
