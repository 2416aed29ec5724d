// The time of a live run: the system's at the start, then as much later as the steady clock says, so that it never goes back and no step of
// the system's clock tears a run apart. What it is off is measured at each venue (see Desk).
#pragma once

#include "base/time.h"

namespace dn::live {

class Clock {
 public:
  Clock();
  Time now() const;

 private:
  Time started_;
  std::int64_t steady_us_ = 0;
};

}  // namespace dn::live
