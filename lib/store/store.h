// The SQLite file that holds tasks, orders, fills and events.
//
// One `Store` is one connection, used by one thread; those of the runs of a process share one (`beside`). Writers open ReadWrite (WAL, STRICT tables, every
// write in BEGIN IMMEDIATE); readers open ReadOnly and never block a writer nor are blocked by one. Which process may write a task is decided by TaskLock
// (store/task_lock.h), not by SQLite.
//
// Durability rule: `commit` survives kill -9 (WAL, synchronous=NORMAL). A power cut may lose the newest commits;
// what they held is found again at the venues by our client order ids, and no id is used twice because
// `begin_run` makes the run's epoch durable against power loss (synchronous=FULL) before the first order.
//
// Error rule: every call that touches the disk answers with a value or a JournalError; nothing throws.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/intents.h"
#include "model/task_record.h"
#include "store/chain.h"

namespace dn {

struct StoreError {
  enum class Kind : std::uint8_t {
    NotFound,      // the file (ReadOnly) or the task is not there
    NewerSchema,   // written by a newer program
    OlderSchema,   // written by an older program, and this is a reader: a writer brings it up to date
    NotADatabase,  // the file is another program's, or no file
    Damaged,       // the file, or a row of it, is not what was written; also a file that is no database at all
    DiskFull,
    ReadOnly,  // no permission to write
    Busy,      // another process held the file longer than the time-out
    Exists,    // a file is there that must not be written over
    Stopped,   // whoever asked for it wants it no more
    Other,
  };
  Kind kind = Kind::Other;
  std::string message;  // what and why, naming the file
};

// A wish from another process, kept until the task's own process has carried it out.
struct ControlRequest {
  enum class Verb : std::uint8_t { Set, Pause, Resume, Cancel, Halt };
  std::int64_t id = 0;
  Verb verb = Verb::Pause;
  std::string arguments;  // Set: "key=value" lines; Halt: why
  Time asked;
};

// One stored event, as it was printed.
struct StoredEvent {
  std::int64_t id = 0;
  Time ts;
  std::string type;
  std::string json;  // the whole "dn.event/1" object
  Digest digest{};   // see store/chain.h; empty: written before there was a chain
};

// How long the stages of the engine's work took, measured by the shell with the real clock.
struct LatencyStats {
  std::string stage;  // "cycle", "sync", "placement", "decision"
  std::int64_t count = 0;
  std::int64_t p50_ns = 0;
  std::int64_t p99_ns = 0;
  std::int64_t max_ns = 0;
};

struct OrderFilter {
  bool open = false;     // only orders that are not closed
  bool unknown = false;  // only orders of unknown fate
};

// A row and where it stands among those of its kind: later rows have greater numbers.
template <class Row>
struct Numbered {
  std::int64_t id = 0;
  Row row;
};
// A fill, and the mid that its order was decided at; zero where it is not known.
struct Trade {
  Fill fill;
  Price arrival;
};
// The days of a task and what it stands at now, of one moment.
struct TaskDays {
  std::vector<DayStart> starts;  // oldest first; none where nothing is booked, or where an older version booked the first of it
  DayStart now;
};
enum class RowKind : std::uint8_t { Orders, Fills, Events };

// What a copy of the database holds.
struct BackupCounts {
  std::int64_t rounds = 0;  // rows of tasks, one per round
  std::int64_t orders = 0;
  std::int64_t fills = 0;
  std::int64_t events = 0;
  std::int64_t bytes = 0;  // size of the file
  friend bool operator==(const BackupCounts&, const BackupCounts&) = default;
};

class Store final : public Journal {
 public:
  enum class Mode : std::uint8_t { ReadWrite, ReadOnly };
  static constexpr int kSchemaVersion = 9;
  static constexpr Dur kPatience = Dur::seconds(5);

  // ReadWrite creates the file (0600) and its directory (0700) and migrates an older schema. A symbolic link is refused.
  // ReadOnly works beside a writer, and in a directory in which nothing may be written.
  // ":memory:" opens a private database in memory (ReadWrite).
  // `patience`: how long any call waits for another process's write lock before it is Busy.
  static Expected<std::unique_ptr<Store>, StoreError> open(const std::string& path, Mode mode, Dur patience = kPatience);
  // For another run of the same thread, on the same connection: a run's own are its id and its intents. The connection lives as long as any of them.
  static std::unique_ptr<Store> beside(const Store& other);
  ~Store() override;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // ---- tasks. A name has one row per round; the newest round is the task.
  Expected<std::vector<TaskRecord>, StoreError> tasks();
  // Every round of every task.
  Expected<std::vector<TaskRecord>, StoreError> rounds();
  Expected<std::optional<TaskRecord>, StoreError> find_task(std::string_view name);
  Expected<StoredTask, StoreError> load_task(std::string_view name);
  // One round with everything of it, as it stands at one moment; its events are handed to `hear` one by one, oldest first, with the rest of it.
  using HearEvent = std::function<void(const StoredTask& round, const StoredEvent& event)>;
  Expected<StoredTask, StoreError> load_round(std::int64_t task_id, const HearEvent& hear);
  // Adds a task, or its next round when the name exists; run_epoch goes on from the last round. Fills `id`, `round`.
  // `first`: an event that stands in the books with it from the first moment on; optional.
  Expected<TaskRecord, StoreError> add_task(TaskRecord task, const std::optional<TaskEvent>& first = {});
  // Counts up the task's run epoch and its runs, durable against power loss. Returns the row as it stands now.
  Expected<TaskRecord, StoreError> begin_run(std::int64_t task_id, Time now);

  // ---- the intents of a run that are no rows yet, in a file of their own (store/intent_file.h), for whoever holds the task's lock
  // What a run promised before it was killed becomes rows. Before begin_run.
  Expected<void, StoreError> take_up_intents(std::string_view task);
  Expected<void, StoreError> take_up(std::string_view task, const Intents& intents);
  // From now on `promise` is kept there for this task; where the file cannot be made, everything is committed first.
  Expected<void, StoreError> promise_in_file(std::string_view task);
  // The run has ended and all is committed.
  void forget_intents(std::string_view task);

  // ---- Journal
  bool promises() const override;
  bool promise(const TaskRecord& task, const JournalBatch& batch) override;
  Expected<void, JournalError> commit(const TaskRecord& task, const JournalBatch& batch) override;
  // The run id that events are stored with from now on; set after begin_run.
  void set_run_id(std::string run_id);
  // An event that the shell makes itself (run_start, summary), already in JSON.
  Expected<void, JournalError> append_event(const TaskRecord& task, Time ts, std::string_view type, std::string_view json);
  // Replaces what was saved of the task.
  Expected<void, JournalError> save_latency(std::int64_t task_id, const std::vector<LatencyStats>& stats);
  // Moves the log into the file when it has grown, and waits for the disk while it does: for moments without work.
  // Where it is never called, a commit does the same when the log has become large.
  Expected<void, JournalError> checkpoint();

  // ---- wishes of other processes
  Expected<void, StoreError> ask(std::string_view task, ControlRequest::Verb verb, std::string_view arguments, Time now);
  // Open wishes of a task, oldest first. Cheap when nothing was written since the last call.
  Expected<std::vector<ControlRequest>, StoreError> pending_requests(std::string_view task);
  // Closes a wish with what became of it. Closing it again changes nothing.
  Expected<void, StoreError> mark_done(std::int64_t request_id, std::string_view outcome, Time now);

  // ---- reading, for dn-status. `task_id` is a round's row.
  Expected<std::vector<OrderRecord>, StoreError> orders(std::int64_t task_id, const OrderFilter& filter);
  Expected<std::vector<Fill>, StoreError> fills(std::int64_t task_id);
  Expected<std::vector<FundingPayment>, StoreError> fundings(std::int64_t task_id);
  Expected<TaskDays, StoreError> days(std::int64_t task_id);
  // The same page by page: rows after the row `after_id` (0 = from the first), at most `limit`. Between two pages nothing is held up.
  Expected<std::vector<Numbered<OrderRecord>>, StoreError> orders_after(std::int64_t task_id, std::int64_t after_id, std::int64_t limit);
  Expected<std::vector<Numbered<Fill>>, StoreError> fills_after(std::int64_t task_id, std::int64_t after_id, std::int64_t limit);
  Expected<std::vector<Numbered<Trade>>, StoreError> trades_after(std::int64_t task_id, std::int64_t after_id, std::int64_t limit);
  // The number after which the newest `most` rows of these tasks together stand; 0 where there are no more than that.
  Expected<std::int64_t, StoreError> before_newest(RowKind kind, const std::vector<std::int64_t>& task_ids, std::int64_t most);
  // The order that a task, in any of its rounds, made for a person's request.
  Expected<std::optional<OrderRecord>, StoreError> order_of_request(std::string_view task, std::string_view request);
  // Events of a task after the event `after_id` (0 = from the first), at most `limit`.
  Expected<std::vector<StoredEvent>, StoreError> events(std::int64_t task_id, std::int64_t after_id, std::int64_t limit);
  // How many of a task's events, the oldest, are not chained: a version before there was a chain wrote them.
  Expected<std::int64_t, StoreError> unchained_events(std::int64_t task_id);
  Expected<std::vector<LatencyStats>, StoreError> latency(std::int64_t task_id);
  // What SQLite finds wrong with the file's pages, indexes and references; empty when nothing is. Quick: the first fault of the
  // pages alone, in a fraction of the time.
  enum class Depth : std::uint8_t { Quick, Whole };
  Expected<std::vector<std::string>, StoreError> damage(Depth depth = Depth::Whole);

  // Copies the database, as it stands at one moment, into the new file `path` (0600), beside a writer and without holding it up, and checks
  // the copy: pages, references, every row. `stop` is asked all along; true ends it. After an error there is no file of that name, except for
  // Exists: then it is as it was.
  Expected<BackupCounts, StoreError> backup(const std::string& path, const std::function<bool()>& stop);

 private:
  friend class Portfolio;
  friend class DayKeeper;
  struct Impl;
  struct Run;
  explicit Store(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
  std::unique_ptr<Run> run_;
};

}  // namespace dn
