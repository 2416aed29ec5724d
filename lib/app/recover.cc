#include "app/recover.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "app/books.h"
#include "app/control.h"
#include "app/table.h"
#include "app/verify.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "engine/ids.h"
#include "store/task_lock.h"

namespace dn::app {
namespace {

constexpr Dur kBeforeLastEntry = Dur::minutes(2);  // clocks differ, and a power cut takes the newest entries

// A task and what was found about it.
struct TaskPlan {
  StoredTask stored;
  std::vector<Finding> findings;
  AccountViews views;
  Qty least;  // of the lagging leg
  ExitCode code = ExitCode::Ok;
  std::string hash = "0";

  bool is_apart() const { return stored.task.imbalance().abs() >= least && !stored.task.imbalance().is_zero(); }
  bool contradicts() const {
    return std::ranges::any_of(findings, [](const Finding& f) { return f.kind == Finding::Kind::Contradicts; });
  }
  bool has_work() const {
    return std::ranges::any_of(findings, [](const Finding& f) { return !action(f.kind).empty(); });
  }
};

class Recovery {
 public:
  Recovery(const RecoverRequest& request, Output& output) : request_(request), output_(output) {}

  Expected<ExitCode, ToolError> run() {
    auto tasks = request_.from_venue ? of_files() : of_database();
    if (!tasks) return Unexpected{tasks.error()};
    std::vector<TaskSource> sources;
    for (const StoredTask& t : *tasks) sources.push_back({t.task.spec, {}, {}});
    RunRequest prove = request_.run;
    prove.session.errand = Errand{};
    auto grounds = make_grounds(prove, sources, output_, {});
    if (!grounds) return Unexpected{grounds.error()};
    grounds_ = std::move(*grounds);
    for (StoredTask& t : *tasks) {
      auto plan = look_at(std::move(t));
      if (!plan && is_left_out(plan.error(), tasks->size())) continue;
      if (!plan) return Unexpected{plan.error()};
      plans_.push_back(std::move(*plan));
    }
    std::string all;
    for (const TaskPlan& p : plans_) all += p.hash;
    hash_ = plans_.size() == 1 ? plans_[0].hash : fmt::format("{:016x}", fnv1a(all));
    if (request_.apply && !request_.expected_hash.empty() && request_.expected_hash != hash_) {
      return Unexpected{ToolError{ExitCode::Temporary, fmt::format("the venues have moved on since plan {}: it would be {} now", request_.expected_hash, hash_),
                                  "look at the plan again: dn-recover without --apply"}};
    }
    if (request_.apply) grounds_.reset();  // each task gets its own
    return request_.apply ? apply() : print_plan();
  }

 private:
  // Of an ended task: a flatten of what it holds that was cut off.
  static bool is_unproven(Store& store, const TaskRecord& ended) {
    const auto stored = store.load_task(ended.spec.name);
    return !stored || has_unclosed(*stored);  // one that cannot be read is for the caller to say
  }

  Expected<std::vector<StoredTask>, ToolError> of_database() {
    const std::string& db = request_.run.session.db;
    auto store = Store::open(db, Store::Mode::ReadOnly);
    if (!store) {
      ToolError e = store_failure(store.error());
      if (e.code == ExitCode::NotFound) e.next = "give the --db that dn-run used; when it is lost, dn-recover --from-venue FILE makes it anew from the venues";
      return Unexpected{e};
    }
    auto records = (*store)->tasks();
    if (!records) return Unexpected{store_failure(records.error())};
    for (const std::string& name : request_.run.names) {
      if (std::ranges::any_of(*records, [&](const TaskRecord& t) { return t.spec.name == name; })) continue;
      return Unexpected{no_such_task(name, db)};
    }
    auto rounds = (*store)->rounds();
    if (!rounds) return Unexpected{store_failure(rounds.error())};
    rounds_ = std::move(*rounds);
    std::vector<StoredTask> out;
    for (const TaskRecord& t : *records) {
      keys_.push_back(task_key(t.spec.name));
      const bool named = std::ranges::find(request_.run.names, t.spec.name) != request_.run.names.end();
      const bool wanted = named || (request_.run.names.empty() && (t.verdict == Verdict::None || is_unproven(**store, t)));
      const bool live = request_.run.live && request_.run.live->orders;
      if (!wanted) continue;
      if (t.live != live) {
        output_.message(fmt::format("task {} was begun {}: left out (--mode {})", t.spec.name, t.live ? "live" : "on paper", t.live ? "live" : "paper"));
        if (t.live) left_out_ = worse(left_out_, ExitCode::Config);
        continue;
      }
      auto stored = (*store)->load_task(t.spec.name);
      if (!stored) return Unexpected{store_failure(stored.error())};
      if (auto sound = check_books(*stored); !sound) {
        output_.message(fmt::format("{}\n  next: {}", sound.error().message, sound.error().next));
        left_out_ = worse(left_out_, sound.error().code);
      }
      out.push_back(std::move(*stored));
    }
    return out;
  }

  // Tasks that exist in their files and at the venues only.
  Expected<std::vector<StoredTask>, ToolError> of_files() {
    auto read = read_task_files(request_.run.files);
    if (!read) return Unexpected{read.error()};
    const std::string& db = request_.run.session.db;
    std::vector<StoredTask> out;
    for (const TaskSource& s : *read) {
      if (auto fine = report_problems(s, check(s.spec)); !fine) return Unexpected{fine.error()};
      if (std::filesystem::exists(db)) {
        auto store = Store::open(db, Store::Mode::ReadOnly);
        const bool blank = !store && store.error().kind == StoreError::Kind::NotFound;  // killed while it was made
        if (!store && !blank) return Unexpected{store_failure(store.error())};
        const auto known = blank ? Expected<std::optional<TaskRecord>, StoreError>(std::nullopt) : (*store)->find_task(s.spec.name);
        if (!known) return Unexpected{store_failure(known.error())};
        // Books that hold no order are as good as gone: a run began them and said so, or --from-venue was killed.
        const bool empty = *known && (*known)->orders == 0 && (*known)->verdict == Verdict::None && (*known)->live;
        if (*known && !empty) {
          return Unexpected{ToolError{ExitCode::Usage, fmt::format("{} holds task {}: its books are not gone", printable(db), s.spec.name),
                                      fmt::format("dn-recover --task {} compares them with the venues", s.spec.name)}};
        }
      }
      StoredTask t;
      t.task.spec = s.spec;
      t.task.live = true;
      keys_.push_back(task_key(s.spec.name));
      out.push_back(std::move(t));
    }
    return out;
  }

  Time since(const StoredTask& t, Time now) const {
    if (request_.since.us > 0) return now - request_.since;
    Time out = t.task.updated - kBeforeLastEntry;
    for (const OrderRecord& o : t.orders) {
      if (o.status != OrderStatus::Closed) out = std::min(out, o.request.created - kBeforeLastEntry);
    }
    return out;
  }

  Expected<TaskPlan, ToolError> look_at(StoredTask stored) {
    TaskPlan p;
    p.stored = std::move(stored);
    const TaskRecord& task = p.stored.task;
    auto lock = TaskLock::acquire(lock_directory(request_.run.session.db), task.spec.name);
    if (!lock) return Unexpected{lock_failure(lock.error(), task.spec.name)};
    auto ground = grounds_->open(task.spec, task.updated, Absent::Allowed);
    if (!ground) return Unexpected{ground.error()};
    const MarketView& view = (*ground)->view();
    (void)(*ground)->prepare(p.stored);
    p.views = (*ground)->survey(since(p.stored, view.start));
    p.findings = compare(p.stored, p.views, keys_, request_.from_venue);
    add_positions(p);
    const Side lagging = task.imbalance().is_positive() ? Side::Sell : Side::Buy;
    p.least = view.instruments[lagging].min_tradable(view.mid[lagging]);
    p.hash = plan_hash(p.findings);
    if (p.is_apart()) p.code = worse(p.code, ExitCode::Imbalanced);
    for (const Finding& f : p.findings) {
      if (f.kind == Finding::Kind::MissedFill) p.code = worse(p.code, ExitCode::Contradiction);
      if (!action(f.kind).empty()) p.code = worse(p.code, ExitCode::UnknownOrder);
    }
    if (p.contradicts()) p.code = worse(p.code, ExitCode::Contradiction);
    if (!p.views.failed.empty()) p.code = worse(p.code, p.views.failed[0].code);
    return p;
  }

  // An account may hold more than these tasks brought it; that is named and nobody's fault.
  void add_positions(TaskPlan& p) const {
    const Symbol& symbol = p.stored.task.spec.symbol;
    for (const AccountView& a : p.views.accounts) {
      if (a.venue != Venue::GateioFutures || request_.from_venue) continue;
      Qty booked;
      for (const TaskRecord& t : rounds_) {
        if (!(t.spec.symbol == symbol) || !t.live) continue;
        for (const Side leg : kSides) {
          if (*t.spec.leg[leg].exchange == a.venue) booked += leg == Side::Buy ? t.leg[leg].net : -t.leg[leg].net;
        }
      }
      Qty coming;  // what --apply books
      for (const Finding& f : p.findings) {
        if (f.venue != a.venue || action(f.kind).empty() || f.filled <= f.booked) continue;
        coming += f.side == Side::Buy ? f.filled - f.booked : f.booked - f.filled;
      }
      if (booked + coming == a.position) continue;
      p.findings.push_back({Finding::Kind::Position, a.venue, {}, {}, a.position.is_negative() ? Side::Sell : Side::Buy, {}, {}, a.position, booked});
    }
  }

  // One that another process works on does not keep the rest from being recovered.
  bool is_left_out(const ToolError& e, std::size_t tasks) {
    if (e.code != ExitCode::Locked || tasks < 2) return false;
    output_.message(e.message + ": left out");
    left_out_ = worse(left_out_, e.code);
    return true;
  }

  Expected<ExitCode, ToolError> print_plan() {
    ExitCode code = left_out_;
    for (const TaskPlan& p : plans_) code = worse(code, p.code);
    if (machine()) {
      output_.data(document(code, {}));
    } else {
      for (const TaskPlan& p : plans_) print(p);
      if (plans_.empty() && left_out_ == ExitCode::Ok) output_.data("no task has anything to recover: all have ended");
      const bool work = std::ranges::any_of(plans_, &TaskPlan::has_work);
      if (work) output_.data(fmt::format("plan {}: dn-recover --apply does it; --plan-hash {} only if nothing has moved on", hash_, hash_));
    }
    output_.flush();
    return code;
  }

  // One task after the other.
  Expected<ExitCode, ToolError> apply() {
    ExitCode code = left_out_;
    std::vector<std::string> ends;
    for (const TaskPlan& p : plans_) {
      const std::string& name = p.stored.task.spec.name;
      if (speaks()) print(p);
      if (!p.has_work() && !request_.from_venue) {
        code = worse(code, p.code);
        if (speaks() && p.views.failed.empty()) output_.data(fmt::format("task {}: nothing to do", name));
        continue;
      }
      RunRequest r = request_.run;
      r.session.errand = Errand{};
      r.all = false;
      r.names.clear();
      r.files.clear();
      if (request_.from_venue) {
        r.from_flags = {TaskSource{p.stored.task.spec, {}, {}}};
        r.session.rebuild = request_.since;
      } else {
        r.names = {name};
      }
      auto done = carry_out(r, output_);
      if (!done && is_left_out(done.error(), plans_.size())) {
        code = worse(code, ExitCode::Locked);
        continue;
      }
      if (!done) return Unexpected{done.error()};
      if (auto paused = pause_rebuilt(p.stored.task.spec); !paused) return Unexpected{paused.error()};
      code = worse(code, done->code);
      if (p.contradicts()) code = worse(code, ExitCode::Contradiction);
      if (!p.views.failed.empty()) code = worse(code, p.views.failed[0].code);
      ends.insert(ends.end(), done->json.begin(), done->json.end());
      if (speaks()) output_.data(done->text[0]);
      if (output_.options().quiet && !machine()) {
        for (const std::string& text : done->trouble) output_.error(text);
      }
    }
    if (output_.options().json) output_.data(document(code, ends));
    if (plans_.empty() && speaks()) output_.data("nothing to do");
    output_.flush();
    return code;
  }

  // Orders tell what a task holds, and not whether it was still opening, holding or closing already: a person says how it goes on.
  Expected<void, ToolError> pause_rebuilt(const TaskSpec& spec) {
    if (!request_.from_venue || !spec.hold.goes_round()) return {};
    auto asked = ask_of_task(request_.run.session.db, ControlRequest::Verb::Pause, spec.name, {});
    if (!asked) return Unexpected{asked.error()};
    output_.message(
        fmt::format("task {0} is paused, since the venues do not tell whether it was opening, holding or closing: dn-run resume {0} goes on "
                    "opening, dn-rebalance --task {0} --flatten closes what it holds",
                    spec.name));
    return {};
  }

  // Tells a person how it goes; a plan that was asked for is told in any case.
  bool speaks() const { return !machine() && !output_.options().quiet; }
  bool machine() const { return output_.options().json || output_.options().ndjson; }

  void print(const TaskPlan& p) const {
    const TaskRecord& t = p.stored.task;
    output_.data(fmt::format("task {}: {}, bought {}, sold {}, imbalance {} {}", t.spec.name, name(t.mode), t.leg.buy.net.str(), t.leg.sell.net.str(),
                             t.imbalance().str(), t.spec.symbol.base.view()));
    Table table({"finding", "exchange", "side", "price", "quantity", "filled", "booked", "order", "what --apply does"});
    for (const Finding& f : p.findings) {
      const std::string_view does = action(f.kind);
      table.add({std::string(name(f.kind)), std::string(dn::name(f.venue)), std::string(dn::name(f.side)), f.price.str(), f.quantity.str(), f.filled.str(),
                 f.booked.str(), f.client_order_id.empty() ? f.venue_order_id : f.client_order_id,
                 std::string(does.empty() ? "nothing: not this task's" : does)});
    }
    if (table.size() > 0) {
      std::string text = table.text();
      text.pop_back();
      output_.data(text);
    }
    for (const ToolError& e : p.views.failed) output_.message(fmt::format("not proven: {}\n  next: {}", e.message, e.next));
    if (p.is_apart() && !p.has_work()) output_.data(fmt::format("  the sides are apart: dn-rebalance --task {} makes them equal", t.spec.name));
  }

  std::string document(ExitCode code, const std::vector<std::string>& ends) const {
    JsonWriter w;
    w.begin_object().field("schema", "dn.recover/1").field("applied", request_.apply).field("hash", hash_).field("exit_code", std::int64_t{number(code)});
    w.key("tasks").begin_array();
    for (const TaskPlan& p : plans_) write(w, p);
    w.end_array().end_object();
    std::string out = w.str();
    out.pop_back();
    return out + fmt::format(",\"outcome\":[{}]}}", fmt::join(ends, ","));
  }

  static void write(JsonWriter& w, const TaskPlan& p) {
    const TaskRecord& t = p.stored.task;
    w.begin_object().field("task", t.spec.name).field("mode", name(t.mode)).field("imbalance", t.imbalance().str());
    w.field("exit_code", std::int64_t{number(p.code)}).field("hash", p.hash).key("findings").begin_array();
    for (const Finding& f : p.findings) {
      w.begin_object().field("finding", name(f.kind)).field("exchange", dn::name(f.venue)).field("client_order_id", f.client_order_id);
      w.field("venue_order_id", f.venue_order_id).field("side", dn::name(f.side)).field("price", f.price.str()).field("quantity", f.quantity.str());
      w.field("filled", f.filled.str()).field("booked", f.booked.str()).field("action", action(f.kind)).end_object();
    }
    w.end_array().key("accounts").begin_array();
    for (const AccountView& a : p.views.accounts) {
      w.begin_object().field("exchange", dn::name(a.venue)).field("position", a.position.str()).key("free").begin_object();
      for (const auto& [asset, amount] : a.free) w.field(asset.view(), amount.str());
      w.end_object().end_object();
    }
    w.end_array().key("not_proven").begin_array();
    for (const ToolError& e : p.views.failed) w.value(e.message);
    w.end_array().end_object();
  }

  const RecoverRequest& request_;
  Output& output_;
  std::unique_ptr<Grounds> grounds_;
  std::vector<TaskPlan> plans_;
  std::vector<TaskRecord> rounds_;
  std::vector<std::string> keys_;
  std::string hash_ = "0";
  ExitCode left_out_ = ExitCode::Ok;
};

}  // namespace

Expected<ExitCode, ToolError> recover(const RecoverRequest& request, Output& output) {
  if (request.from_venue && !(request.run.live && request.run.live->orders)) {
    return Unexpected{ToolError{ExitCode::Usage, "--from-venue needs real venues: what was on paper is gone with its database", "use --mode live"}};
  }
  if (request.from_venue && request.run.files.empty()) {
    return Unexpected{
        ToolError{ExitCode::Usage, "--from-venue needs the task files: names and sizes stand there, not at the venues", "dn-recover --from-venue btc.toml"}};
  }
  if (request.run.live && request.run.live->orders) output.never_wait();
  return Recovery(request, output).run();
}

}  // namespace dn::app
