// State, mode and verdict of a task (spec: state machine). The transitions stand in engine/states.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dn {

enum class TaskState : std::uint8_t { Idle, Syncing, Analyzing, Rebalancing, ManagingOrders, Completing, Error, Completed, Cancelled };
std::string_view name(TaskState s);  // "SYNCING"
std::optional<TaskState> task_state_from(std::string_view text);

// What the task may do, whatever its state.
enum class TaskMode : std::uint8_t {
  Active,
  Paused,    // by a person: no new quotes; hedges still go out
  Reducing,  // only orders that shrink the imbalance; ends by itself when balanced
  Halted,    // by a limit or a person: nothing new until a person resumes
};
std::string_view name(TaskMode m);  // "ACTIVE"
std::optional<TaskMode> task_mode_from(std::string_view text);

// How the task ended for good.
enum class Verdict : std::uint8_t { None, Completed, Cancelled };
std::string_view name(Verdict v);  // "", "COMPLETED", "CANCELLED"
std::optional<Verdict> verdict_from(std::string_view text);

}  // namespace dn
