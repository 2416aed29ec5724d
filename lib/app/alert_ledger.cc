#include "app/alert_ledger.h"

#include <algorithm>
#include <utility>

namespace dn::app {
namespace {

constexpr Dur kMinute = Dur::seconds(60);
constexpr Dur kFirstRetry = Dur::seconds(1);

AlertWindow* find(AlertLedger& ledger, std::string_view code) {
  const auto at = std::ranges::find(ledger.windows, code, &AlertWindow::code);
  return at == ledger.windows.end() ? nullptr : &*at;
}

void hold(AlertWindow& w, std::int64_t events, std::int64_t last) {
  w.held += events;
  w.last = std::max(w.last, last);
}

Dur retry_after(int tries) { return std::min(kFirstRetry * (std::int64_t{1} << std::min(tries - 1, 10)), kMinute); }

}  // namespace

// A window of that code, new ones at the end of their time.
AlertWindow& AlertThrottle::window(AlertLedger& ledger, std::string_view code, Time now) const {
  if (AlertWindow* w = find(ledger, code)) return *w;
  return ledger.windows.emplace_back(AlertWindow{std::string(code), now + bounds_.interval, 0, 0});
}

bool AlertThrottle::admit(const AlertLedger& ledger, Time now) {
  // A clock that was set back must not shut the door for longer than a minute.
  std::erase_if(admitted_, [&](Time t) { return t > now || now - t >= kMinute; });
  if (admitted_.size() >= bounds_.per_minute || ledger.pending.size() >= bounds_.pending) return false;
  admitted_.push_back(now);
  return true;
}

void AlertThrottle::offer(AlertLedger& ledger, Time now, std::int64_t event, std::string_view code) {
  AlertWindow* w = find(ledger, code);
  if (w != nullptr) {
    w->until = std::min(w->until, now + bounds_.interval);
    if (now < w->until || w->held > 0) return hold(*w, 1, event);
  }
  const bool known = w != nullptr || ledger.windows.size() < bounds_.codes;
  if (!known || !admit(ledger, now)) return hold(window(ledger, "", now), 1, event);
  ledger.pending.push_back({event, 0, false, 0, now, false});
  window(ledger, code, now).until = now + bounds_.interval;
}

void AlertThrottle::close_windows(AlertLedger& ledger, Time now, bool ending) {
  AlertWindow rest{"", now, 0, 0};  // at the end, what the bounds leave no delivery of its own
  for (AlertWindow& w : ledger.windows) {
    w.until = std::min(w.until, now + bounds_.interval);
    if (w.held == 0 || (now < w.until && !ending)) continue;
    const bool mixed = w.code.empty();
    if (!mixed && !admit(ledger, now)) {
      if (!ending) continue;
      hold(rest, w.held, w.last);
    } else if (mixed && ending) {
      hold(rest, w.held, w.last);
    } else {
      ledger.pending.push_back({w.last, w.held, mixed, 0, now, false});
    }
    w.held = 0;
    w.until = now + bounds_.interval;
  }
  if (rest.held > 0) ledger.pending.push_back({rest.last, rest.held, true, 0, now, false});
  std::erase_if(ledger.windows, [&](const AlertWindow& w) { return w.held == 0 && now >= w.until; });
}

std::optional<PendingAlert> AlertThrottle::offer_at_once(AlertLedger& ledger, Time now, std::string_view code) const {
  AlertWindow* mine = find(ledger, code);
  if (mine != nullptr && now < std::min(mine->until, now + bounds_.interval)) {
    hold(*mine, 1, 0);
    return std::nullopt;
  }
  PendingAlert out;
  for (AlertWindow& w : ledger.windows) {
    if (now < w.until) continue;
    out.suppressed += std::exchange(w.held, 0);
    out.mixed = out.mixed || (out.suppressed > 0 && w.code != code);
  }
  if (out.suppressed > 0) ++out.suppressed;
  std::erase_if(ledger.windows, [&](const AlertWindow& w) { return now >= w.until; });
  (void)window(ledger, code, now);
  return out;
}

bool AlertThrottle::failed(AlertLedger& ledger, std::size_t pending, Time now) const {
  PendingAlert& p = ledger.pending[pending];
  p.next_try = now + retry_after(++p.tries);
  if (p.tries < bounds_.tries) return false;
  hold(window(ledger, "", now), p.events(), p.event);
  ledger.pending.erase(ledger.pending.begin() + static_cast<std::ptrdiff_t>(pending));
  return true;
}

}  // namespace dn::app
