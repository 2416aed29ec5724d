// The life of a dead man's switch as a pure machine: when the venue's timer is to be set, renewed and switched off, and whether it runs.
//
// Times are ours. One question is under way at a time: what `ask` returned is answered by `heard` before it returns anything again.
#pragma once

#include <optional>

#include "base/time.h"

namespace dn::live {

class Countdown {
 public:
  // The timer's length; zero: none. Takes effect with the next question.
  void want(Dur timeout, Time now);
  // What has to be sent now: the length, or zero to switch it off. nullopt: nothing yet.
  std::optional<Dur> ask(Time now);
  // The venue took it, or it did not, or gave no answer.
  void heard(bool taken, Time now);
  // Nothing of ours is left to switch off: another's renewals go on.
  void forget();

  Dur wanted() const { return want_; }
  Time next() const { return asking_ ? Time::never() : next_; }
  // Surely running: until then.
  Time until() const { return until_; }
  bool is_running(Time now) const { return until_ > now; }
  // It ran, and may have struck since.
  bool has_lapsed(Time now) const { return want_.us > 0 && until_.us != 0 && until_ <= now; }
  // A setting is on its way and none has failed: orders that may rest are better sent after it.
  bool is_awaited(Time now) const { return want_.us > 0 && !is_running(now) && failures_ == 0; }
  // Off, and nothing to be done for that any more.
  bool is_settled() const { return want_.us == 0 && !asking_ && next_.is_never(); }
  int failures() const { return failures_; }  // in a row

 private:
  Dur want_;
  std::optional<Dur> asking_;
  Time asked_at_;
  Time next_ = Time::never();
  Time until_;
  bool may_run_ = false;  // something was sent that may have set it
  int failures_ = 0;
};

}  // namespace dn::live
