// The installation file dn.toml: what holds for every task on this machine.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "app/tool_error.h"
#include "base/expected.h"
#include "model/instrument.h"

namespace dn::app {

enum class Mode : std::uint8_t { Paper, Live };
enum class Feed : std::uint8_t { Synthetic, Replay, Live };
std::string_view name(Mode mode);  // as in the file: "paper"
std::string_view name(Feed feed);
std::optional<Mode> mode_from(std::string_view text);

// Where a venue is reached instead of at its public addresses; an empty field is the venue's own.
struct Endpoint {
  std::string rest;             // "https://127.0.0.1:18443"
  std::string ws;               // "wss://127.0.0.1:18444/ws"
  std::string ca_file;          // trusted instead of the system's certificates
  std::int64_t rate_scale = 1;  // times the venue's request budget; above 1 for loopback addresses only
};

struct DnConfig {
  Mode mode = Mode::Paper;
  Feed feed = Feed::Synthetic;
  std::string state_dir;  // never empty: dn.db, locks, HALT
  std::map<Venue, Endpoint> endpoints;
  std::string alert_webhook;       // empty: none
  std::string credential_command;  // empty: none
  std::string file;                // that it was read from; empty when there is none
};

// The installation file: `path`, else $XDG_CONFIG_HOME/dn/dn.toml (or ~/.config/dn/dn.toml), else /etc/dn/dn.toml, else the
// defaults. Every problem of the file is told, one a line. Errors: NotFound (`path` is missing or unreadable), Config.
Expected<DnConfig, ToolError> load_config(const std::optional<std::string>& path);

}  // namespace dn::app
