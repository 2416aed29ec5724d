// Parameters that change while the task runs: a person sets others, or the market is volatile and [adapt] has others for that.
//
// Both come into force at the beginning of a cycle and nowhere else, so that no order is made of old ones and new ones. The books keep what the
// owner wrote: whether the task is adapted is not durable, and a run begins with the task's own parameters and without a past of prices.
#include <utility>

#include "engine/planted.h"
#include "engine/quote.h"
#include "engine/task.h"

namespace dn {
namespace {

template <class A>
bool is_lower(const std::optional<A>& now, const std::optional<A>& before) {
  return now && (!before || *now < *before);
}

// A limit on amounts is.
bool is_lower(const TaskSpec& now, const TaskSpec& before) {
  return now.total_quantity < before.total_quantity || now.risk.max_capital_fraction < before.risk.max_capital_fraction ||
         is_lower(now.risk.max_position, before.risk.max_position) || is_lower(now.risk.max_notional, before.risk.max_notional) ||
         is_lower(now.risk.max_order_notional, before.risk.max_order_notional);
}

}  // namespace

// What rests was held against the old limits: where one of them is lower now, it goes and is held against the new ones.
void TaskEngine::apply_pending_spec() {
  const bool lower = is_lower(*pending_spec_, record_.spec);
  record_.spec = std::move(*pending_spec_);
  pending_spec_.reset();
  if (!pending_source_.empty()) record_.source = std::exchange(pending_source_, {});
  fit_windows();
  remake_plan();
  record_.guards.loss_limit.reset();  // the new task's is another one
  save_task();
  const std::string when = ", heard in cycle " + std::to_string(pending_heard_) + ", counts from " + std::to_string(cycles_ + 1);
  for (const std::string& key : std::exchange(pending_told_, {})) alert(AlertKind::Alert, AlertLevel::Info, "parameters_changed", Reason(key + when));
  for (const Side leg : kSides) {
    for (WorkingOrder& w : legs_[leg].working) {
      if (lower && w.record.request.purpose == Purpose::Quote) request_cancel(w, Reason("a limit is lower now"));
    }
  }
}

// Each leg has a window of the length that the task asks for. One of another length takes over the extremes, as if they were new: a change of the
// window does not end what it measured.
void TaskEngine::fit_windows() {
  const AdaptSpec& a = record_.spec.adapt;
  for (const Side leg : kSides) {
    std::optional<MidWindow>& mids = legs_[leg].mids;
    if (!a.volatility_bps) {
      mids.reset();
    } else if (!mids || mids->length() != a.length()) {
      const auto before = mids ? mids->range(now_) : std::nullopt;
      mids.emplace(a.length());
      if (!before) continue;
      mids->note(now_, before->low);
      mids->note(now_, before->high);
    }
  }
}

// `next` makes sense, and takes the place of the leg's top. That counted until now, if it was believed.
void TaskEngine::note_mid(LegState& leg, const TopOfBook& next) {
  if (!leg.mids) return;
  if (is_fresh(leg)) leg.mids->note(now_, middle(leg.top));
  leg.mids->note(now_, middle(next));
}

// The larger one of both legs; nullopt while a book is not fresh: the task is neither calm nor volatile by what nobody sees.
std::optional<Bps> TaskEngine::volatility_now() {
  Bps most;
  for (const Side leg : kSides) {
    LegState& l = legs_[leg];
    if (!is_fresh(l)) return std::nullopt;
    if (const auto range = l.mids->range(now_)) most = max(most, volatility(*range));
  }
  return most;
}

void TaskEngine::follow_volatility() {
  const AdaptSpec& a = record_.spec.adapt;
  if (!a.volatility_bps) {
    if (adapted_) adapt(false, "adapt.volatility_bps is off", {}, {});
    return;
  }
  const auto v = volatility_now();
  if (!v) return;
  const auto moved = [&] { return "the mid moved " + v->str() + " bps in " + format_duration(a.length()); };
  if (!adapted_ && *v > *a.volatility_bps) {
    adapt(true, moved() + ", above volatility_bps", v->str(), a.volatility_bps->str());
  } else if (adapted_ && *v <= a.calm()) {
    adapt(false, moved() + ", calm again", v->str(), a.calm().str());
  } else if (adapted_ && is_slice_too_small()) {
    remake_plan();  // the venues take a minimum of value, and the price fell
  }
}

void TaskEngine::adapt(bool on, const std::string& why, std::string_view value, std::string_view limit) {
  const Qty before = plan_.slice;
  adapted_ = on;
  remake_plan();
  const TaskSpec& s = trading_spec();
  const bool is_least = on && plan_.slice > own_spec().order_quantity * s.adapt.slice_fraction();
  alert(AlertKind::Alert, AlertLevel::Info, on ? "adapt" : "adapt_end",
        Reason(why + ": slice " + before.str() + " -> " + plan_.slice.str() + (is_least ? " (the venues' minimum)" : "") + ", tick tolerance buy " +
               std::to_string(s.leg.buy.tick_tolerance) + ", sell " + std::to_string(s.leg.sell.tick_tolerance)),
        value, limit);
}

// A leg could hardly trade it any more, and there is a larger one.
bool TaskEngine::is_slice_too_small() const {
  if (adapted_spec_.order_quantity >= own_spec().order_quantity) return false;
  const Decimal spare = Decimal::from_parts(105, 2);  // quotes stand a little behind the price that the minimum was reckoned at
  return plan_.leg_slice.buy < legs_.buy.min_tradable * spare || plan_.leg_slice.sell < legs_.sell.min_tradable * spare;
}

TaskSpec TaskEngine::adapted() const {
  const PerSide<Qty> least{legs_.buy.min_tradable, legs_.sell.min_tradable};
  TaskSpec s = dn::adapted(own_spec(), plan_.step, legs_.buy.instrument, least);
  if (planted(Bug::KeepSlice)) s.order_quantity = own_spec().order_quantity;
  return s;
}

}  // namespace dn
