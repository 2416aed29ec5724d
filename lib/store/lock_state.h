// Whether somebody holds a task, asked without taking part: a reader that tried the lock would turn away a run that starts just then.
#pragma once

#include <string>
#include <string_view>

namespace dn {

// Asks for the second lock that a TaskLock holds, since one can ask for it (F_OFD_GETLK, fcntl(2)) and not for flock(2). True also where
// that cannot be answered: nobody is called dead without proof.
bool is_task_held(const std::string& directory, std::string_view task);

}  // namespace dn
