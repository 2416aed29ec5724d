#include "store/lock_state.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fstream>

namespace dn {

bool is_task_held(const std::string& directory, std::string_view task) {
  struct stat st {};
  if (::stat(fmt::format("{}/{}.lock", directory, task).c_str(), &st) != 0) return false;
  std::ifstream locks("/proc/locks");
  if (!locks) return true;
  // "1: FLOCK  ADVISORY  WRITE 4711 08:02:131 0 EOF"; one that waits for another has "->" behind its number.
  const std::string file = fmt::format(" {:02x}:{:02x}:{} ", major(st.st_dev), minor(st.st_dev), st.st_ino);
  for (std::string line; std::getline(locks, line);) {
    if (line.find(" FLOCK ") != std::string::npos && line.find(file) != std::string::npos && line.find("->") == std::string::npos) return true;
  }
  return false;
}

}  // namespace dn
