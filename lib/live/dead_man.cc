#include "live/dead_man.h"

#include <fmt/format.h>

#include <algorithm>

namespace dn::live {
namespace {

constexpr Dur kMostPatience = Dur::seconds(2);   // for one answer
constexpr Dur kLook = Dur::millis(20);           // at the lock, while another process switches the timer off
constexpr Dur kLockPatience = Dur::seconds(10);  // it does not take so long, whatever becomes of it

std::string in_seconds(Dur d) { return fmt::format("{}s", (d.us + 999'999) / 1'000'000); }

}  // namespace

DeadMan::DeadMan(Desk& desk, std::unique_ptr<venues::VenueApi> api, std::string where, std::string lock, Note note)
    : desk_(desk), api_(std::move(api)), where_(std::move(where)), lock_(std::move(lock)), note_(std::move(note)) {}

void DeadMan::hold(const void* who, Dur timeout, std::function<void()> lapsed) {
  if (holders_.empty() && !countdown_.is_running(desk_.now())) left_ = false;
  holders_[who] = {timeout, std::move(lapsed)};
  set_wish();
}

void DeadMan::release(const void* who, bool disarm) {
  if (holders_.erase(who) == 0) return;
  left_ = left_ || !disarm;
  if (!holders_.empty() || !left_) return set_wish();
  if (countdown_.until() > desk_.now()) {
    say(fmt::format("the dead man's switch stays armed: what may still rest goes in {}", in_seconds(countdown_.until() - desk_.now())));
  }
  lock_.release();
  shared_ = false;
}

void DeadMan::set_wish() {
  Dur least;
  for (const auto& [who, h] : holders_) least = least.us == 0 ? h.timeout : std::min(least, h.timeout);
  countdown_.want(least, desk_.now());
}

void DeadMan::wake() {
  if (left_ && holders_.empty()) return;
  if (countdown_.next() > desk_.now() || !may_ask()) return;
  if (const auto timeout = countdown_.ask(desk_.now())) ask(*timeout);
}

Time DeadMan::next_deadline() const {
  if (left_ && holders_.empty()) return Time::never();
  return countdown_.next().is_never() || next_look_.is_never() ? countdown_.next() : std::max(countdown_.next(), next_look_);
}

// Arming waits while another process switches the timer off, or that would come last. Switching off is for the last one.
bool DeadMan::may_ask() {
  if (countdown_.wanted().us == 0) {
    shared_ = false;
    if (lock_.be_alone()) return true;
    countdown_.forget();
    say("the dead man's switch is left to the other runs of this symbol");
    return false;
  }
  if (shared_) return true;
  const Time now = desk_.now();
  if (give_up_on_lock_.is_never()) give_up_on_lock_ = now + kLockPatience;
  shared_ = lock_.share();
  next_look_ = now + kLook;
  if (!shared_ && now < give_up_on_lock_) return false;
  give_up_on_lock_ = next_look_ = Time::never();
  return true;
}

void DeadMan::ask(Dur timeout) {
  using Answer = venues::Outcome<Time>;
  const Dur patience = timeout.us > 0 ? std::min(kMostPatience, Dur{timeout.us / 3}) : kMostPatience;
  desk_.ask<Answer>(api_->cancel_all_after(timeout), Urgency::Urgent, patience, [this, timeout, alive = std::weak_ptr<bool>(alive_)](const Answer& answer) {
    if (!alive.expired()) heard(timeout, answer);
  });
}

void DeadMan::heard(Dur timeout, const venues::Outcome<Time>& answer) {
  const Time now = desk_.now();
  const bool lapsed = countdown_.has_lapsed(now);
  const bool again = countdown_.failures() > 0;
  countdown_.heard(answer.has_value(), now);
  tell(timeout, answer ? "" : answer.error().message, again);
  if (answer && lapsed && timeout.us > 0) {
    say("the dead man's switch may have struck meanwhile: every order is asked for");
    for (const auto& [who, h] : holders_) h.lapsed();
  }
  if (!countdown_.is_settled()) return;
  lock_.release();
  shared_ = false;
}

// `again`: it failed before.
void DeadMan::tell(Dur timeout, const std::string& why, bool again) {
  const bool running = countdown_.is_running(desk_.now());
  if (why.empty()) {
    if (timeout.us > 0 && !told_armed_) {
      say(fmt::format("the dead man's switch is armed: when this run is silent for {}, the venue cancels all open orders of the account in the symbol",
                      format_duration(timeout)));
    } else if (timeout.us > 0 && again) {
      say("the dead man's switch is renewed again");
    }
    told_armed_ = timeout.us > 0;
    return;
  }
  if (timeout.us == 0) {
    if (countdown_.is_settled()) say(fmt::format("WARNING: the dead man's switch cannot be disarmed ({}): it still strikes once, also orders of others", why));
  } else if (!again && running) {
    say(fmt::format("WARNING: the dead man's switch was not renewed ({}); it is tried again, and strikes in {} otherwise", why,
                    in_seconds(countdown_.until() - desk_.now())));
  } else if (!again) {
    say(fmt::format("WARNING: the dead man's switch cannot be armed ({}); it is tried again, and until then what rests stays when this run is cut off", why));
  }
}

void DeadMan::say(const std::string& text) const {
  if (note_) note_(fmt::format("{}: {}", where_, text));
}

}  // namespace dn::live
