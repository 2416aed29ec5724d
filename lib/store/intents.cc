// What becomes of intents that no commit followed.
#include <chrono>

#include "store/lock_state.h"
#include "store/store_impl.h"
#include "store/task_lock.h"

namespace dn {

bool Store::promises() const { return run_->intents.has_value(); }

bool Store::promise(const TaskRecord& task, const JournalBatch& batch) {
  if (!run_->intents || !add(run_->promised, task, batch)) return false;
  run_->intents->write(run_->promised);
  return true;
}

Expected<void, StoreError> Store::promise_in_file(std::string_view task) {
  auto file = IntentFile::open(lock_directory(impl_->path), task);
  if (!file) return Unexpected{file.error()};
  run_->intents = std::move(*file);
  return {};
}

void Store::forget_intents(std::string_view task) {
  if (run_->intents) remove_intents(lock_directory(impl_->path), task);
  run_->intents.reset();
}

Expected<void, StoreError> Store::take_up_intents(std::string_view task) {
  const std::optional<Intents> intents = read_intents(lock_directory(impl_->path), task);
  return intents ? take_up(task, *intents) : Expected<void, StoreError>();
}

// With the events that their steps had for them, so that the journal tells of every order.
Expected<void, StoreError> Store::take_up(std::string_view task, const Intents& intents) {
  auto transaction = Transaction::begin(impl_->connection, Transaction::Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  impl_->forget_if_others_wrote();
  auto found = impl_->find(task);
  if (!found) return Unexpected{found.error()};
  if (!*found || !are_missing(**found, intents)) return {};
  TaskRecord record = std::move(**found);
  auto head = impl_->head_of(record.id);
  if (!head) return Unexpected{head.error()};
  for (const OrderRecord& order : dn::take_up(record, intents)) {
    Query q(impl_->connection, impl_->st.put_order);
    q.add(record.id);
    bind_order(q, order);
    if (auto r = q.run(); !r) return r;
    const TaskEvent event{order.request.created, OrderStepped{OrderStep::Intent, *record.spec.leg[order.request.leg].exchange, order.request, {}, {}, {}}};
    const std::string json = to_json(event, run_id_of(record), record.spec.name);
    if (auto r = impl_->write_event(record.id, event.ts, type_name(event), json, *head); !r) return r;
  }
  if (auto r = impl_->write_task(record); !r) return r;
  if (auto r = transaction->commit(); !r) return r;
  impl_->heads[record.id] = *head;
  return {};
}

namespace {

constexpr Dur kCommitted = Dur::seconds(1);  // by then a run that moves has committed them (engine/bookkeeper.h)

Time wall_clock() { return Time{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }

// Of a run that was killed, or that stands still. The lock is looked at last: whoever takes it after that finds the intents himself, and what he makes of
// them under it is the same; so is what a run makes of them that moves again.
bool is_left(const std::string& directory, const std::string& task, const Intents& intents) {
  return wall_clock() - intents.requests.back().created > kCommitted || !is_task_held(directory, task);
}

}  // namespace

// A reader sees the rows only once a writer has made them.
bool Store::Impl::lacks_intents() {
  const std::string directory = lock_directory(path);
  for (const std::string& task : tasks_with_intents(directory)) {
    const std::optional<Intents> left = read_intents(directory, task);
    if (!left) continue;
    const auto found = find(task);
    if (found && *found && are_missing(**found, *left) && is_left(directory, task, *left)) return true;
  }
  return false;
}

void Store::Impl::take_up_all() {
  const std::string directory = lock_directory(path);
  auto writer = Store::open(path, Store::Mode::ReadWrite, patience);
  if (!writer) return;
  for (const std::string& task : tasks_with_intents(directory)) {
    const std::optional<Intents> left = read_intents(directory, task);
    if (left && is_left(directory, task, *left)) (void)(*writer)->take_up(task, *left);
  }
}

}  // namespace dn
