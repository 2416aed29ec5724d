// How long the stages of the work take. Decisions are timed with the real clock; requests in the time of the run.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/command.h"
#include "engine/event.h"
#include "store/store.h"

namespace dn::app {

class Stopwatches {
 public:
  // Around TaskEngine::handle.
  void before_decision();
  void after_decision(bool sends);
  // A request leaves, in the time of the run; then all of the step have.
  void sending(Time now, const Send& send);
  void all_sent();
  // Something is heard, in the time of the run.
  void heard(Time now, const Event& event);

  std::vector<LatencyStats> stats() const;

 private:
  struct Samples {
    std::vector<std::int64_t> ns;  // at most kMost; then every further one replaces an older
    std::int64_t count = 0;
    std::int64_t max = 0;
    void add(std::int64_t value);
  };
  static LatencyStats summarize(std::string stage, const Samples& samples);

  std::int64_t began_ns_ = 0;
  Samples decision_;
  Samples placement_;
  Samples sync_;
  Samples cycle_;
  Samples tick_to_order_;
  bool by_tick_ = false;  // the step began with prices
  bool ordered_ = false;  // and it sent an order
  std::unordered_map<std::string, Time> placed_;
  std::unordered_map<std::string, Time> asked_;
  Time cycle_began_;  // when the orders of a step left; 0 = none under way
  int cycle_open_ = 0;
};

}  // namespace dn::app
