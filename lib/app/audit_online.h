// What dn-status audit --online asks the venues: balances first, then the trades, then what settlements paid.
#pragma once

#include <string>
#include <vector>

#include "app/audit_venue.h"
#include "app/tool.h"

namespace dn::app {

struct VenuesTold {
  std::vector<VenueTold> told;
  std::vector<ToolError> failed;  // what did not tell, and why
};
// Of the live tasks in `rounds`: those of `wanted`, or all where it is empty; since the period's beginning, or since the first of them began.
// Errors: what keeps all of it from being asked (no keys, a wrong dn.toml).
Expected<VenuesTold, ToolError> ask_venues(const CommonFlags& common, const std::vector<std::string>& wanted, const Period& period,
                                           const std::vector<BookedRound>& rounds);

}  // namespace dn::app
