#include "app/heartbeat.h"

#include <filesystem>

namespace dn::app {

void Heartbeat::touch(const std::string& task) const {
  std::error_code ignored;
  std::filesystem::last_write_time(directory_ + "/" + task + ".lock", std::filesystem::file_time_type::clock::now(), ignored);
}

}  // namespace dn::app
