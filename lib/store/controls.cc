// Wishes of other processes. Whoever asks writes a row; the task's own process finds it at its next cycle, carries it
// out, and closes it with the outcome. A row is kept for ever: it says who wanted what, and what became of it.
#include <fmt/format.h>

#include <array>

#include "model/names.h"
#include "store/store_impl.h"

namespace dn {
namespace {

using Verb = ControlRequest::Verb;
constexpr Names<Verb, 5> kVerbs{{{Verb::Set, "set"}, {Verb::Pause, "pause"}, {Verb::Resume, "resume"}, {Verb::Cancel, "cancel"}, {Verb::Halt, "halt"}}};
std::optional<Verb> verb_from(std::string_view text) { return value_in(kVerbs, text); }

Expected<ControlRequest, StoreError> read_request(const Query& q) {
  RowReader row(q, "controls");
  ControlRequest r;
  r.id = row.key();
  row.read(r.verb, verb_from);
  row.read(r.arguments);
  row.read(r.asked);
  if (row.error()) return Unexpected{*row.error()};
  return r;
}

}  // namespace

Expected<void, StoreError> Store::ask(std::string_view task, ControlRequest::Verb verb, std::string_view arguments, Time now) {
  auto transaction = Transaction::begin(impl_->connection, Transaction::Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  const auto known = Query(impl_->connection, impl_->st.task_exists).add(task).step();
  if (!known) return Unexpected{known.error()};
  if (!*known) return Unexpected{impl_->no_task(task)};
  impl_->controls.clear();  // PRAGMA data_version tells of other connections' writes only
  Query q(impl_->connection, impl_->st.insert_control);
  if (auto r = q.add(task).add(name_in(kVerbs, verb)).add(arguments).add(now).run(); !r) return r;
  return transaction->commit();
}

Expected<std::vector<ControlRequest>, StoreError> Store::pending_requests(std::string_view task) {
  if (auto r = impl_->fresh(); !r) return Unexpected{r.error()};
  {
    // Asked before the rows are read: what is written in between is found by the next call, not missed.
    Query q(impl_->connection, impl_->st.data_version);
    const auto row = q.step();
    if (!row) return Unexpected{row.error()};
    const std::int64_t version = sqlite3_column_int64(q.handle(), 0);
    if (version != impl_->controls_version) impl_->controls.clear();
    impl_->controls_version = version;
  }
  if (const auto known = impl_->controls.find(task); known != impl_->controls.end()) return known->second;
  std::vector<ControlRequest> found;
  Query q(impl_->connection, impl_->st.open_controls);
  q.add(task);
  for (auto row = q.step(); !row || *row; row = q.step()) {
    if (!row) return Unexpected{row.error()};
    auto request = read_request(q);
    if (!request) return Unexpected{request.error()};
    found.push_back(std::move(*request));
  }
  impl_->controls.emplace(task, found);
  return found;
}

Expected<void, StoreError> Store::mark_done(std::int64_t request_id, std::string_view outcome, Time now) {
  auto transaction = Transaction::begin(impl_->connection, Transaction::Kind::Write);
  if (!transaction) return Unexpected{transaction.error()};
  impl_->controls.clear();
  {
    Query q(impl_->connection, impl_->st.close_control);
    if (auto r = q.add(request_id).add(outcome).add(now).run(); !r) return r;
    if (q.changed() == 0) {
      return Unexpected{StoreError{StoreError::Kind::NotFound, fmt::format("{}: there is no request {}", impl_->path, request_id)}};
    }
  }
  return transaction->commit();
}

}  // namespace dn
