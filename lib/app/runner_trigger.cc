// The part of a run that starts tasks by itself.
#include <fmt/format.h>

#include <algorithm>

#include "app/runner.h"

namespace dn::app {

Expected<void, ToolError> Runner::hold_triggers(Roster::Tasks& tasks) {
  if (roster_.triggers().empty()) return {};
  if (!request_.once && request_.session.max_cycles > 0) {
    return Unexpected{ToolError{ExitCode::Usage, "--max-cycles makes no sense with [trigger]: its tasks have cycles of their own",
                                "bound the run with --max-runtime, or look once with --once"}};
  }
  if (request_.session.restart) {
    return Unexpected{
        ToolError{ExitCode::Usage, "--restart makes no sense with [trigger]: its tasks begin anew by themselves after the cooldown", "leave it out"}};
  }
  request_.session.max_cycles = 0;
  return roster_.hold_triggers(tasks);
}

Expected<void, ToolError> Runner::open_watches() {
  for (const TriggerSource& t : roster_.triggers()) {
    if (interrupted_) return {};
    auto watch = TriggerWatch::open(t, {request_.session, request_.halt_files, request_.once}, *grounds_, output_);
    if (trouble_) return Unexpected{*trouble_};
    if (!watch && interrupted_) return {};
    if (!watch) return Unexpected{watch.error()};
    (*watch)->runs_here(names());
    watches_.push_back(std::move(*watch));
  }
  return {};
}

std::int64_t Runner::left_us(const TriggerWatch& w) const {
  const Time next = w.next_time();
  if (next.is_never()) return 0;  // it has something to conclude
  const auto present = grounds_->now();
  return present ? (next - *present).us : paced_us(next - w.origin());
}

TriggerWatch* Runner::soonest_watch() {
  TriggerWatch* best = nullptr;
  for (const auto& w : watches_) {
    if (w->is_over()) continue;
    const Dur budget = request_.session.max_runtime;
    const bool late = grounds_->now() ? is_late() : budget.us > 0 && !w->next_time().is_never() && w->next_time() - w->origin() >= budget;
    if (interrupted_ || late) {
      end(*w);
    } else if (best == nullptr || left_us(*w) < left_us(*best)) {
      best = w.get();
    }
  }
  return best;
}

Expected<void, ToolError> Runner::mind(TriggerWatch& watch) {
  const auto due = wait_for(left_us(watch), nullptr);
  if (!due) return Unexpected{due.error()};
  if (!*due || interrupted_) return {};
  if (auto begins = watch.step()) return start(watch, std::move(*begins));
  if (watch.is_over()) end(watch);
  return {};
}

void Runner::end(TriggerWatch& watch) {
  watch.end();
  if (watch.started() == 0 && !interrupted_) output_.message(watch.best());
}

Expected<void, ToolError> Runner::start(TriggerWatch& watch, TriggerWatch::Start begins) {
  const std::string task = begins.source.spec.name;
  auto session = roster_.open_triggered(std::move(begins.source), begins.start, *grounds_);
  if (trouble_) return Unexpected{*trouble_};
  if (!session && !interrupted_ && !Roster::is_its_own(session.error())) return Unexpected{session.error()};
  if (!session) {
    watch.failed(task, session.error());
    retired_.code = worse(retired_.code, session.error().code);
    return {};
  }
  kill_switches_.emplace_back(std::in_place, request_.halt_files, (*session)->record().spec);
  sessions_.push_back(std::move(*session));
  if (auto set = roster_.enter_portfolio(names(), {task}); !set) return set;
  tell_of({task});
  const auto begun = begin(sessions_.size() - 1);
  if (begun && *begun) {
    ++begun_;
    return {};
  }
  if (!begun && !interrupted_) return Unexpected{begun.error()};
  if (!begun) drop(sessions_.size() - 1);  // a signal came meanwhile
  watch.ended(task, true, grounds_->now().value_or(begins.start.at));
  return {};
}

Expected<void, ToolError> Runner::retire_triggered() {
  for (const auto& w : watches_) {
    for (std::size_t i = begun_; i-- > 0;) {
      const Session& s = *sessions_[i];
      const TaskRecord& record = s.record();
      if (!s.finished() || s.waits_for_place() || !w->owns(record.spec.name)) continue;
      add(retired_, s);
      w->ended(record.spec.name, record.verdict != Verdict::None, grounds_->now().value_or(record.updated));
      drop(i);
    }
  }
  return {};
}

}  // namespace dn::app
