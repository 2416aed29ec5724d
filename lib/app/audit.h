// dn-status audit: the ledger of the books, and the proof that they agree with themselves, with their journal and, when asked, with the venues.
#pragma once

#include <string>
#include <vector>

#include "app/online.h"

namespace dn::app {

struct AuditRequest {
  CommonFlags common;
  std::vector<std::string> tasks;  // of all their rounds; empty: all tasks
  bool online = false;             // ask the venues as well
  std::string from;                // see parse_moment in app/ledger.h; empty: all
  std::string to;
  std::vector<std::string> heads;  // digests that earlier audits printed
  bool csv = false;                // the ledger's lines alone
};

// Prints tables, CSV or JSON ("dn.audit/1"); never writes to the database. The exit code: 24 where something contradicts; else with `online` that of
// a venue that does not tell (69, 77), 75 where the account traded at the very moment its balance was told; else 0. Errors: what keeps the
// audit from being made.
// `online`: borrowed; not null where request.online.
Expected<ExitCode, ToolError> audit(const AuditRequest& request, const Online* online);

}  // namespace dn::app
