#include "app/membership.h"

#include "app/control.h"
#include "app/session.h"
#include "store/lock_state.h"

namespace dn::app {
namespace {

constexpr Dur kTellEvery = Dur::seconds(1);  // of the task's own time

}  // namespace

Portfolio portfolio_of(Store& store, const std::string& db, bool live) {
  return {store, live, [directory = lock_directory(db)](const std::string& task) { return is_task_held(directory, task); }};
}

SharedPortfolio::SharedPortfolio(std::unique_ptr<Store> store, const std::string& db, bool live)
    : store_(std::move(store)), portfolio_(*store_, live, [this, directory = lock_directory(db)](const std::string& task) {
        return own_.contains(task) || is_task_held(directory, task);
      }) {}

Expected<std::shared_ptr<SharedPortfolio>, ToolError> SharedPortfolio::open(const std::string& db, bool live) {
  auto store = Store::open(db, Store::Mode::ReadWrite);
  if (!store) return Unexpected{store_failure(store.error())};
  return std::shared_ptr<SharedPortfolio>(new SharedPortfolio(std::move(*store), db, live));
}

Expected<bool, ToolError> Membership::enter(const TaskRecord& task) {
  const auto row = portfolio_.row();
  if (!row) return Unexpected{store_failure(row.error())};
  if (!*row) return true;
  if (!(task.spec.symbol.quote == (*row)->limits.quote)) {
    return Unexpected{ToolError{
        ExitCode::Config,
        "task " + task.spec.name + ": the portfolio of this database is in " + (*row)->limits.quote.str() + ", and " + task.spec.symbol.str() + " is not",
        "run it with a --db of its own"}};
  }
  most_tasks_ = (*row)->limits.max_tasks;
  const bool trades = task.mode != TaskMode::Paused && task.mode != TaskMode::Halted && (*row)->halted.empty();
  auto entered = portfolio_.enter(task, trades ? std::nullopt : std::optional(Money{}));
  if (!entered) return Unexpected{store_failure(entered.error())};
  if (!*entered) return false;
  room_ = **entered;
  task_ = task.spec.name;
  shared_->own_.insert(task_);
  halted_ = (*row)->halted;
  return true;
}

Expected<std::optional<Event>, ToolError> Membership::after_step(const TaskEngine& engine, Time now) {
  if (!room_ || engine.finished()) return std::optional<Event>();
  if (!halted_.empty() && !halt_told_) {
    PortfolioRow row;
    row.halted = halted_;
    return hear(row, engine.record());
  }
  if (engine.room_wanted()) {
    const auto answer = portfolio_.ask(engine.record(), *engine.room_wanted());
    if (!answer) return Unexpected{store_failure(answer.error())};
    return std::optional<Event>(RoomGranted{*answer});
  }
  if (now - told_at_ < kTellEvery) return std::optional<Event>();
  return tell(engine, now);
}

// Room that a task does not use is given back when nothing of it rests.
Expected<std::optional<Event>, ToolError> Membership::tell(const TaskEngine& engine, Time now) {
  told_at_ = now;
  const auto row = portfolio_.row();
  if (!row) return Unexpected{store_failure(row.error())};
  if (!*row) return std::optional<Event>();
  const auto result = engine.result();
  const bool rests = !engine.working(Side::Buy).empty() || !engine.working(Side::Sell).empty();
  const Money have = engine.exposure();
  const bool gives_back = !rests && engine.room() && !engine.room()->refused() && have < engine.room()->granted;
  const bool news = (*row)->limits.max_loss && result && !(*result == told_);
  if (!gives_back && !news) return hear(**row, engine.record());
  const auto told = portfolio_.tell(engine.record(), result.value_or(told_), gives_back ? std::optional(have) : std::nullopt);
  if (!told) return Unexpected{store_failure(told.error())};
  told_ = result.value_or(told_);
  if (auto halt = hear(*told, engine.record())) return halt;
  if (!gives_back) return std::optional<Event>();
  return std::optional<Event>(RoomGranted{Room{have, {}, {}, {}, false}});
}

std::optional<Event> Membership::hear(const PortfolioRow& row, const TaskRecord& task) {
  if (row.halted.empty() || halt_told_ || task.mode == TaskMode::Halted) return std::nullopt;
  halt_told_ = true;
  return HaltTask{Code("portfolio_max_loss"), Reason("the portfolio is halted: " + row.halted), true};
}

Expected<std::optional<Event>, ToolError> Membership::look(const TaskEngine& engine) {
  if (engine.finished()) return std::optional<Event>();
  const auto row = portfolio_.row();
  if (!row) return Unexpected{store_failure(row.error())};
  if (!*row) return std::optional<Event>();
  if (room_) return hear(**row, engine.record());
  // It began after this run did: from now on it holds for this run as well.
  const auto entered = portfolio_.enter(engine.record(), engine.exposure());
  if (!entered) return Unexpected{store_failure(entered.error())};
  room_ = **entered;
  task_ = engine.record().spec.name;
  shared_->own_.insert(task_);
  return std::optional<Event>(RoomGranted{*room_});
}

Expected<void, ToolError> Membership::leave(const TaskRecord& task, const std::optional<Money>& result) {
  const auto row = portfolio_.row();
  if (!row) return Unexpected{store_failure(row.error())};
  if (!*row) return {};
  if (auto left = portfolio_.leave(task, result); !left) return Unexpected{store_failure(left.error())};
  return {};
}

}  // namespace dn::app
