// The sessions of a run and what drives them: one loop for all, paced by the clock or as fast as they go.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/alerts.h"
#include "app/control.h"
#include "app/halt_files.h"
#include "app/heartbeat.h"
#include "app/metrics_file.h"
#include "app/roster.h"
#include "app/run.h"
#include "app/signals.h"
#include "app/trigger_watch.h"

namespace dn::app {

inline std::int64_t real_us() { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Nothing of an earlier run stays at a venue because a new one could not begin. What is left is added to the error.
ToolError rescue(const RunRequest& request, ToolError e, Output& output, Alerts& alerts);

class Runner {
 public:
  // All are borrowed and outlive it.
  Runner(const RunRequest& request, Output& output, Alerts& alerts);
  Expected<RunOutcome, ToolError> run();

 private:
  Expected<void, ToolError> run_to_end();

  // One after the other, and those that have begun do not wait for the rest.
  Expected<void, ToolError> begin_all();

  // What is due of the sessions that have begun, in real time; others wait until all have.
  Expected<void, ToolError> tend();

  // Asked all along while a venue is waited for. The code of what ends the wait, if anything does.
  std::optional<ExitCode> while_waiting();
  std::span<const std::unique_ptr<Session>> begun() const { return {sessions_.data(), begun_}; }

  void drop(std::size_t i);

  // Starts a session. False: it is left out, and another one stands in its place.
  Expected<bool, ToolError> begin(std::size_t i);

  // Tasks that wait for a place in the portfolio begin as soon as one is free, in the order of the files.
  Expected<void, ToolError> begin_waiting();
  bool someone_waits() const;
  bool is_late() const;
  Expected<void, ToolError> give_up_places();

  // What threads of their own tell of these tasks: before the first step, so that nothing of this run is missed.
  void tell_of(const std::vector<std::string>& tasks) {
    alerts_.watch(tasks, output_);
    metrics_.watch(tasks);
  }

  std::vector<std::string> names() const;

  // The disk fails, or something else ends the run; the venues may not: what rests is asked to go, and the requests get the time to leave.
  void withdraw();
  Expected<void, ToolError> open_grounds(const Roster::Tasks& tasks);

  // Real time until a session's next step is due; 0 or less: now.
  std::int64_t left_us(const Session& s) const;
  Session* soonest();

  // The same of virtual time that lies so far behind the beginning.
  std::int64_t paced_us(Dur ahead) const;
  // Waits for a while at most, and looks at signals, requests and the kill switch. True when the session's step is due; false when it is
  // time to see whose step is next.
  Expected<bool, ToolError> wait_for(std::int64_t left, const Session* next);

  // Of one session, or of all: with many of them, one step does not look at the files of each.
  Expected<void, ToolError> mind_kill_switch(const Session* only);

  // A name that says nothing halts everything; it takes a look at the directory, so it is not part of every step.
  Expected<void, ToolError> mind_stray_halts();
  Expected<void, ToolError> look(std::int64_t wait_us);
  void show_life();
  Expected<void, ToolError> on_signal(int signal);
  Expected<void, ToolError> reload();
  RunOutcome outcome() const;
  static void add(RunOutcome& out, const Session& s);

  // Of triggers.
  Expected<void, ToolError> hold_triggers(Roster::Tasks& tasks);
  Expected<void, ToolError> open_watches();
  std::int64_t left_us(const TriggerWatch& w) const;
  TriggerWatch* soonest_watch();
  // Its next look, when it is due, and what that starts.
  Expected<void, ToolError> mind(TriggerWatch& watch);
  void end(TriggerWatch& watch);
  Expected<void, ToolError> start(TriggerWatch& watch, TriggerWatch::Start start);
  // Those of its tasks whose runs have ended make room.
  Expected<void, ToolError> retire_triggered();
  RunRequest request_;  // with triggers, --once is not a bound on cycles
  Output& output_;
  Alerts& alerts_;
  Roster roster_;
  SignalReader signals_;
  std::unique_ptr<Grounds> grounds_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::size_t begun_ = 0;  // of them
  std::vector<std::unique_ptr<TriggerWatch>> watches_;
  RunOutcome retired_;                // of tasks that triggers started and that are over
  std::optional<ToolError> trouble_;  // of those that have begun, while another one starts
  Heartbeat heartbeat_{lock_directory(request_.session.db)};
  MetricsFile metrics_{request_.metrics_file, request_.session.db};
  std::int64_t began_us_ = 0;
  std::int64_t next_look_us_ = 0;
  std::int64_t next_progress_us_ = 0;
  int steps_ = 0;
  bool stepped_ = false;  // since the sockets had their turn
  bool places_may_be_free_ = true;
  std::vector<std::optional<KillSwitch>> kill_switches_;  // of each session, until it is pulled
  bool interrupted_ = false;
  std::optional<ExitCode> signalled_;
  std::optional<ExitCode> start_ended_;  // by a signal before the first session had begun
};

}  // namespace dn::app
