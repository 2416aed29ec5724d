// What a task may be called.
#pragma once

#include <string_view>

namespace dn {

// 1 to 64 of A-Z a-z 0-9 _ . - not starting with . or -.
bool is_task_name(std::string_view text);

}  // namespace dn
