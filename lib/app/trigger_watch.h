// Watches the pairs of one trigger and says which task is to begin, and why.
//
// A pair has one task at a time, by its name: while that has not ended, and for the trigger's cooldown after it has, nothing begins there. The
// database is what remembers that. One process at a time watches a trigger.
// Ownership: grounds and output outlive it. Thread rule: the grounds' thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/output.h"
#include "app/session.h"
#include "app/task_file.h"

namespace dn::app {

// What the orders of a pair's task would earn now.
struct Opening {
  Bps touch;                // net of fees, at the touches
  std::optional<Bps> size;  // with a slice's way through the books where an order takes; none: more than is visible, or no depth
};
// nullopt while a book is not known, makes no sense or contradicts the other one. `depth`: none: not looked at, and the opening has no size.
std::optional<Opening> opening_of(const TaskSpec& spec, const MarketView& market, const std::optional<PerSide<venues::Depth>>& depth);
// With the sizes that the trigger's notionals come to at these prices, aligned to both venues' steps.
TaskSpec sized_task(const TriggerSpec& trigger, const WatchedPair& pair, const MarketView& market);

// The tasks that these may start, without their sizes.
std::vector<TaskSource> trigger_tasks(const std::vector<TriggerSource>& triggers);
// Of the tasks that a trigger's pairs have by their names: those that have not ended.
Expected<std::vector<std::string>, ToolError> unfinished_tasks(const TriggerSpec& trigger, const std::string& db);

class TriggerWatch {
 public:
  struct Start {
    TaskSource source;
    TriggeredStart start;
  };
  struct Options {
    SessionOptions session;
    std::vector<std::string> halt_files;
    bool once = false;
  };
  // Asks for the prices of all pairs. Its caller holds the trigger's lock. Errors: a database that cannot be read; of the venues only when no pair
  // at all can be watched.
  static Expected<std::unique_ptr<TriggerWatch>, ToolError> open(const TriggerSource& source, const Options& options, Grounds& grounds, Output& output);

  // When something is due next; never: over.
  Time next_time() const;
  // From when on its pace counts, in virtual time.
  Time origin() const { return origin_; }
  // What is due is done. The task that is to begin, if any: the widest of those that are worth one. It counts as running from then on.
  std::optional<Start> step();

  bool owns(const std::string& task) const;
  // A task has ended for good, or its run has and a later one goes on with it.
  void ended(const std::string& task, bool for_good, Time at);
  // Which of its tasks this process runs.
  void runs_here(const std::vector<std::string>& tasks);
  // Its file was read again: what may change while it is watched is changed. False: it is of another trigger.
  bool reload(const TriggerSource& source);
  // It did not begin: as if it had ended now.
  void failed(const std::string& task, const ToolError& why);

  // A recording has ended, or the one look is done.
  bool is_over() const { return over_; }
  void end() { over_ = true; }
  std::size_t started() const { return started_; }
  // For a person: why nothing began.
  std::string best() const;

 private:
  struct Pair {
    WatchedPair what;
    std::string task;
    std::unique_ptr<Prices> prices;  // none: they cannot be had
    Time retry = Time::never();      // when they are asked for again
    bool barred = false;             // what its owner wrote cannot be traded there
    bool halted = false;             // by a file, and that was told
    bool runs = false;
    bool here = false;  // in this process
    Time ready;         // not before
    bool looked = false;
    std::optional<Opening> seen;    // the newest
    Time promised = Time::never();  // since when the touches are wide enough
    Time since;                     // from when on a depth decides
    bool awaits = false;            // it
    bool doubted = false;           // a depth did not hold what the touches promise
  };

  TriggerWatch(TriggerSource source, Options options, Grounds& grounds, Output& output);
  Expected<void, ToolError> remember();
  Expected<void, ToolError> watch_all();
  std::optional<ToolError> watch(Pair& p);
  void retry_absent(Time now);
  Time now() const;
  bool may_start(const Pair& p, Time now) const;
  // Looks at its books; a task with its numbers when it is worth one.
  std::optional<Start> look(Pair& p, Time now);
  Start start_of(const Pair& p, const TaskSpec& spec, const MarketView& view, Time now) const;
  bool is_wider_awaited(const Bps& spread, Time now) const;
  bool is_tradable(Pair& p, const TaskSpec& spec, const MarketView& view);
  bool is_halted(Pair& p, const TaskSpec& spec);
  void look_elsewhere(Time now);
  void say(const std::string& what) const;
  void mind_once(Time now);
  bool all_looked() const;

  TriggerSource source_;
  Options options_;
  Grounds& grounds_;
  Output& output_;
  std::vector<Pair> pairs_;
  Time not_before_;  // of a synthetic market
  Time origin_;
  Time now_;                            // virtual
  Time next_look_;                      // real
  Time patient_until_ = Time::never();  // of the one look
  Time next_elsewhere_;                 // real
  bool over_ = false;
  std::size_t started_ = 0;
};

}  // namespace dn::app
