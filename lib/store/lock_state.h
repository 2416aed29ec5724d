// Whether somebody holds a task, asked without taking part: a reader that tried the lock would turn away a run that starts just then.
#pragma once

#include <string>
#include <string_view>

namespace dn {

// By the kernel's list of locks (/proc/locks, proc(5)). True also where that cannot be read: nobody is called dead without proof.
bool is_task_held(const std::string& directory, std::string_view task);

}  // namespace dn
