// What is durable of a task besides its orders and fills, and the interface through which it becomes durable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/time.h"
#include "model/exit_code.h"
#include "model/order.h"
#include "model/task_event.h"
#include "model/task_spec.h"
#include "model/task_state.h"

namespace dn {

// Fees paid per asset; few assets, sorted by name.
class FeeTotals {
 public:
  void add(const Asset& asset, const Fee& fee);
  Fee of(const Asset& asset) const;
  const std::vector<std::pair<Asset, Fee>>& all() const { return totals_; }

 private:
  std::vector<std::pair<Asset, Fee>> totals_;
};

// One leg's sums over all its booked fills and what was restored.
// Why a task is halted of which nothing is left to close: what it holds is less than the venues trade.
inline constexpr const char* kFlattened = "flattened by a person: nothing is left to close";

struct LegTotals {
  Qty filled;          // towards total_quantity: fills on the leg's side less those that reduced it
  Qty net;             // base really gained (buy leg) or given away (sell leg): filled less base fees
  Qty traded;          // fills on the leg's own side only
  Money traded_quote;  // their value; avg price = traded_quote / traded
  Money cash;          // quote gained (+) or spent (-) by all fills, before fees
  Money slippage;      // of it: what fills brought (+) or cost (-) against the mid of their book when their order was decided
  Money funding;       // quote received (+) or paid (-) at settlements
  FeeTotals fees;

  LegTotals& operator+=(const LegTotals& more);
  std::optional<Price> avg_price() const { return traded.is_positive() ? std::optional<Price>(average_price(traded_quote, traded)) : std::nullopt; }
};

// Adds to a leg what one of its fills brought. `arrival`: the mid its order was decided at; zero when it is not known.
void add_fill(LegTotals& leg, const Symbol& symbol, const Fill& fill, const Price& arrival);

// A task's sums as they were before anything of a day (UTC) was booked: what the day brought is what they were at the next one, or are now, less these.
// By the times of the venues, however late a fill was learnt of.
struct DayStart {
  std::int64_t day = 0;    // since 1970
  std::int64_t fills = 0;  // of earlier days
  PerSide<LegTotals> leg;  // likewise
};
std::int64_t day_of(Time t);
Time start_of(std::int64_t day);

// What limits count over all runs of a round, besides orders and fills.
struct Guards {
  PerSide<std::int64_t> rejects_in_row{};  // quotes that the leg's venue refused
  std::int64_t escalations_in_row = 0;     // rebalances that had to reduce the leading leg
  bool unwinding = false;                  // the spread's exit closes what the task holds; a restart goes on with it
  std::optional<Money> loss_limit;         // the breaker's own, where risk.max_loss is not set: see engine/outlook.h
  Dur unhedged;                            // how long the sides stood apart by what a venue trades
  Money unhedged_money_seconds;            // and by how much: value x seconds
};

// The parts of a task that goes round; any other task stays in the first. After Close it ends.
enum class Part : std::uint8_t { Open, Hold, Close };
std::string_view name(Part p);  // "open", "hold", "close"
std::optional<Part> part_from(std::string_view text);

// What is durable of holding a position, besides the position itself.
struct Holding {
  Part part = Part::Open;
  Time since;               // when it began to hold; 0 = not yet
  Qty to_close;             // Close: what was held when it began
  bool must_close = false;  // a rule other than close_spread_bps ended the holding: it closes at whatever spread
  FundingTerms funding;     // of the perpetual leg, as last told
  std::int64_t payments = 0;
  Time newest_payment;  // 0 = none yet
  friend bool operator==(const Holding&, const Holding&) = default;
};

// One row of the tasks table.
struct TaskRecord {
  std::int64_t id = 0;     // database key; one row per round
  std::int64_t round = 1;  // 1, then one more at each --restart
  TaskSpec spec;
  std::string source;  // the spec as its file last gave it, as text: what `set` changed since is not in it
  TaskState state = TaskState::Idle;
  TaskMode mode = TaskMode::Active;
  Verdict verdict = Verdict::None;
  std::string reason;                 // why paused, halted or ended; for a person
  ExitCode exit_code = ExitCode::Ok;  // of the last run, or what it would be now

  std::uint32_t run_epoch = 0;  // of the newest run; every client order id carries it, none is used twice
  std::uint32_t next_seq = 1;   // of the next order in this run
  PerSide<LegTotals> leg;
  std::int64_t orders = 0;  // sent in all runs of this round
  std::int64_t rebalances = 0;
  std::int64_t rejects = 0;
  std::int64_t errors = 0;
  std::int64_t runs = 0;
  Guards guards;
  Holding holding;
  bool restored = false;  // the [restore] position is in the sums
  bool live = false;      // trades with real money
  Time created;
  Time first_order;  // 0 = none yet
  Time updated;

  // buy net - sell net: > 0 when too much was bought.
  Qty imbalance() const { return leg.buy.net - leg.sell.net; }
};

// A task as the database holds it.
// What events call a run of the task by.
std::string run_id_of(const TaskRecord& task);

struct StoredTask {
  TaskRecord task;
  std::vector<OrderRecord> orders;         // all of this round, oldest first
  std::vector<Fill> fills;                 // all of this round, oldest first
  std::vector<FundingPayment> fundings{};  // likewise
  std::vector<DayStart> days{};            // only where they are looked at themselves (app/audit_journal.h): no decision is made from them
};

struct JournalError {
  enum class Kind : std::uint8_t {
    DiskFull,
    ReadOnly,
    Busy,
    Corrupt,
    Other,
  };
  Kind kind = Kind::Other;
  std::string message;
};

// What one step of the engine wants durable, in one transaction, before anything is sent.
struct JournalBatch {
  bool task = false;  // the task row changed
  std::vector<OrderRecord> orders;
  std::vector<Fill> fills;
  std::vector<TaskEvent> events;
  std::vector<FundingPayment> fundings{};

  bool empty() const { return !task && orders.empty() && fills.empty() && fundings.empty() && events.empty(); }
  void clear() {
    task = false;
    orders.clear();
    fills.clear();
    fundings.clear();
    events.clear();
  }
};

// As one batch: of an order the later row, of the task the later state.
void merge(JournalBatch& into, const JournalBatch& later);

// Makes batches durable: all of a batch or nothing. After a failure nothing of the batch is stored and the
// caller sends nothing. One thread at a time.
class Journal {
 public:
  virtual ~Journal() = default;
  // Whether it ever does the next.
  virtual bool promises() const { return false; }
  // True: the batch's intents are durable against a crash of this process, by another way than a commit, until a commit that has their rows. False: commit
  // first. Asked for batches that can follow their sends only (model/intents.h).
  virtual bool promise(const TaskRecord& /*task*/, const JournalBatch& /*batch*/) { return false; }
  virtual Expected<void, JournalError> commit(const TaskRecord& task, const JournalBatch& batch) = 0;
};

}  // namespace dn
