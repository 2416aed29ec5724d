// The installation file dn.toml: what holds for every task on this machine.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/alert_options.h"
#include "app/tool_error.h"
#include "base/time.h"
#include "model/instrument.h"

namespace dn::app {

enum class TradingMode : std::uint8_t { Paper, Live };
enum class FeedKind : std::uint8_t { Synthetic, Replay, Live };

// Where a venue is reached, for test networks and loopback; unset parts are the venue's own.
struct Endpoint {
  std::string rest;             // scheme, host and port
  std::string ws;               // the whole URL
  std::string ca_file;          // certificates to trust instead of the system's
  std::int64_t rate_scale = 1;  // multiplies the request budget; loopback only
};

struct DnConfig {
  std::string file;  // where it was read; empty: no file, the defaults
  TradingMode mode = TradingMode::Paper;
  FeedKind feed = FeedKind::Synthetic;
  std::string state_dir;            // holds dn.db, locks, HALT
  std::string credential_command;   // run by the shell, prints a credentials file; empty: none
  Dur dead_man = Dur::seconds(10);  // of tasks that do not set their own; 0: off
  AlertOptions alerts;
  std::map<Venue, Endpoint> endpoints;
};

// A key of the file, for help and manuals.
struct ConfigKey {
  std::string_view key;    // "alert_level", "endpoints.VENUE.rest"
  std::string_view value;  // what to write
  std::string_view help;
  std::string default_value;  // "": none
};
const std::vector<ConfigKey>& config_keys();

// Where this user's configuration is: "<...>/dn", without a file's name; "" without a home.
std::string config_directory();

// `path` when given must exist; else $XDG_CONFIG_HOME/dn/dn.toml (~/.config), /etc/dn/dn.toml, or the defaults.
Expected<DnConfig, ToolError> load_config(const std::optional<std::string>& path);

}  // namespace dn::app
