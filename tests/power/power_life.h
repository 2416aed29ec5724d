// A simulated life over a real Store on a disk that loses writes, where the end of the process is the end of the power, and
// where every run begins with the survey that dn-run makes of real venues.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "lossy_disk.h"
#include "sim/life.h"

namespace dn::power {

// What is taken from the life to see that it would notice.
enum class Planted : std::uint8_t {
  None,
  EpochNotSynced,  // begin_run does not wait for the disk, from the second run on
  NoSurvey,        // the books that are left are believed
  FastBoot,        // the machine is there again while requests that it sent may still arrive
};

struct PowerPlan {
  sim::LifePlan life;
  Planted planted = Planted::None;
  // One more cut: at commit number n / 2, before it is written when n is even, after it and before what it allows to be sent when odd.
  std::optional<std::uint64_t> cut_at{};
  std::function<void(const std::string&)> tell{};  // every line of the story
  bool anywhere = false;                           // now and then the power fails in the middle of the disk's work, also while the database is made or opened
};

struct PowerResult {
  sim::LifeResult life;
  std::uint64_t commits = 0;
  std::uint64_t cuts = 0;
  std::uint64_t cuts_that_took = 0;  // rows of orders or fills
  std::uint64_t rows_lost = 0;       // orders and fills that were committed
  std::uint64_t orders_adopted = 0;
  std::uint64_t sectors_lost = 0;
  std::uint64_t sectors_kept = 0;
  std::optional<std::string> broken;  // the first broken promise, of the life or of the store
};

// What a seed decides. Every third life has many crashes, and many requests that arrive late.
PowerPlan plan_power(std::uint64_t seed);

PowerResult live_through(const PowerPlan& plan);

}  // namespace dn::power
