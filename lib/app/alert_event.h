// What an event means to a person who does not look: how grave it is, and which others are of its kind.
//
// Alerts name their level. Of the other events, refused orders, retries, rebalances and ends are INFO, steps of states and orders are DEBUG.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/tool_error.h"
#include "model/task_event.h"

namespace dn::app {

std::string_view name(AlertLevel level);  // "CRITICAL"
std::optional<AlertLevel> alert_level_from(std::string_view text);

// A text member of an event as JsonWriter writes it, behind the first one, its escapes left as they are; "" when there is none.
std::string_view text_field(std::string_view json, std::string_view key);

struct AlertKindOf {
  AlertLevel level = AlertLevel::Debug;
  std::string code;  // what it is throttled by: the event's code, else its class, else its type
};
// Of a stored event. One that cannot be read is a WARNING: rather one too many than one too few.
AlertKindOf kind_of(std::string_view type, std::string_view json);

// Of a run that ended with an error.
AlertLevel level_of(const ToolError& error);

// `level` is at least as grave as `least`.
constexpr bool reaches(AlertLevel level, AlertLevel least) { return level <= least; }

// The event with the fields that tell whom it stands for. `mixed`: they were of several codes.
std::string with_suppressed(std::string_view json, std::int64_t suppressed, bool mixed);

}  // namespace dn::app
