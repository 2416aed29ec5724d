// dn-run's own flags, and the request they make.
#pragma once

#include "app/run.h"
#include "app/tool.h"

namespace dn::app {

struct RunFlags {
  std::vector<std::string> files;
  std::string symbol, buy, sell, total, slice, buy_offset, sell_offset, buy_tolerance, sell_tolerance, name;
  std::vector<std::string> settings;
  std::string max_runtime, on_exit = "cancel", record, replay, speed, seed, faults, on_alert, alert_webhook, metrics_file;
  std::int64_t max_cycles = 0;
  std::optional<int> spin;
  bool plan = false;
  bool once = false;
  bool restart = false;
};
void add_run_flags(CLI::App& app, RunFlags& flags);

// Prints the keys of a task file.
ExitCode print_keys(const OutputOptions& output);

// Errors: Usage (a flag that makes no sense), Config, NotFound, BadData (what the flags name).
Expected<RunRequest, ToolError> run_request(const RunFlags& flags, const CommonFlags& common);

}  // namespace dn::app
