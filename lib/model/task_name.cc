#include "model/task_name.h"

#include <algorithm>

namespace dn {

bool is_task_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text[0] != '-' && text[0] != '.' && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace dn
