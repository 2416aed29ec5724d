#include "model/task_state.h"

#include "model/names.h"

namespace dn {
namespace {

constexpr Names<TaskState, 9> kStates{{{TaskState::Idle, "IDLE"},
                                       {TaskState::Syncing, "SYNCING"},
                                       {TaskState::Analyzing, "ANALYZING"},
                                       {TaskState::Rebalancing, "REBALANCING"},
                                       {TaskState::ManagingOrders, "MANAGING_ORDERS"},
                                       {TaskState::Completing, "COMPLETING"},
                                       {TaskState::Error, "ERROR"},
                                       {TaskState::Completed, "COMPLETED"},
                                       {TaskState::Cancelled, "CANCELLED"}}};
constexpr Names<TaskMode, 4> kModes{
    {{TaskMode::Active, "ACTIVE"}, {TaskMode::Paused, "PAUSED"}, {TaskMode::Reducing, "REDUCING"}, {TaskMode::Halted, "HALTED"}}};
constexpr Names<Verdict, 3> kVerdicts{{{Verdict::None, ""}, {Verdict::Completed, "COMPLETED"}, {Verdict::Cancelled, "CANCELLED"}}};

}  // namespace

std::string_view name(TaskState s) { return name_in(kStates, s); }
std::optional<TaskState> task_state_from(std::string_view text) { return value_in(kStates, text); }
std::string_view name(TaskMode m) { return name_in(kModes, m); }
std::optional<TaskMode> task_mode_from(std::string_view text) { return value_in(kModes, text); }
std::string_view name(Verdict v) { return name_in(kVerdicts, v); }
std::optional<Verdict> verdict_from(std::string_view text) { return value_in(kVerdicts, text); }

}  // namespace dn
