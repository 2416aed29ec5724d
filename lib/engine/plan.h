// A task's sizes made tradable on both of its venues, and whether both legs can trade them at all.
#pragma once

#include <string>
#include <vector>

#include "model/instrument.h"
#include "model/task_spec.h"

namespace dn {

struct Plan {
  Qty step;   // common step of both legs
  Qty total;  // total_quantity floored to the step
  Qty slice;  // order_quantity floored to the step
  // The slice of each leg: where the buy leg pays its fee in base, the sell leg's is smaller by that fee.
  PerSide<Qty> leg_slice;
};

// The aligned sizes; total or slice may come out as zero, which check_plan names.
Plan make_plan(const TaskSpec& spec, const PerSide<Instrument>& instruments);

// The task as it trades while it is adapted (AdaptSpec). Its slice, not aligned yet, is never so small that a leg could not trade it: then it is
// the least that both can, with a tenth to spare for prices that move on, or stays what it is. `step`: the common one; `buy`: the buy leg's
// instrument; `least`: the smallest order of each leg at the prices of now.
TaskSpec adapted(const TaskSpec& own, const Qty& step, const Instrument& buy, const PerSide<Qty>& least);

// What keeps the task from trading by the venues' rules, at these prices (quote per base; zero = not known, then
// minimum notionals are not checked). Both legs or none: a task with a problem sends nothing.
std::vector<SpecProblem> check_plan(const TaskSpec& spec, const PerSide<Instrument>& instruments, const Plan& plan, const PerSide<Price>& prices);
// Whether a change of a task is of what check_plan looks at: only with the venues' rules at hand can be said that it is good.
bool is_for_venues(const TaskSpec& before, const TaskSpec& after);

}  // namespace dn
