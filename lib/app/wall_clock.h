// The clock of the machine, for what is not part of a run that can be replayed.
#pragma once

#include <chrono>

#include "base/time.h"

namespace dn::app {

inline Time wall_clock() { return Time{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }

}  // namespace dn::app
