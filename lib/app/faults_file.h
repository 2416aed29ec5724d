// A fault plan from a file (`dn-run --faults FILE`): TOML with one key per fault, in per mille of the occasions, and
// `for`, how long from the start of the run faults may begin.
#pragma once

#include <string>
#include <vector>

#include "app/paper.h"

namespace dn::app {

// The keys of such a file.
std::vector<std::string> fault_keys();
// Lays the file over `options`. Errors: NotFound, Config.
Expected<void, ToolError> read_faults(const std::string& path, PaperOptions& options);

}  // namespace dn::app
