// How a run shows other programs that it is alive: the times of its tasks' lock files, renewed every second.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace dn::app {

class Heartbeat {
 public:
  // `directory`: of the locks.
  explicit Heartbeat(std::string directory) : directory_(std::move(directory)) {}

  // True when it is time to touch every task's lock.
  bool is_due(std::int64_t now_us) {
    if (now_us < next_us_) return false;
    next_us_ = now_us + kEveryUs;
    return true;
  }
  void touch(const std::string& task) const;

 private:
  static constexpr std::int64_t kEveryUs = 1'000'000;

  std::string directory_;
  std::int64_t next_us_ = 0;
};

}  // namespace dn::app
