// The dead man's switch of one venue and symbol: a timer at the venue that cancels all of the account's open orders of the symbol, whoever
// placed them, unless it is renewed. All runs of this process that trade there hold one together; runs of other processes that share the
// lock's directory are seen through a file, so that the end of one does not switch off what protects another.
//
// Ownership: the desk outlives it; it outlives its holders. Thread rule: the loop's thread. Error rule: what fails is told by a note and tried
// again; nothing waits for it for longer than the first try takes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "live/countdown.h"
#include "live/desk.h"
#include "live/shared_lock.h"

namespace dn::live {

class DeadMan {
 public:
  using Note = std::function<void(const std::string&)>;
  // `where` names venue and symbol in notes; `lock`: see SharedLock. `note` is optional.
  DeadMan(Desk& desk, std::unique_ptr<venues::VenueApi> api, std::string where, std::string lock, Note note);

  // `who` may have orders resting from now on: the timer is armed and renewed. Again: with another timeout, above zero; the shortest of all
  // holders counts. `lapsed` is called when the timer may have struck although `who` is alive.
  void hold(const void* who, Dur timeout, std::function<void()> lapsed);
  // `who` ends. `disarm`: nothing of its orders rests there any more, or what rests is to stay; otherwise the timer is left to strike.
  void release(const void* who, bool disarm);

  // The timer is about to be armed: what may rest is better sent a moment later.
  bool is_awaited() const { return countdown_.is_awaited(desk_.now()); }
  // Nothing is under way that a holder which has released should wait for.
  bool is_settled() const { return !holders_.empty() || left_ || countdown_.is_settled(); }

  void wake();
  Time next_deadline() const;

 private:
  struct Holder {
    Dur timeout;
    std::function<void()> lapsed;
  };
  void set_wish();
  bool may_ask();
  void ask(Dur timeout);
  void heard(Dur timeout, const venues::Outcome<Time>& answer);
  void tell(Dur timeout, const std::string& why, bool again);
  void say(const std::string& text) const;

  Desk& desk_;
  std::unique_ptr<venues::VenueApi> api_;
  std::string where_;
  SharedLock lock_;
  Note note_;
  Countdown countdown_;
  std::map<const void*, Holder> holders_;
  bool left_ = false;    // a holder ended with orders that may rest: the timer is the one to see to them
  bool shared_ = false;  // the lock is held
  Time give_up_on_lock_ = Time::never();
  Time next_look_ = Time::never();  // at the lock
  bool told_armed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // guards answers that come after the end
};

}  // namespace dn::live
