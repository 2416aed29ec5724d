// What the events of a task tell of its runs: when it ran, in which states, what went wrong. For the report.
//
// Events are read one after the other in the order of the database and may be many; what is kept of them is small. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/task_view.h"

namespace dn::app {

struct RunSpan {
  std::string id;
  Time from;
  Time to;             // its last event
  bool ended = false;  // it wrote its summary; otherwise it was cut off (killed, or its disk failed), or goes on
};

// A stretch of time; an empty one is a moment.
struct Stretch {
  Time from;
  Time to;
};

enum class Trouble : std::uint8_t { Restart, Refused, Unknown, Error, Warning, Critical };
struct Mark {
  Time at;
  Trouble kind = Trouble::Error;
};

// All events of one type, level and code.
struct ToldCode {
  std::string type;
  std::string level;  // empty where the type has none
  std::string code;
  std::int64_t times = 0;
  Time first;
  Time last;
  std::string message;  // of the last
};

struct History {
  std::vector<RunSpan> runs;
  std::vector<Stretch> in_error;     // state ERROR: no venue could be asked, or an order was refused
  std::vector<Stretch> rebalancing;  // state REBALANCING
  std::vector<Stretch> completing;   // state COMPLETING
  std::vector<Stretch> paused;       // mode PAUSED, REDUCING or HALTED
  std::vector<Stretch> held_back;    // min_spread_bps held quotes back
  bool spread_was_watched = false;   // an event of min_spread_bps was told
  std::vector<Mark> marks;
  std::vector<ToldCode> told;       // what a person should know, the gravest first
  std::int64_t told_otherwise = 0;  // events of further codes, more than are kept apart
};

class HistoryReader {
 public:
  void add(const StoredEvent& event);
  // `held`: the newest run goes on, up to `now`.
  History finish(bool held, Time now);

 private:
  struct Open {
    std::optional<Time> since;
    std::vector<Stretch> done;
    void begin(Time at) {
      if (!since) since = at;
    }
    void end(Time at) {
      if (since) done.push_back({*std::exchange(since, std::nullopt), at});
    }
  };
  void follow_run(const StoredEvent& event);
  void follow_state(const StoredEvent& event);
  void follow_spread(const StoredEvent& event);
  void tell(const StoredEvent& event);
  void close_all(Time at);

  History out_;
  Open error_, rebalancing_, completing_, paused_, held_back_;
  std::map<std::string, ToldCode> told_;
};

// How the time in which the task ran was spent, as far as its books tell; the parts do not overlap.
struct Tradable {
  Dur running;    // all runs together
  Dur in_error;   // state ERROR
  Dur paused;     // and not in ERROR
  Dur held_back;  // by min_spread_bps, and neither of these
  Dur free() const { return running - in_error - paused - held_back; }
};
Tradable tradable(const History& h);

// The time that the stretches cover together.
Dur covered(std::vector<Stretch> stretches);

}  // namespace dn::app
