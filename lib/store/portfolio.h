// The portfolio of a database: its limits, and what of them each task holds as a lease.
//
// Who takes part holds the task's kernel lock (task_lock.h). A row of `leases` stands for one round of a task:
//   - while its run is alive, it counts with its room or with its books, whichever is more;
//   - once nobody runs it, it counts with its books: what it holds, and its unclosed orders at full size. The room that it had not used is free
//     in the moment its process dies, because whoever asks looks at the lock;
//   - what a task that unwinds has closed is taken off what the others opened, by symbol, venue and side;
//   - a task that has ended and holds nothing is done and not looked at again.
// Everything here is one short transaction, or none. An answer is durable before it is given; whoever asks sees what was given before.
//
// Ownership and threads: of the store that it works on.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/portfolio.h"
#include "store/store.h"

namespace dn {

// The row of the portfolio.
struct PortfolioRow {
  PortfolioLimits limits;
  std::string halted;  // why all its tasks are halted; empty: they are not
  Money base;          // result of all its tasks that the loss is counted from
  Money done;          // result of tasks that are done
};

// One round of a task in the portfolio.
struct Lease {
  std::int64_t task_id = 0;
  std::string task;
  std::int64_t round = 1;
  Symbol symbol;
  PerSide<Venue> venue{};
  bool closing = false;  // it unwinds
  bool running = false;  // a run of it is alive
  bool waiting = false;  // its last wish was refused
  bool ended = false;    // it has a verdict
  Money room;            // of a run that is alive
  Money result;          // realised + marked, as last told
  PerSide<Qty> filled;
  PerSide<Money> held;  // of each side
  PerSide<Money> open;  // of each side, unclosed orders at full size
  Money exposure;       // what it counts with, before what others have closed
};

struct PortfolioState {
  PortfolioRow row;
  std::vector<Lease> leases;  // by task and round; those that are done are left out
  // By symbol: exposure less what was closed.
  std::vector<std::pair<Symbol, Money>> used;
  Money total;
  Money result;  // of all its tasks since the loss is counted
  std::int64_t running = 0;
};

class Portfolio {
 public:
  // `alive`: whether somebody holds the lock of a task.
  using IsAlive = std::function<bool(const std::string& task)>;
  Portfolio(Store& store, bool live, IsAlive alive) : store_(store), live_(live), alive_(std::move(alive)) {}

  // None: no portfolio is in force. Cheap when nothing was written since the last call.
  Expected<std::optional<PortfolioRow>, StoreError> row();
  Expected<std::optional<PortfolioState>, StoreError> state();

  // What a run of these tasks would find if it began now, under the limits of its file or, without, those in force. Writes nothing. None: no
  // portfolio would be in force.
  Expected<std::optional<PortfolioState>, StoreError> foresee(const std::optional<PortfolioLimits>& limits, const std::vector<std::string>& own);

  // The limits of a file that begins. They replace what the database has; while other runs are alive the stricter of both holds. `own`: the
  // tasks whose locks the caller holds. Returns what holds.
  Expected<PortfolioRow, StoreError> set_limits(const PortfolioLimits& limits, const std::vector<std::string>& own);
  // The caller has just got the locks of these tasks: what earlier runs of them had not used is free.
  Expected<void, StoreError> free_rooms(const std::vector<std::string>& own);

  // A run begins, unless as many as may run do already: nullopt then. `have`: what it counts with itself.
  Expected<std::optional<Room>, StoreError> enter(const TaskRecord& task, std::optional<Money> have);
  // More room. What is not reached for stays free for others: a refused task keeps what it has used.
  Expected<Room, StoreError> ask(const TaskRecord& task, const RoomWish& wish);
  // What a run has gained so far; with `have`, it also gives back the room beyond that. Returns the row, halted where the loss is above its limit.
  Expected<PortfolioRow, StoreError> tell(const TaskRecord& task, Money result, std::optional<Money> have);
  // The run ends: its room is free, what it holds counts.
  Expected<void, StoreError> leave(const TaskRecord& task, std::optional<Money> result);

  // A person lifts the halt: losses are counted anew from here.
  Expected<void, StoreError> resume();
  // A person says that what these tasks hold is held no more. How many rows that were.
  Expected<std::int64_t, StoreError> release(const std::string& task);

 private:
  Expected<std::optional<PortfolioRow>, StoreError> read_row();
  Expected<std::vector<Lease>, StoreError> read_leases(std::int64_t own);
  Expected<void, StoreError> add_intents(Lease& lease);
  Expected<std::vector<TaskRecord>, StoreError> read_missing();
  Expected<void, StoreError> add_missing();
  Expected<Lease, StoreError> foreseen_lease(TaskRecord task);
  Expected<void, StoreError> write_row(const PortfolioRow& row);

  Store& store_;
  bool live_;
  IsAlive alive_;
};

}  // namespace dn
