// Whether somebody holds a task, asked without taking part: a reader that tried the lock would turn away a run that starts just then.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace dn {

// Asks for the second lock that a TaskLock holds, since one can ask for it (F_OFD_GETLK, fcntl(2)) and not for flock(2). True also where
// that cannot be answered: nobody is called dead without proof.
bool is_task_held(const std::string& directory, std::string_view task);

// How long ago the process that holds it was last seen alive, by the time of the lock file, which a run renews every second. Zero where that
// is not known.
Dur silent_for(const std::string& directory, std::string_view task);

}  // namespace dn
