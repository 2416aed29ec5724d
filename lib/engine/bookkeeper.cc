#include "engine/bookkeeper.h"

#include <algorithm>

#include "model/intents.h"

namespace dn {
namespace {

// Long enough for what comes of an order to come together, short for whoever reads the database.
constexpr Dur kPatience = Dur::millis(50);

bool is_intent(const OrderRecord& o) { return o.status == OrderStatus::Intent; }

}  // namespace

bool Bookkeeper::may_wait(const JournalBatch& batch) const {
  const TaskRecord& task = engine_.record();
  return journal_.promises() && !engine_.finished() && task.mode == mode_ && batch.fundings.empty() && std::ranges::none_of(batch.orders, is_intent);
}

Expected<void, JournalError> Bookkeeper::before_sends(Time now, const Commands& step) {
  const JournalBatch& batch = step.journal;
  merge(waiting_.journal, batch);
  if (waiting_.journal.empty()) return {};
  if (can_follow_sends(batch) && engine_.record().mode == mode_ && journal_.promise(engine_.record(), batch)) {
    promised_ += static_cast<std::size_t>(std::ranges::count_if(batch.orders, is_intent));
    observer_.promised(now, engine_, step);
  } else if (!may_wait(batch)) {
    return commit(now);
  }
  due_ = std::min(due_, now + kPatience);
  return {};
}

Expected<void, JournalError> Bookkeeper::after_sends(Time now) {
  return promised_ + kMostIntents > kMostPromised ? commit(now) : Expected<void, JournalError>();
}

Expected<void, JournalError> Bookkeeper::commit(Time now) {
  due_ = Time::never();
  if (waiting_.journal.empty()) return {};
  if (auto done = journal_.commit(engine_.record(), waiting_.journal); !done) return done;
  mode_ = engine_.record().mode;
  promised_ = 0;
  observer_.committed(now, engine_, waiting_);
  waiting_.clear();
  return {};
}

}  // namespace dn
