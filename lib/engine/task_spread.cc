// What the net spread allows: entering, staying, leaving.
#include <algorithm>

#include "engine/task.h"

namespace dn {
namespace {

constexpr Dur kCalm = Dur::minutes(1);  // between two changes of the gate: the next closure counts as the first again
constexpr Dur kLongestHold = Dur::minutes(1);
constexpr Dur kExitGrace = Dur::seconds(1);  // a spread must be that long below the exit: one bad tick is no reason to leave
const Bps kWorthWatching{2};                 // an entry spread below this is noise
const Bps kSlack{1};                         // between closing and opening, so that nothing flaps on a limit

// How long the gate stays closed after so many closures in quick succession: 1 s, doubling.
Dur pause_after(int closures) { return std::min(Dur{Dur::seconds(1).us << std::clamp(closures - 1, 0, 6)}, kLongestHold); }

}  // namespace

void TaskEngine::track_spread(Situation& s) {
  const bool watched = s.spec->risk.min_spread_bps || s.spec->risk.exit_spread_bps || s.leg.buy.filled.is_positive();
  if (!watched || !s.leg.buy.fresh || !s.leg.sell.fresh) return;
  const auto spread = quoted_spread(s);
  if (!s.holding) watch_entry(s, spread);
  s.spread_closed = spread_.closed && least_spread(s.spec->risk).has_value();
  if (!spread) return;
  const auto& exit = s.spec->risk.exit_spread_bps;
  const bool is_thin = exit && spread->net < *exit;
  const bool is_wide = !exit || spread->net >= *exit + kSlack;
  if (is_wide) spread_.thin_since = Time::never();
  if (is_thin && spread_.thin_since.is_never()) spread_.thin_since = now_;
  if (!s.closing) watch_compression(*spread);
}

// Opens and closes the way for new quotes.
void TaskEngine::watch_entry(const Situation& s, const std::optional<Spread>& spread) {
  const auto least = least_spread(s.spec->risk);
  if (!least) return;
  SpreadWatch& w = spread_;
  if (w.closed && spread && spread->net >= *least && now_ >= w.reopen) {
    w.closed = false;
    w.changed = now_;
    if (w.closed_told)
      alert(AlertKind::Limit, AlertLevel::Info, "min_spread_bps", Reason("the net spread is wide enough: quoting"), spread->net.str(), least->str());
    w.closed_told = false;
    return;
  }
  const bool too_thin = !spread || spread->net < *least - kSlack;
  if (!w.closed && too_thin) {
    w.closures = now_ - w.changed > kCalm ? 1 : w.closures + 1;
    w.closed = true;
    w.changed = now_;
    w.reopen = now_ + pause_after(w.closures);
  }
  if (!w.closed || w.closed_told) return;
  w.closed_told = true;
  alert(AlertKind::Limit, AlertLevel::Info, "min_spread_bps",
        Reason("the net spread is too small for risk." + std::string(least_spread_key(s.spec->risk)) + ": no new quotes"),
        spread ? spread->net.str() : "unknown", least->str());
}

// Warns once when less than half is left of the spread that the task entered at, and again after it has recovered.
void TaskEngine::watch_compression(const Spread& spread) {
  const auto bought = record_.leg.buy.avg_price();
  const auto sold = record_.leg.sell.avg_price();
  if (!bought || !sold || !bought->is_positive()) return;
  const Bps entry = in_bps((*sold - *bought).decimal(), bought->decimal());
  if (entry < kWorthWatching) return;
  if (spread.gross >= entry * Decimal::from_parts(75, 2)) spread_.compression_told = false;
  if (spread_.compression_told || spread.gross >= entry * Decimal::from_parts(5, 1)) return;
  spread_.compression_told = true;
  alert(AlertKind::Alert, AlertLevel::Warning, "spread_compression",
        Reason("less than half is left of the spread that was entered at, " + entry.str() + " bps"), spread.gross.str(),
        (entry * Decimal::from_parts(5, 1)).str());
}

// True when the spread makes the task leave.
bool TaskEngine::check_exit(const Situation& s) {
  const bool holds = s.leg.buy.filled.is_positive() || s.leg.sell.filled.is_positive();
  if (!s.spec->risk.exit_spread_bps || !holds || record_.mode == TaskMode::Paused || stop_) return false;
  const bool opens = record_.holding.part == Part::Open;
  if (s.spec->hold.goes_round() && !opens && s.spec->risk.exit_action == SpreadExit::Complete) return false;  // it has stopped opening
  if (spread_.thin_since.is_never() || now_ - spread_.thin_since < kExitGrace) return false;
  const auto spread = quoted_spread(s);
  return spread && leave(*spread);
}

bool TaskEngine::leave(const Spread& spread) {
  const RiskSpec& risk = record_.spec.risk;
  const Reason why("the net spread of " + spread.net.str() + " bps is below risk.exit_spread_bps " + risk.exit_spread_bps->str());
  alert(AlertKind::Limit, AlertLevel::Warning, "exit_spread_bps", why, spread.net.str(), risk.exit_spread_bps->str());
  spread_.thin_since = Time::never();
  switch (risk.exit_action) {
    case SpreadExit::Pause:
      record_.mode = TaskMode::Paused;
      record_.reason = why.str();
      save_task();
      return false;
    case SpreadExit::Complete:
      if (begin_hold(situation(), Reason(why.str() + ": it stops opening"))) return true;
      begin_stop({Stop::Kind::Complete, ExitCode::Ok, false, true, Time::never(), Reason(why.str() + ": it stops opening")});
      return true;
    case SpreadExit::Unwind: unwind(why); return true;
  }
  return false;
}

}  // namespace dn
