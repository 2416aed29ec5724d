#include "app/ground.h"

#include <fmt/format.h>

namespace dn::app {
namespace {

bool speaks_of_certificate(const std::string& message) { return message.find("certificate") != std::string::npos; }

}  // namespace

Funds funds_of(const venues::VenueFacts& f) { return {f.free, f.position, f.leverage, f.total, f.entry, f.asked, f.heard, f.offset}; }

ToolError venue_failure(const TaskSpec& spec, Venue venue, const venues::Problem& p) {
  using Kind = venues::Problem::Kind;
  const std::string what = fmt::format("task {}: {}: {}", spec.name, name(venue), p.message);
  switch (p.kind) {
    case Kind::Unreachable:
      if (speaks_of_certificate(p.message)) {
        return {ExitCode::VenueDown, what,
                "see ca_file and rest under [endpoints] of dn.toml, and this machine's clock; nothing is sent to a server that proves no name"};
      }
      return {ExitCode::VenueDown, what, "check the network and the venue's status page, then run the same command again"};
    case Kind::Permission: return {ExitCode::Permission, what, "check the key, its rights (read and trade, never withdraw) and its address list"};
    case Kind::Config: return {ExitCode::Config, what, "choose another symbol or venue, or change the account's mode at the venue"};
    case Kind::Clock: break;
  }
  return {ExitCode::Config, what, "set this machine's clock (systemctl start systemd-timesyncd, or chrony), then run the same command again"};
}

}  // namespace dn::app
