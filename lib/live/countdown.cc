#include "live/countdown.h"

namespace dn::live {
namespace {

constexpr int kParts = 3;                 // renewals per length: two may be lost
constexpr Dur kRetry = Dur::millis(250);  // after the first try, which is repeated at once
constexpr int kTriesToSwitchOff = 2;      // then it strikes when it does

}  // namespace

void Countdown::want(Dur timeout, Time now) {
  if (timeout == want_) return;
  want_ = timeout;
  failures_ = 0;
  next_ = timeout.us > 0 || may_run_ ? now : Time::never();
}

std::optional<Dur> Countdown::ask(Time now) {
  if (asking_ || next_ > now) return std::nullopt;
  asking_ = want_;
  asked_at_ = now;
  may_run_ = may_run_ || want_.us > 0;
  return want_;
}

void Countdown::heard(bool taken, Time now) {
  const Dur was = asking_.value_or(Dur{});
  asking_.reset();
  failures_ = taken ? 0 : failures_ + 1;
  if (taken) {
    until_ = was.us > 0 ? asked_at_ + was : Time{};
    may_run_ = was.us > 0;
  }
  if (was != want_) {
    next_ = want_.us > 0 || may_run_ ? now : Time::never();
  } else if (was.us == 0) {
    next_ = taken || failures_ >= kTriesToSwitchOff ? Time::never() : now;
  } else if (taken) {
    next_ = asked_at_ + Dur{was.us / kParts};
  } else {
    next_ = failures_ == 1 ? now : now + kRetry;
  }
}

void Countdown::forget() {
  may_run_ = false;
  until_ = Time{};
  if (want_.us == 0) next_ = Time::never();
}

}  // namespace dn::live
