// One task of a run: its lock, its part of the database connection, its engine and the ground it trades on.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/ground.h"
#include "app/membership.h"
#include "app/output.h"
#include "app/stopwatch.h"
#include "app/task_file.h"
#include "app/wall_clock.h"
#include "engine/task.h"
#include "store/store.h"
#include "store/task_lock.h"

namespace dn::app {

// What a trigger begins a task with.
struct TriggeredStart {
  Time at;
  Triggered why;
  std::optional<Join> join;  // in virtual time
};

struct SessionOptions {
  std::string db;
  std::shared_ptr<SharedPortfolio> portfolio;  // of all sessions of the process; set by the roster
  bool fixed_time = false;                     // virtual time starts at a fixed moment: same seed, same bytes
  bool restart = false;                        // a finished task begins a new round
  std::int64_t max_cycles = 0;
  Dur max_runtime = Dur{};  // in the time of the ground; 0 = no bound
  bool leave_orders = false;
  std::optional<Errand> errand;  // instead of trading
  std::optional<TriggeredStart> triggered;
  Dur rebuild{};  // > 0: the books are gone; whatever the venues show of the task since so long ago goes into new ones
};

class Session final : public RunObserver {
 public:
  // Finds or adds the task in the database. Nothing is sent yet.
  // `from_file`: the source is what its owner wrote just now; otherwise it is what the database holds.
  // `grounds` and `output` outlive it.
  static Expected<std::unique_ptr<Session>, ToolError> open(TaskLock lock, TaskSource source, bool from_file, const SessionOptions& options, Grounds& grounds,
                                                            Output& output);

  // Does nothing while the portfolio has no place for one more task: `waits_for_place`; asked again then. `late`: by how much the run is older
  // than this start, which its budget does not get back.
  Expected<void, ToolError> start(Dur late = {});
  // The run ends, and no place came free: told as the limit that it is.
  Expected<void, ToolError> give_up_place();
  bool waits_for_place() const { return waits_for_place_; }
  Expected<void, ToolError> step();
  // When its next step is due, also by the end of its budget.
  Time next_time() const;
  // From when on its pace counts, in virtual time.
  Time paced_from() const { return options_.triggered && options_.triggered->join ? options_.triggered->join->pace : started_; }
  bool finished() const { return engine_ == nullptr || (engine_->finished() && run_->finished()); }
  // It has an engine: it was started, and had something to do.
  bool is_running() const { return run_ != nullptr; }
  // Nothing more can be asked of it, although it may still put something right behind its end.
  bool decided() const { return engine_ == nullptr || engine_->finished(); }
  ExitCode exit_code() const { return waits_for_place_ ? ExitCode::Waiting : record().exit_code; }
  const std::string& run_id() const { return run_id_; }  // empty: no run has begun
  const TaskRecord& record() const { return engine_ ? engine_->record() : idle_; }

  // After a failure of the journal; see TaskDriver::withdraw.
  void withdraw();
  Expected<void, ToolError> inject(const Event& event);
  // Carries out what other processes asked for meanwhile.
  Expected<void, ToolError> poll_requests();
  // The file was read again: what may change while the task runs is changed.
  Expected<void, ToolError> reload(const TaskSource& source);

  std::string progress_line() const;
  std::string summary_json() const;  // the summary event
  std::string summary_text() const;
  // How it ended, why, and what to do next; empty when all went well.
  std::string trouble() const;

 private:
  std::size_t open_orders() const;  // when the run has ended: what may rest at the venues
  Session(TaskLock lock, TaskSource source, SessionOptions options, Grounds& grounds, Output& output)
      : lock_(std::move(lock)), source_(std::move(source)), options_(std::move(options)), grounds_(grounds), output_(output) {}

  Expected<void, ToolError> find_or_add(bool from_file);
  Expected<void, ToolError> adopt_file(TaskRecord& known);
  Expected<void, ToolError> build();
  Expected<void, ToolError> reconcile_with_venues(StoredTask& stored);
  Expected<void, ToolError> check_beginning(TaskRecord& task, const AccountViews& views);
  Expected<void, ToolError> check_restored(const TaskRecord& task, const AccountViews& views);
  Expected<void, ToolError> number_beyond(TaskRecord& task, std::uint32_t epoch);
  Expected<void, ToolError> after_step(const Expected<void, JournalError>& done);
  Expected<void, ToolError> hear_portfolio(const Expected<std::optional<Event>, ToolError>& news);
  Expected<void, ToolError> conclude();
  bool only_proves() const { return options_.errand && options_.errand->kind == Errand::Kind::Prove; }
  Expected<void, ToolError> check_tradable(const TaskSource& source) const;
  Expected<void, ToolError> drop_wishes(const TaskRecord& known, std::optional<Time> before, std::string_view why);
  Expected<void, ToolError> check_request(const AccountViews& views);
  Expected<void, ToolError> carry_out(const ControlRequest& r);
  Expected<void, ToolError> change(const ControlRequest& r);
  std::string refusal_of(TaskSource& changed, const PerSide<Qty>& filled, const ControlRequest& r) const;
  Expected<void, ToolError> refuse(const std::string& why);
  Expected<void, ToolError> settle_changes();
  Expected<void, ToolError> change_before_start(StoredTask& stored, const ControlRequest& r);
  std::string event_head(std::string_view type) const;
  std::string run_start_json() const;

  // RunObserver
  void heard(Time now, const Event& event) override;
  void after_handle(Time now, const TaskEngine& engine, const Commands& commands) override;
  void committed(Time now, const TaskEngine& engine, const Commands& commands) override;
  void sending(Time now, const Send& send) override;
  void sent(Time now) override;

  TaskLock lock_;
  TaskSource source_;
  SessionOptions options_;
  Grounds& grounds_;
  Output& output_;
  std::unique_ptr<Store> store_;
  std::optional<Membership> membership_;
  bool waits_for_place_ = false;
  TaskRecord idle_;  // of a task that has nothing to do
  std::string run_id_;
  Time started_;
  std::unique_ptr<Ground> ground_;
  std::unique_ptr<TaskEngine> engine_;
  std::unique_ptr<TaskDriver> run_;
  Stopwatches watches_;
  std::vector<Event> known_;        // what the venues told before the first step
  std::set<std::int64_t> cancels_;  // requests to cancel that are under way
  std::set<std::int64_t> changes_;  // requests to change parameters that no cycle has taken yet
  bool draining_ = false;
  bool concluded_ = false;
};

// On which tasks of runs with a fixed time begin.
inline constexpr Time kFixedStart{1'767'225'600'000'000};  // 2026-01-01T00:00:00Z
// The present of a task for what is done between its runs: one that began on the clock of seeded runs stays on it.
Time present_of(const TaskRecord& task);

// A journal's failure as the tool's.
ToolError journal_failure(const JournalError& e, const std::string& task);
ToolError store_failure(const StoreError& e);
// That no task has this name; that its lock cannot be had.
ToolError no_such_task(std::string_view task, const std::string& db);
ToolError lock_failure(const TaskLock::Error& e, const std::string& task);

}  // namespace dn::app
