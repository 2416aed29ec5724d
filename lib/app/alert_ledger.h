// What is delivered of a task's alerts, and when: the first of a code at once, the others of its window as one that says how many.
//
// Everything is counted: each event that is offered becomes a delivery of its own, or one of the `suppressed` of a later one. A delivery that
// fails again and again is one of those too, and what the database has lost is in `failed`. So delivered + suppressed + failed = offered, once
// nothing is pending.
//
// Pure: time is data. The ledger is what a restart needs, and a small file holds it (app/alert_file.h).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace dn::app {

// A delivery that is due.
struct PendingAlert {
  std::int64_t event = 0;       // its id in the events table
  std::int64_t suppressed = 0;  // how many events it stands for; 0: itself alone
  bool mixed = false;           // these are of several codes
  int tries = 0;                // that failed
  Time next_try;                // of this process: not in the file
  bool tried_at_end = false;    // likewise

  std::int64_t events() const { return suppressed > 0 ? suppressed : 1; }
};

// After a delivery: the time in which further events of the code are held back.
struct AlertWindow {
  std::string code;  // "": events of all codes beyond the bounds
  Time until;
  std::int64_t held = 0;
  std::int64_t last = 0;  // the newest event held back
};

struct AlertLedger {
  std::int64_t cursor = 0;  // the newest event that was offered; those before it are delivered, counted or below
  Time cursor_time;         // its time: a database that was made anew has another event of that id
  std::int64_t failed = 0;  // events that cannot be delivered any more and that nobody has been told of
  std::vector<AlertWindow> windows;
  std::vector<PendingAlert> pending;  // oldest first
};

struct AlertBounds {
  Dur interval = Dur::seconds(60);
  std::size_t per_minute = 30;  // deliveries of all codes and tasks; beyond them one for each task and interval
  std::size_t codes = 100;      // windows of a task
  std::size_t pending = 100;    // deliveries of a task that wait
  int tries = 8;                // of one delivery, some two minutes; then it becomes part of the next sum
};

class AlertThrottle {
 public:
  explicit AlertThrottle(AlertBounds bounds) : bounds_(bounds) {}

  void offer(AlertLedger& ledger, Time now, std::int64_t event, std::string_view code);
  // Makes deliveries of windows that are over, or of all when the run ends.
  void close_windows(AlertLedger& ledger, Time now, bool ending);
  // A delivery failed. True: as often as it is tried alone; the next sum counts it.
  bool failed(AlertLedger& ledger, std::size_t pending, Time now) const;
  // For what is in no table and cannot be told later: now, with what was held back before it, or held back itself (nullopt).
  std::optional<PendingAlert> offer_at_once(AlertLedger& ledger, Time now, std::string_view code) const;

 private:
  bool admit(const AlertLedger& ledger, Time now);
  AlertWindow& window(AlertLedger& ledger, std::string_view code, Time now) const;

  AlertBounds bounds_;
  std::deque<Time> admitted_;  // of the last minute
};

}  // namespace dn::app
