// Pre-flight: what is checked before a task trades, of the venues and of the task, and how it is told. dn-run --plan and dn-status check
// share it.
#pragma once

#include <string>
#include <vector>

#include "app/preflight_numbers.h"
#include "base/json_writer.h"

namespace dn::app {

enum class CheckStatus : std::uint8_t { Ok, Warn, Fail };
std::string_view name(CheckStatus s);  // "ok", "warn", "fail"

struct Check {
  std::string name;  // "trade_right"
  std::string of;    // the task, the venue or the file that it is about; may be empty
  CheckStatus status = CheckStatus::Ok;
  std::string message;           // with the numbers
  std::string next;              // what to do; empty for Ok
  ExitCode code = ExitCode::Ok;  // of a Fail
};
using Checks = std::vector<Check>;

void add_ok(Checks& to, std::string_view name, std::string_view of, std::string message);
void add_warning(Checks& to, std::string_view name, std::string_view of, std::string message, std::string next);
void add_failure(Checks& to, std::string_view name, std::string_view of, const ToolError& e);

// The gravest of the failures; Ok when nothing failed.
ExitCode exit_code(const Checks& checks);
// A row a check, and below it what to do. `rich`: with signs.
std::string checks_text(const Checks& checks, bool rich);
// An array of objects.
void write_checks(JsonWriter& w, const Checks& checks);

// Of one venue, as it shows itself for a symbol: reachable, clock, symbol, key, its rights, and what else it tells.
void check_venue(Checks& to, const TaskSpec& spec, const live::Look& look);

// The market as the looks show it; nullopt where one of the venues did not tell its rules.
std::optional<MarketView> market_of(const TaskSpec& spec, const std::vector<live::Look>& looks);
PerSide<std::optional<venues::Depth>> depth_of(const TaskSpec& spec, const std::vector<live::Look>& looks);

// All that is checked of a task once its market is known.
struct TaskQuestion {
  const TaskSpec& spec;
  const MarketView& market;
  const Numbers& numbers;
  PerSide<std::optional<venues::Depth>> depth;
  Progress progress;
};
void check_task(Checks& to, const TaskQuestion& q);
// What its parameters alone say, without a market: the delay, how long it may hold.
void check_parameters(Checks& to, const TaskSpec& spec);

// Whether a live task can begin: the first slice of both legs has its money, or its position, and a limit of the task on its share of the
// balance holds. Refused; empty where nothing is in the way.
std::vector<std::string> what_is_missing(const TaskQuestion& q);

}  // namespace dn::app
