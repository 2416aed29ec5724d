#include "app/report_history.h"

#include <algorithm>

#include "app/alert_event.h"

namespace dn::app {
namespace {

constexpr std::size_t kMostCodes = 200;  // kept apart; codes of venues may be many

// The text behind a member's escapes, as far as a reader needs it.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\' || text[i + 1] == '/');
    out += text[escaped ? ++i : i];
  }
  return out;
}

// Whether an event of min_spread_bps says that the spread is wide enough again.
bool tells_wide_enough(std::string_view json) {
  const auto value = Decimal::parse(text_field(json, "value"));
  const auto limit = Decimal::parse(text_field(json, "limit"));
  return value && limit && *value >= *limit;
}

std::optional<Trouble> trouble_of(std::string_view type, AlertLevel level) {
  if (type == "reject") return Trouble::Refused;
  if (type == "unknown") return Trouble::Unknown;
  if (type == "error" || type == "exit_error") return Trouble::Error;
  if (level == AlertLevel::Critical) return Trouble::Critical;
  if (level == AlertLevel::Warning) return Trouble::Warning;
  return std::nullopt;
}

int gravity(const ToldCode& t) {
  const auto level = alert_level_from(t.level);
  return level ? static_cast<int>(*level) : static_cast<int>(AlertLevel::Info);
}

Dur covered_by(const std::vector<const std::vector<Stretch>*>& groups) {
  std::vector<Stretch> all;
  for (const auto* g : groups) all.insert(all.end(), g->begin(), g->end());
  return covered(std::move(all));
}

}  // namespace

void HistoryReader::close_all(Time at) {
  for (Open* o : {&error_, &rebalancing_, &completing_, &paused_, &held_back_}) o->end(at);
}

void HistoryReader::follow_run(const StoredEvent& e) {
  std::vector<RunSpan>& runs = out_.runs;
  const std::string_view id = text_field(e.json, "run_id");
  if (e.type == "run_start") {
    if (!runs.empty()) {
      close_all(runs.back().to);
      out_.marks.push_back({e.ts, Trouble::Restart});
    }
    runs.push_back({std::string(id), e.ts, e.ts, false});
    return;
  }
  if (runs.empty() || runs.back().ended || runs.back().id != id) return;  // what a person or another tool did between runs
  runs.back().to = std::max(runs.back().to, e.ts);
  if (e.type != "summary") return;
  runs.back().ended = true;
  close_all(runs.back().to);
}

void HistoryReader::follow_state(const StoredEvent& e) {
  if (out_.runs.empty() || out_.runs.back().ended) return;
  const auto set = [&e](Open& o, bool on) { on ? o.begin(e.ts) : o.end(e.ts); };
  if (e.type == "state") {
    const std::string_view to = text_field(e.json, "to");
    set(error_, to == name(TaskState::Error));
    set(rebalancing_, to == name(TaskState::Rebalancing));
    set(completing_, to == name(TaskState::Completing));
    set(paused_, text_field(e.json, "mode") != name(TaskMode::Active));
  } else if (e.type == "halt") {
    paused_.begin(e.ts);
  } else if (e.type == "alert") {
    const std::string_view code = text_field(e.json, "code");
    if (code == "paused") paused_.begin(e.ts);
    if (code == "resumed") paused_.end(e.ts);
  }
}

void HistoryReader::follow_spread(const StoredEvent& e) {
  if (e.type != "limit" || text_field(e.json, "code") != "min_spread_bps") return;
  out_.spread_was_watched = true;
  if (out_.runs.empty() || out_.runs.back().ended) return;
  tells_wide_enough(e.json) ? held_back_.end(e.ts) : held_back_.begin(e.ts);
}

void HistoryReader::tell(const StoredEvent& e) {
  if (e.type == "summary") return;
  const AlertKindOf kind = kind_of(e.type, e.json);
  if (!reaches(kind.level, AlertLevel::Info)) return;
  if (const auto trouble = trouble_of(e.type, kind.level)) out_.marks.push_back({e.ts, *trouble});
  const std::string key = e.type + "\n" + kind.code + "\n" + std::string(name(kind.level));
  if (told_.size() >= kMostCodes && !told_.contains(key)) {
    ++out_.told_otherwise;
    return;
  }
  ToldCode& t = told_[key];
  if (t.times++ == 0) t = {e.type, std::string(name(kind.level)), unescaped(kind.code), 1, e.ts, e.ts, {}};
  t.last = e.ts;
  std::string_view message = text_field(e.json, "message");
  if (message.empty()) message = text_field(e.json, "reason");
  t.message = unescaped(message);
}

void HistoryReader::add(const StoredEvent& e) {
  follow_state(e);  // before the run is closed by its summary, and after its start is known: neither is a state
  follow_run(e);
  follow_spread(e);
  tell(e);
}

History HistoryReader::finish(bool held, Time now) {
  if (!out_.runs.empty()) {
    RunSpan& last = out_.runs.back();
    if (held && !last.ended) last.to = std::max(last.to, now);
    close_all(last.to);
  }
  out_.in_error = std::move(error_.done);
  out_.rebalancing = std::move(rebalancing_.done);
  out_.completing = std::move(completing_.done);
  out_.paused = std::move(paused_.done);
  out_.held_back = std::move(held_back_.done);
  out_.told.reserve(told_.size());
  for (auto& [key, t] : told_) out_.told.push_back(std::move(t));
  std::ranges::stable_sort(out_.told, [](const ToldCode& a, const ToldCode& b) { return std::pair(gravity(a), -a.times) < std::pair(gravity(b), -b.times); });
  return std::move(out_);
}

Dur covered(std::vector<Stretch> stretches) {
  std::ranges::sort(stretches, [](const Stretch& a, const Stretch& b) { return a.from < b.from; });
  Dur sum;
  Time until{INT64_MIN};
  for (const Stretch& s : stretches) {
    const Time from = std::max(s.from, until);
    if (s.to > from) sum = sum + (s.to - from);
    until = std::max(until, s.to);
  }
  return sum;
}

Tradable tradable(const History& h) {
  std::vector<Stretch> runs;
  runs.reserve(h.runs.size());
  for (const RunSpan& r : h.runs) runs.push_back({r.from, r.to});
  Tradable t;
  t.running = covered(std::move(runs));
  t.in_error = covered_by({&h.in_error});
  const Dur with_pauses = covered_by({&h.in_error, &h.paused});
  t.paused = with_pauses - t.in_error;
  t.held_back = covered_by({&h.in_error, &h.paused, &h.held_back}) - with_pauses;
  return t;
}

}  // namespace dn::app
