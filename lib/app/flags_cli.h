// The common flags on a command line parser; for the tools' main files.
#pragma once

#include <CLI/CLI.hpp>

#include "app/flags.h"

namespace dn::app {

// Adds them to `app`. `flags` is filled by parsing and lives as long as `app`.
void add_common_flags(CLI::App& app, CommonFlags& flags);

}  // namespace dn::app
