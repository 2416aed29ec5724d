// What the four tools have in common: their flags, and how they end.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "app/dn_config.h"
#include "app/output.h"
#include "app/tool_error.h"
#include "app/usage_error.h"

namespace dn::app {

struct CommonFlags {
  std::string config;
  std::string db;
  std::string credentials;
  std::string mode;
  std::string log_file;
  std::vector<std::string> tasks;
  bool all = false;
  bool json = false;
  bool ndjson = false;
  bool plain = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;

  OutputOptions output() const { return {json, ndjson, plain || no_color, quiet, verbose}; }
};
// For CLI11's check: an empty value is a forgotten shell variable, not an absent flag.
std::string not_empty(const std::string& value);

void add_common_flags(CLI::App& app, CommonFlags& flags);

// The installation's configuration with the flags laid over it, and the database they name.
struct Installation {
  DnConfig config;
  std::string db;
  std::vector<std::string> halt_files;  // HALT in state_dir and beside the database
};
Expected<Installation, ToolError> installation(const CommonFlags& flags);

// Parses, runs `body` and turns whatever comes of it into output and an exit code:
// errors on stderr as what, why and what to do next, or as one JSON object on stdout with --json or --ndjson.
int tool_main(int argc, char** argv, CLI::App& app, const CommonFlags& flags, const std::function<Expected<ExitCode, ToolError>()>& body);

}  // namespace dn::app
