#include "app/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "app/audit_journal.h"
#include "app/day_sums.h"
#include "app/session.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "engine/ids.h"

namespace dn::app {
namespace {

class Promises {
 public:
  explicit Promises(const StoredTask& t) : t_(t), key_(task_key(t.task.spec.name)), days_(days_of(t)) {}

  // The days that the store keeps, which are told to people and which no decision is made from.
  std::vector<std::string> check_days() {
    const std::vector<DayStart>& told = t_.days;
    const std::vector<DayStart>& sums = days_.starts;
    if (told.empty()) return {};
    if (!std::ranges::equal(told, sums, {}, &DayStart::day, &DayStart::day)) fail("its days are not those of its fills and payments");
    for (std::size_t i = 0; broken_.empty() && i < told.size(); ++i) {
      const std::string day = rfc3339(start_of(told[i].day)).substr(0, 10);
      if (told[i].fills != sums[i].fills) fail("before {} it says {} fills, there are {}", day, told[i].fills, sums[i].fills);
      for (const Side leg : kSides) compare(fmt::format("before {} the {} side", day, name(leg)), told[i].leg[leg], sums[i].leg[leg]);
    }
    return std::move(broken_);
  }

  std::vector<std::string> check() {
    for (const Fill& f : t_.fills) look_at(f);
    for (const FundingPayment& p : t_.fundings) {
      if (!payments_.insert({p.venue, p.id.str()}).second) fail("funding {} of {} is booked twice", p.id.view(), name(p.venue));
    }
    for (const OrderRecord& o : t_.orders) look_at(o);
    for (const auto& [order, sum] : booked_) {
      if (!orders_.contains(order) && order != kRestoredPosition) fail("fills of {} are booked, but there is no such order", order);
    }
    for (const Side leg : kSides) compare(fmt::format("the {} side", name(leg)), t_.task.leg[leg], days_.now.leg[leg]);
    const TaskRecord& r = t_.task;
    if (r.mode == TaskMode::Halted && r.reason.empty()) fail("the task is halted without a reason");
    return std::move(broken_);
  }

 private:
  template <class... Args>
  void fail(fmt::format_string<Args...> text, Args&&... args) {
    broken_.push_back(fmt::format("task {}, round {}: {}", t_.task.spec.name, t_.task.round, fmt::format(text, std::forward<Args>(args)...)));
  }

  void look_at(const Fill& f) {
    if (!trades_.insert({f.venue, f.trade_id.str()}).second) fail("trade {} of {} is booked twice", f.trade_id.view(), name(f.venue));
    if (!f.qty.is_positive() || !f.price.is_positive()) fail("trade {} has no quantity or no price", f.trade_id.view());
    if (f.venue != *t_.task.spec.leg[f.leg].exchange) fail("trade {} is of {}, where its leg does not trade", f.trade_id.view(), name(f.venue));
    Sum& order = booked_[f.order.str()];
    order.qty += f.qty;
    order.value += f.price * f.qty;
  }

  void look_at(const OrderRecord& o) {
    const std::string id = o.request.id.str();
    orders_.insert(id);
    const Sum sum = booked_.contains(id) ? booked_.at(id) : Sum{};
    if (sum.qty != o.booked) fail("order {} says {} booked, its fills add up to {}", id, o.booked.str(), sum.qty.str());
    if (sum.value != o.filled_quote) fail("order {} says {} traded in quote, its fills add up to {}", id, o.filled_quote.str(), sum.value.str());
    if (o.booked > o.filled) fail("order {} has more booked than the venue filled", id);
    if (o.status == OrderStatus::Closed && o.booked < o.filled) fail("order {} is closed with {} of {} booked", id, o.booked.str(), o.filled.str());
    if (!o.request.price.is_zero() && o.booked > o.request.qty) fail("order {} has more booked than it is for", id);
    if ((o.status == OrderStatus::Closed) != (o.close_reason != CloseReason::None))
      fail("order {} is {} and its end is \"{}\"", id, name(o.status), name(o.close_reason));
    if (o.request.purpose == Purpose::Restored) return;
    const auto parts = parse_client_order_id(id);
    if (!parts || parts->key != key_ || parts->leg != o.request.leg) return fail("order {} has not the id of this task and leg", id);
    const TaskRecord& r = t_.task;
    if (parts->epoch > r.run_epoch) fail("order {} is of run epoch {}, the newest run is {}", id, parts->epoch, r.run_epoch);
    if (parts->epoch == r.run_epoch && parts->seq >= r.next_seq) fail("order {} has number {}, the next one is to be {}", id, parts->seq, r.next_seq);
  }

  void compare(const std::string& who, const LegTotals& told, const LegTotals& sum) {
    const auto same = [&](std::string_view what, const auto& a, const auto& b) {
      if (a != b) fail("{} says {} {}, its fills add up to {}", who, what, a.str(), b.str());
    };
    same("filled", told.filled, sum.filled);
    same("net", told.net, sum.net);
    same("traded", told.traded, sum.traded);
    same("value traded", told.traded_quote, sum.traded_quote);
    same("cash", told.cash, sum.cash);
    same("slippage", told.slippage, sum.slippage);
    if (told.funding != sum.funding) fail("{} says funding {}, its payments add up to {}", who, told.funding.str(), sum.funding.str());
    std::set<Asset> assets;
    for (const LegTotals* totals : {&told, &sum}) {
      for (const auto& [asset, fee] : totals->fees.all()) assets.insert(asset);
    }
    for (const Asset& asset : assets) {
      if (told.fees.of(asset) != sum.fees.of(asset))
        fail("{} says fees of {} {}, its fills add up to {}", who, told.fees.of(asset).str(), asset.view(), sum.fees.of(asset).str());
    }
  }

  struct Sum {
    Qty qty;
    Money value;
  };
  const StoredTask& t_;
  std::string key_;
  TaskDays days_;
  std::set<std::pair<Venue, std::string>> trades_;
  std::set<std::pair<Venue, std::string>> payments_;
  std::set<std::string> orders_;
  std::map<std::string, Sum> booked_;
  std::vector<std::string> broken_;
};

// As many digits as venues are let in with, so that a product of two always fits; a mid has one more, and fees are products already.
bool fits(const Decimal& d) { return d.within(19, 18); }
bool fits(const Fill& f) { return fits(f.price.decimal()) && fits(f.qty.decimal()) && f.fee.decimal().within(34, 34); }
bool fits_mid(const Price& p) { return p.decimal().within(20, 19); }

std::string odd_number(const TaskRecord& t, std::string_view what, std::string_view id) {
  return fmt::format("task {}, round {}: {} {} holds a number that no venue tells", t.spec.name, t.round, what, id);
}

}  // namespace

std::optional<std::string> beyond_reckoning(const TaskRecord& task, const Trade& trade) {
  return fits(trade.fill) && fits_mid(trade.arrival) ? std::nullopt : std::optional(odd_number(task, "trade", trade.fill.trade_id.view()));
}

std::optional<std::string> beyond_reckoning(const StoredTask& t) {
  for (const Fill& f : t.fills) {
    if (!fits(f)) return odd_number(t.task, "trade", f.trade_id.view());
  }
  for (const OrderRecord& o : t.orders) {
    if (!fits(o.request.price.decimal()) || !fits(o.request.qty.decimal()) || !fits_mid(o.request.arrival))
      return odd_number(t.task, "order", o.request.id.view());
  }
  return std::nullopt;
}

TaskDays days_of(const StoredTask& t) {
  std::map<std::string_view, Price> arrivals;
  for (const OrderRecord& o : t.orders) arrivals[o.request.id.view()] = o.request.arrival;
  DaySums sums(t.task.spec.symbol);
  for (const Fill& f : t.fills) {
    const auto arrival = arrivals.find(f.order.view());
    sums.add(f, arrival == arrivals.end() ? Price{} : arrival->second);
  }
  for (const FundingPayment& p : t.fundings) sums.add(p);
  return sums.days();
}

std::vector<std::string> broken_promises(const StoredTask& task) {
  if (auto odd = beyond_reckoning(task)) return {std::move(*odd)};
  return Promises(task).check();
}

std::vector<std::string> broken_days(const StoredTask& task) {
  if (beyond_reckoning(task)) return {};  // said there
  return Promises(task).check_days();
}

Expected<void, ToolError> check_books(const StoredTask& task) {
  const auto broken = broken_promises(task);
  if (broken.empty()) return {};
  const std::string more = broken.size() == 1 ? "" : fmt::format(" (and {} more: dn-recover verify)", broken.size() - 1);
  return Unexpected{ToolError{ExitCode::Contradiction, "the books contradict themselves: " + printable(broken.front()) + more, std::string(kMakeBooksAnew)}};
}

namespace {

constexpr std::uintmax_t kMostToReadOver = 64U << 20U;  // bytes

bool is_private(const std::string& db) { return db == ":memory:"; }

ToolError not_what_was_written(const std::string& db, const std::string& what) {
  return {ExitCode::Io,
          fmt::format("{}: it does not hold what this run wrote into it ({}): something else wrote into it or its log", printable(db), printable(what)),
          std::string(kMakeBooksAnew)};
}

bool same(const LegTotals& a, const LegTotals& b) {
  return a.filled == b.filled && a.net == b.net && a.traded == b.traded && a.traded_quote == b.traded_quote && a.cash == b.cash && a.slippage == b.slippage &&
         a.funding == b.funding;
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code absent;
  const std::uintmax_t size = std::filesystem::file_size(path, absent);
  return absent ? 0 : size;
}

}  // namespace

bool is_large(const std::string& db) { return size_of(db) + size_of(db + "-wal") > kMostToReadOver; }

Expected<void, ToolError> check_what_stands(const std::string& db, const TaskRecord& task, bool only_proved) {
  if (is_private(db)) return {};
  auto store = Store::open(db, Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  const auto stored = (*store)->load_task(task.spec.name);
  if (!stored) return Unexpected{store_failure(stored.error())};
  const TaskRecord& stands = stored->task;
  if (stands.run_epoch == task.run_epoch && stands.orders == task.orders && stands.verdict == task.verdict && same(stands.leg.buy, task.leg.buy) &&
      same(stands.leg.sell, task.leg.sell)) {
    return only_proved ? Expected<void, ToolError>() : check_books(*stored);
  }
  return Unexpected{not_what_was_written(db, fmt::format("task {} is not as it ended", task.spec.name))};
}

Expected<void, ToolError> check_pages(const std::string& db) {
  if (is_private(db) || is_large(db)) return {};
  auto store = Store::open(db, Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  const auto damage = (*store)->damage(Store::Depth::Quick);
  if (!damage) return Unexpected{store_failure(damage.error())};
  if (!damage->empty()) return Unexpected{not_what_was_written(db, damage->front())};
  return {};
}

Expected<ExitCode, ToolError> verify(const std::string& db, const std::vector<std::string>& tasks, Output& output) {
  auto store = Store::open(db, Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  std::vector<std::string> broken;
  auto damage = (*store)->damage();
  if (!damage) return Unexpected{store_failure(damage.error())};
  broken.insert(broken.end(), damage->begin(), damage->end());
  auto rounds = (*store)->rounds();
  if (!rounds) return Unexpected{store_failure(rounds.error())};
  std::size_t looked_at = 0;
  for (const TaskRecord& t : *rounds) {
    if (!tasks.empty() && std::ranges::find(tasks, t.spec.name) == tasks.end()) continue;
    const auto round = audit_round(**store, t.id);
    if (!round) return Unexpected{store_failure(round.error())};
    ++looked_at;
    broken.insert(broken.end(), round->broken.begin(), round->broken.end());
  }
  const ExitCode code = broken.empty() ? ExitCode::Ok : ExitCode::Contradiction;
  if (output.options().json || output.options().ndjson) {
    JsonWriter w;
    w.begin_object().field("schema", "dn.verify/1").field("rounds", static_cast<std::int64_t>(looked_at)).field("exit_code", std::int64_t{number(code)});
    w.key("broken").begin_array();
    for (const std::string& b : broken) w.value(b);
    w.end_array().end_object();
    output.data(w.str());
    return code;
  }
  for (const std::string& b : broken) output.data(printable(b));
  if (broken.empty() && output.options().quiet) return code;
  output.data(broken.empty() ? fmt::format("{} rounds of tasks keep every promise", looked_at)
                             : fmt::format("{} promises are broken: do not trade on this database before you know why (dn-recover)", broken.size()));
  return code;
}

}  // namespace dn::app
