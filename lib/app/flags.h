// The flags that all four tools take.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/dn_config.h"

namespace dn::app {

struct CommonFlags {
  std::optional<std::string> config, db, credentials, mode, log_file;
  std::vector<std::string> tasks;
  bool all = false;
  bool json = false;    // one document on stdout at the end
  bool ndjson = false;  // events as they happen on stdout
  bool plain = false, quiet = false, verbose = false, no_color = false;
};

// The database: --db, else dn.db in the state directory.
std::string state_path(const DnConfig& config, const CommonFlags& flags);

// The mode: --mode, else the installation file's.
Mode mode_of(const DnConfig& config, const CommonFlags& flags);

}  // namespace dn::app
