// dn-recover's main work: what differs between a task's books and its venues, and putting that right.
#pragma once

#include <string>
#include <vector>

#include "app/run.h"

namespace dn::app {

struct RecoverRequest {
  RunRequest run;             // which tasks (all that have not ended when none is named), which database, which venues
  bool apply = false;         // otherwise the plan is printed and nothing is changed
  std::string expected_hash;  // of the plan that a person has seen; empty: none was
  bool from_venue = false;    // the books are gone: new ones for the tasks of run.files
  Dur since{};                // how far back the venues are asked; 0: from the books' newest entry
};

// The exit code is that of the worst task: 0 nothing to do or done, 20 its sides are apart, 21 orders that are not proven, 24 a venue
// contradicts the books, 69 a venue did not tell, 75 the plan is out of date.
Expected<ExitCode, ToolError> recover(const RecoverRequest& request, Output& output);

}  // namespace dn::app
