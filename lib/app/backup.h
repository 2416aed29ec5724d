// `dn-status backup`: a copy of the database in one file, made while runs go on.
#pragma once

#include <string>

#include "app/output.h"
#include "app/tool_error.h"

namespace dn::app {

// Copies `db` into the new file `file` (0600) and says what it holds. SIGINT and SIGTERM end it and leave nothing.
// Errors: NotFound (no database, no such directory), Io (`file` is there already, the disk, a damaged database), BadData, Temporary.
Expected<ExitCode, ToolError> back_up(const std::string& db, const std::string& file, const OutputOptions& options);

}  // namespace dn::app
