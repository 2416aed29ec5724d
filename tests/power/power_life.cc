#include "power_life.h"

#include <fmt/format.h>

#include <set>
#include <string_view>

#include "app/books.h"
#include "store/store.h"

namespace dn::power {
namespace {

constexpr std::uint64_t kMostFuses = 12;  // a life has to come to its end

// A planted fault that needs no other build of the store: takes `PRAGMA synchronous = FULL` from every connection that is opened while it lives.
class NoFullSync {
 public:
  NoFullSync() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(forbid)); }
  ~NoFullSync() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(forbid)); }
  NoFullSync(const NoFullSync&) = delete;
  NoFullSync& operator=(const NoFullSync&) = delete;

 private:
  static int forbid(sqlite3* db, const char** /*why*/, const void* /*api*/) { return sqlite3_set_authorizer(db, judge, nullptr); }
  static int judge(void* /*none*/, int action, const char* a, const char* b, const char* /*db*/, const char* /*trigger*/) {
    const bool full = action == SQLITE_PRAGMA && a != nullptr && b != nullptr && std::string_view(a) == "synchronous" && std::string_view(b) == "FULL";
    return full ? SQLITE_IGNORE : SQLITE_OK;
  }
};

class PowerStore final : public sim::LifeStore {
 public:
  PowerStore(LossyDisk& disk, TaskRecord task, const PowerPlan& plan, PowerResult& result)
      : disk_(disk), task_(std::move(task)), plan_(plan), result_(result), rng_(plan.life.seed ^ 0x7f4a7c15) {
    light_fuse();
  }

  Expected<TaskRecord, JournalError> begin_run(Time now) override {
    store_.reset();  // a new process
    if (auto there = open(); !there) return Unexpected{there.error()};
    if (auto taken = store_->take_up(task_.spec.name, promised_); !taken) return Unexpected{JournalError{JournalError::Kind::Other, taken.error().message}};
    promised_ = {};
    auto begun = store_->begin_run(task_.id, now);
    if (!begun) return Unexpected{JournalError{JournalError::Kind::Other, begun.error().message}};
    if (begun->run_epoch <= newest_epoch_ && plan_.planted != Planted::EpochNotSynced) broken(fmt::format("run epoch {} is given out twice", begun->run_epoch));
    if (plan_.planted == Planted::EpochNotSynced) no_full_sync_.emplace();
    newest_epoch_ = std::max(newest_epoch_, begun->run_epoch);
    return std::move(*begun);
  }

  bool promises() const override { return true; }
  bool promise(const TaskRecord& task, const JournalBatch& batch) override {
    before_ = promised_;
    return add(promised_, task, batch);
  }

  Expected<void, JournalError> commit(const TaskRecord& task, const JournalBatch& batch) override {
    const std::uint64_t number = result_.commits++;
    if (plan_.cut_at && *plan_.cut_at == 2 * number) disk_.cut();
    if (auto done = store_->commit(task, batch); !done) return done;
    promised_.requests.clear();
    for (const OrderRecord& o : batch.orders) orders_.insert(o.request.id.str());
    for (const Fill& f : batch.fills) fills_.insert(f.trade_id.str());
    if (plan_.cut_at && *plan_.cut_at == 2 * number + 1) {
      disk_.cut();
      return Unexpected{JournalError{JournalError::Kind::Other, "the power failed after the commit"}};
    }
    if (rng_.chance(1, 8)) return store_->checkpoint();
    return {};
  }

  Expected<StoredTask, JournalError> load() override {
    if (store_) {
      auto books = store_->load_task(task_.spec.name);
      if (books) return std::move(*books);
      broken("the task cannot be read: " + books.error().message);
    }
    StoredTask nothing{task_, {}, {}};  // what cannot be opened any more ends the life
    nothing.task.mode = TaskMode::Halted;
    return nothing;
  }

  bool process_died() override {
    disk_.cut();
    store_.reset();
    // The kernel had written the page of intents lately, a while ago, or never.
    const std::uint64_t written = rng_.below(3);
    if (written == 1) promised_ = std::move(before_);
    if (written == 2) promised_ = {};
    before_ = {};
    disk_.restart(rng_);
    ++result_.cuts;
    if (open()) count_lost();
    light_fuse();
    return true;
  }

 private:
  // As at the start of dn-run: what is missing is made.
  Expected<void, JournalError> open() {
    auto opened = Store::open(disk_.db(), Store::Mode::ReadWrite);
    if (!opened) return failed(opened.error());
    store_ = std::move(*opened);
    auto known = store_->find_task(task_.spec.name);
    if (!known) return failed(known.error());
    if (!*known) {
      if (newest_epoch_ > 0 && plan_.planted != Planted::EpochNotSynced) broken("the task is gone from the database although a run of it had begun");
      TaskRecord fresh = task_;
      fresh.id = 0;
      auto added = store_->add_task(std::move(fresh));
      if (!added) return failed(added.error());
      known->emplace(std::move(*added));
    }
    task_.id = (*known)->id;
    return {};
  }
  Expected<void, JournalError> failed(const StoreError& e) {
    if (disk_.on()) broken("the database cannot be used after a power cut: " + e.message);
    return Unexpected{JournalError{JournalError::Kind::Other, e.message}};
  }

  void count_lost() {
    if (const auto damage = store_->damage(); damage && !damage->empty()) broken("damaged: " + damage->front());
    const auto left = store_->load_task(task_.spec.name);
    if (!left) return broken("the task cannot be read after a power cut: " + left.error().message);
    for (const OrderRecord& o : left->orders) orders_.erase(o.request.id.str());
    for (const Fill& f : left->fills) fills_.erase(f.trade_id.str());
    result_.rows_lost += orders_.size() + fills_.size();
    result_.cuts_that_took += orders_.empty() && fills_.empty() ? 0 : 1;
    orders_.clear();
    fills_.clear();
    for (const OrderRecord& o : left->orders) orders_.insert(o.request.id.str());
    for (const Fill& f : left->fills) fills_.insert(f.trade_id.str());
  }

  void light_fuse() {
    if (plan_.anywhere && result_.cuts < kMostFuses && rng_.chance(2, 3)) disk_.cut_after(1 + rng_.below(rng_.chance(1, 3) ? 40 : 800));
  }

  void broken(std::string what) {
    if (!result_.broken) result_.broken = std::move(what);
  }

  LossyDisk& disk_;
  TaskRecord task_;
  const PowerPlan& plan_;
  PowerResult& result_;
  sim::Rng rng_;
  std::unique_ptr<Store> store_;
  std::optional<NoFullSync> no_full_sync_;
  Intents promised_;  // since the last commit, and before the newest promise
  Intents before_;
  std::uint32_t newest_epoch_ = 0;
  std::set<std::string> orders_;  // rows that were committed
  std::set<std::string> fills_;
};

app::AccountView account_of(const sim::SimVenue& venue, Time now) {
  app::AccountView view;
  view.venue = venue.instrument().venue;
  view.seen.venue_time = now;
  for (const sim::VenueOrder& o : venue.truth().orders) {
    const OrderRequest& r = o.request;
    view.seen.orders.push_back({r.id.str(), o.venue_order_id, r.side, r.price, r.qty, o.filled, o.open, r.reduce_only, r.created});
  }
  view.seen.trades = venue.truth().fills;
  for (Fill& f : view.seen.trades) f.order = ClientOrderId();  // not every venue tells
  return view;
}

// What Session::reconcile_with_venues does.
Expected<std::vector<Event>, JournalError> survey(StoredTask& stored, Journal& journal, const sim::World& world, PowerResult& result) {
  if (stored.task.runs == 1) return std::vector<Event>{};
  app::AccountViews views;
  for (const Side leg : kSides) {
    if (leg == Side::Sell && world.one_venue()) break;
    views.accounts.push_back(account_of(world.venue(leg), world.now()));
  }
  app::Reconciliation found = app::reconcile(stored, views, false);
  const JournalBatch batch = app::adoption(stored, found, world.now());
  if (batch.empty()) return std::move(found.known);
  if (auto done = journal.commit(stored.task, batch); !done) return Unexpected{done.error()};
  result.orders_adopted += found.lost.size();
  return std::move(found.known);
}

}  // namespace

PowerPlan plan_power(std::uint64_t seed) {
  PowerPlan plan{sim::plan_life(seed)};
  plan.anywhere = true;
  if (seed % 3 != 0) return plan;
  auto& drawn = plan.life.faults.per_mille;
  drawn[static_cast<std::size_t>(sim::Fault::LateRequest)] = 400;
  drawn[static_cast<std::size_t>(sim::Fault::Crash)] = 60;
  return plan;
}

PowerResult live_through(const PowerPlan& plan) {
  PowerResult result;
  LossyDisk disk;
  sim::LifeOptions options;
  options.tell = plan.tell;
  options.make_store = [&](const TaskRecord& task) { return std::make_unique<PowerStore>(disk, task, plan, result); };
  if (plan.planted == Planted::FastBoot) options.shortest_boot = {};
  if (plan.planted != Planted::NoSurvey) {
    options.survey = [&](StoredTask& stored, Journal& journal, const sim::World& world) { return survey(stored, journal, world, result); };
  }
  result.life = sim::run_life(plan.life, options);
  result.sectors_kept = disk.sectors_kept();
  result.sectors_lost = disk.sectors_lost();
  if (!result.broken) result.broken = result.life.violation;
  return result;
}

}  // namespace dn::power
