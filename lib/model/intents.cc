#include "model/intents.h"

#include <algorithm>

namespace dn {
namespace {

bool is_new_quote(const OrderRecord& o) {
  return o.status == OrderStatus::Intent && o.request.purpose == Purpose::Quote && o.person_request.empty() && o.booked.is_zero();
}

}  // namespace

bool can_follow_sends(const JournalBatch& batch) {
  if (!batch.task || !batch.fundings.empty()) return false;
  const auto quotes = static_cast<std::size_t>(std::ranges::count_if(batch.orders, is_new_quote));
  if (quotes == 0 || quotes > kMostIntents) return false;
  return std::ranges::all_of(batch.orders, [](const OrderRecord& o) { return is_new_quote(o) || o.status != OrderStatus::Intent; });
}

bool add(Intents& promised, const TaskRecord& task, const JournalBatch& batch) {
  const auto more = static_cast<std::size_t>(std::ranges::count_if(batch.orders, is_new_quote));
  if (promised.requests.size() + more > kMostPromised) return false;
  promised.task_id = task.id;
  promised.created = task.created;
  promised.epoch = task.run_epoch;
  promised.next_seq = task.next_seq;
  promised.orders = task.orders;
  promised.first_order = task.first_order;
  for (const OrderRecord& o : batch.orders) {
    if (is_new_quote(o)) promised.requests.push_back(o.request);
  }
  return true;
}

bool are_missing(const TaskRecord& task, const Intents& intents) {
  return intents.task_id == task.id && intents.created == task.created && intents.epoch == task.run_epoch && intents.next_seq > task.next_seq;
}

std::vector<OrderRecord> take_up(TaskRecord& task, const Intents& intents) {
  std::vector<OrderRecord> out;
  for (const OrderRequest& r : intents.requests) {
    OrderRecord o;
    o.request = r;
    o.updated = r.created;
    task.updated = std::max(task.updated, r.created);
    out.push_back(o);
  }
  task.next_seq = intents.next_seq;
  task.orders = std::max(task.orders, intents.orders);
  if (task.first_order.us == 0) task.first_order = intents.first_order;
  return out;
}

}  // namespace dn
