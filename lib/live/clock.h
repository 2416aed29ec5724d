// The time of a live run: the system's at the start, then as much later as the machine's uptime says, sleep included, so that it never goes back
// and no step of the system's clock tears a run apart. What it is off is measured at each venue (see Desk).
#pragma once

#include "base/time.h"

namespace dn::live {

class Clock {
 public:
  Clock();
  Time now() const;

 private:
  Time started_;
  std::int64_t uptime_us_ = 0;
};

// Notices that nothing ran for a while: the process was stopped, the machine slept, or a disk or another task held everything up.
class Pulse {
 public:
  Pulse();
  // How long since the last beat, by the clock that moved on most: a machine that was put aside may show it on the system's clock alone, once
  // that is set again.
  Dur beat();

 private:
  std::int64_t uptime_us_;
  Time system_;
};

}  // namespace dn::live
