// Intents by themselves: what must be durable before quotes leave, so that the other rows of their steps may follow after them.
//
// The rule (spec section 5) asks for one thing before the first byte of an order: that a later run knows its id. `can_follow_sends` says of which
// steps the rest can wait for a moment; `take_up` is what a later run makes of intents whose steps were never committed: orders that may have been
// sent, in the books as such, to be asked for by id like every other.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/task_record.h"

namespace dn {

// The intents of the steps since the last commit, with the counters of the task as they stand behind the newest.
struct Intents {
  std::int64_t task_id = 0;
  Time created;             // of the task: tells its row from one of the same number in another database
  std::uint32_t epoch = 0;  // of the run
  std::uint32_t next_seq = 0;
  std::int64_t orders = 0;  // sent in all runs of the round
  Time first_order;
  std::vector<OrderRequest> requests;
};

// At most so many intents in a step, and in all steps since a commit; one that has more commits first.
inline constexpr std::size_t kMostIntents = 4;
inline constexpr std::size_t kMostPromised = 20;

// True when nothing of the step but its intents has to be durable before it is sent: what it places are the engine's own quotes, and what else it says
// of orders and fills is found again at the venue. Hedges, and what a person asked for, are committed first.
bool can_follow_sends(const JournalBatch& batch);

// Adds the intents of a step to those of the steps before it. False, and nothing is changed: there are too many.
bool add(Intents& promised, const TaskRecord& task, const JournalBatch& batch);

// Whether the intents are of the task's newest run and of steps that its record lacks.
bool are_missing(const TaskRecord& task, const Intents& intents);

// Brings the counters of such a task forward; the rows that the books lack, as intents whose outcome is not known.
std::vector<OrderRecord> take_up(TaskRecord& task, const Intents& intents);

}  // namespace dn
