#include "app/preflight_portfolio.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "app/kpi.h"
#include "app/membership.h"
#include "app/session.h"
#include "base/text.h"
#include "store/portfolio_sums.h"

namespace dn::app {
namespace {

constexpr std::string_view kPortfolioRow = "portfolio";
constexpr std::string_view kSmallerPortfolio =
    "write a smaller total_quantity, or a larger {} under [portfolio]; dn-status shows who holds what, and what an ended task holds counts until it is closed "
    "or "
    "dn-recover release --task NAME --yes";

Money rounded_up(const Money& m) { return Money(m.decimal().rounded(8, Rounding::Up).normalized()); }

// What a task's exposure may come to as the engine counts it (engine/task_room.cc): both sides as the larger one, and what is open or apart with the margin
// for better fills and for the hedge.
struct ExposureNeeds {
  Money next;   // with its next slices
  Money whole;  // when its last ones are open
};

ExposureNeeds exposure_needs(const PlannedTask& t) {
  const Bps margin = t.spec.risk.price_collar_bps + t.spec.risk.max_slippage_bps;
  const auto widened = [&margin](const Money& m) { return rounded_up(m + Money(bps_of(m.decimal(), margin))); };
  ExposureNeeds out;
  for (const Side leg : kSides) {
    const Price price = t.numbers->leg[leg]->price;
    const Qty left = max(t.numbers->sizes.total - t.standing.progress.filled[leg], Qty{});
    const Qty slice = min(t.numbers->sizes.leg_slice[leg], left);
    const Money open = widened(rounded_up(price * slice));
    const Money held = rounded_up(t.standing.held[leg]);
    out.next = max(out.next, (held + open) * Decimal(2));
    out.whole = max(out.whole, (held + rounded_up(price * (left - slice)) + open) * Decimal(2));
  }
  const Money apart = rounded_up((t.standing.held.buy - t.standing.held.sell).abs());
  out.next = out.next + widened(apart) - apart;
  return out;
}

class PortfolioCheck {
 public:
  PortfolioCheck(Checks& to, const PortfolioQuestion& q) : to_(to), q_(q), limits_(q.state.row.limits), quote_(limits_.quote.str()) {}

  void all(const Symbol* only) {
    if (!same_quote() || !goes_on()) return;
    if (limits_.per_symbol) {
      for (const Symbol& symbol : symbols()) {
        if (only == nullptr || symbol == *only) exposure("max_exposure_per_symbol", *limits_.per_symbol, &symbol);
      }
    }
    if (limits_.total) exposure("max_total_exposure", *limits_.total, nullptr);
    places();
    loss();
  }

 private:
  bool is_own(const Lease& l) const {
    return !l.ended && std::ranges::any_of(q_.tasks, [&](const PlannedTask& t) { return t.spec.name == l.task; });
  }

  bool same_quote() {
    bool fine = true;
    for (const PlannedTask& t : q_.tasks) {
      if (t.spec.symbol.quote == limits_.quote) continue;
      fine = false;
      add_failure(to_, kPortfolioRow, t.spec.name,
                  {ExitCode::Config, fmt::format("the portfolio of this database is in {}, and {} is not", quote_, t.spec.symbol.str()),
                   "run it with a --db of its own"});
    }
    return fine;
  }

  bool goes_on() {
    const std::string& why = q_.state.row.halted;
    if (why.empty()) return true;
    add_failure(to_, kPortfolioRow, "",
                {ExitCode::Halted, "it is halted: " + printable(why), "look at the loss first; dn-recover resume --all --yes lifts the halt"});
    return false;
  }

  // Those in which the run's tasks add to what they hold.
  std::vector<Symbol> symbols() const {
    std::vector<Symbol> out;
    for (const PlannedTask& t : q_.tasks) {
      if (t.standing.opens && std::ranges::find(out, t.spec.symbol) == out.end()) out.push_back(t.spec.symbol);
    }
    return out;
  }

  // Of the symbol's tasks, or of all: as Portfolio::ask will answer them (store/portfolio_sums.h).
  void exposure(std::string_view limit, const Money& most, const Symbol* symbol) {
    const std::string of = symbol != nullptr ? symbol->str() : std::string(kPortfolioRow);
    Money others = symbol != nullptr ? Money{} : q_.state.total;
    for (const auto& [s, used] : q_.state.used) {
      if (symbol != nullptr && s == *symbol) others = used;
    }
    bool may_come = false;
    for (const Lease& l : q_.state.leases) {
      if (symbol != nullptr && !(l.symbol == *symbol)) continue;
      if (is_own(l)) {
        others = others - l.exposure;
      } else {
        may_come = may_come || (l.running && !l.waiting && l.exposure.is_positive());
      }
    }
    others = max(others, Money{});
    Money sum;
    std::string stuck;  // a task whose next slices do not fit
    for (const PlannedTask& t : q_.tasks) {
      if (!t.standing.opens || (symbol != nullptr && !(t.spec.symbol == *symbol))) continue;
      if (!t.numbers || !t.numbers->leg.buy || !t.numbers->leg.sell) return unknown(limit, of, others, most, may_come);
      const ExposureNeeds needs = exposure_needs(t);
      sum += needs.whole;
      if (stuck.empty() && others + needs.next > most) stuck = fmt::format("; the next slices of task {} alone come to {}", t.spec.name, needs.next.str());
    }
    const std::string text = fmt::format("this run's tasks may come to {} {} beside the {} that others hold: {} against {}", sum.str(), quote_, others.str(),
                                         (others + sum).str(), most.str());
    if (others + sum <= most || sum.is_zero()) return add_ok(to_, limit, of, text);  // what adds nothing is not kept from running by what others hold
    does_not_reach(limit, of, text + stuck, sum <= most && may_come);
  }

  void unknown(std::string_view limit, std::string_view of, const Money& others, const Money& most, bool may_come) {
    const std::string text = fmt::format("others hold {} {} against {}", others.str(), quote_, most.str());
    if (others >= most) return does_not_reach(limit, of, text + ": nothing is left for this run", may_come);
    add_ok(to_, limit, of, text + "; what this run's tasks come to is not known without prices");
  }

  void does_not_reach(std::string_view limit, std::string_view of, const std::string& text, bool waits) {
    if (waits) {
      add_warning(to_, limit, of, text + "; other runs hold what is missing: a task that waits for it until its --max-runtime ends with 12",
                  "wait for those runs, or " + fmt::format(fmt::runtime(kSmallerPortfolio), limit));
    } else {
      add_failure(to_, limit, of, {ExitCode::Refused, text, fmt::format(fmt::runtime(kSmallerPortfolio), limit)});
    }
  }

  void places() {
    if (limits_.max_tasks == 0) return;
    const auto own = std::ranges::count_if(q_.tasks, [](const PlannedTask& t) { return t.standing.trades; });
    const auto others = std::ranges::count_if(q_.state.leases, [&](const Lease& l) { return l.running && !is_own(l); });
    const std::string text = fmt::format("{} tasks of this run and {} of others: {} against {}", own, others, own + others, limits_.max_tasks);
    if (own + others <= limits_.max_tasks) return add_ok(to_, "max_concurrent_tasks", kPortfolioRow, text);
    add_warning(to_, "max_concurrent_tasks", kPortfolioRow, text + "; they begin as places come free, and what gets none until --max-runtime ends with 12",
                "run fewer tasks at a time, or write a larger max_concurrent_tasks under [portfolio]");
  }

  void loss() {
    if (!limits_.max_loss) return;
    const Money lost = q_.state.result.is_negative() ? -q_.state.result : Money{};
    Money worst;
    for (const PlannedTask& t : q_.tasks) {
      if (t.standing.opens && t.numbers && t.numbers->worst_slice) worst += *t.numbers->worst_slice;
    }
    const std::string text = fmt::format("{} {} are lost so far, and a slice of each task of this run whose other side fails costs {}: {} against {}",
                                         shown(lost.decimal()), quote_, shown(worst.decimal()), shown((lost + worst).decimal()), limits_.max_loss->str());
    if (lost + worst <= *limits_.max_loss) return add_ok(to_, "max_loss", kPortfolioRow, text);
    add_warning(to_, "max_loss", kPortfolioRow, text + "; above it all tasks halt", "write a smaller order_quantity, or a larger max_loss under [portfolio]");
  }

  Checks& to_;
  const PortfolioQuestion& q_;
  const PortfolioLimits& limits_;
  std::string quote_;
};

}  // namespace

PlannedTask* PortfolioQuestion::find(const std::string& task) {
  const auto at = std::ranges::find_if(tasks, [&](const PlannedTask& t) { return t.spec.name == task; });
  return at == tasks.end() ? nullptr : &*at;
}

Expected<std::optional<PortfolioQuestion>, ToolError> portfolio_question(const std::string& db, bool live, const std::optional<PortfolioLimits>& limits,
                                                                         const std::vector<TaskSpec>& specs, bool restart) {
  std::vector<std::string> own;
  for (const TaskSpec& s : specs) own.push_back(s.name);
  std::optional<PortfolioState> state;
  if (access(db.c_str(), F_OK) != 0) {
    if (limits) state = PortfolioState{{*limits, {}, {}, {}}, {}, {}, {}, {}, 0};
  } else {
    auto store = Store::open(db, Store::Mode::ReadOnly);
    if (!store) return Unexpected{store_failure(store.error())};
    auto foreseen = portfolio_of(**store, db, live).foresee(limits, own);
    if (!foreseen) return Unexpected{store_failure(foreseen.error())};
    state = std::move(*foreseen);
  }
  if (!state) return std::optional<PortfolioQuestion>();
  PortfolioQuestion q{std::move(*state), {}};
  for (const TaskSpec& s : specs) q.tasks.push_back({s, standing_of(db, s, restart), std::nullopt});
  return std::optional(std::move(q));
}

void check_portfolio(Checks& to, const PortfolioQuestion& q, const Symbol* only) { PortfolioCheck(to, q).all(only); }

}  // namespace dn::app
