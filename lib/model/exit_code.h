// The exit codes of the tools: the interface of a cron job.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dn {

enum class ExitCode : std::uint8_t {
  Ok = 0,
  BudgetUsed = 10,
  Locked = 11,
  Waiting = 12,
  Imbalanced = 20,
  UnknownOrder = 21,
  Refused = 22,
  Halted = 23,
  Contradiction = 24,
  RebalancedPartly = 25,
  Usage = 64,
  BadData = 65,
  NotFound = 66,
  VenueDown = 69,
  Internal = 70,
  Io = 74,
  Temporary = 75,
  Permission = 77,
  Config = 78,
  Interrupted = 130,
  Terminated = 143,
};
constexpr int number(ExitCode c) { return static_cast<int>(c); }

struct ExitCodeInfo {
  ExitCode code;
  std::string_view name;     // a word for it
  std::string_view meaning;  // what happened
  std::string_view why;      // how it comes to that
  std::string_view next;     // what to do
};
// The row of a code; every ExitCode has one.
const ExitCodeInfo& info(ExitCode c);
// All of them, from the gravest to 0.
std::span<const ExitCodeInfo> exit_codes();

// Of several outcomes in one process, the one that the process ends with: 24 > 21 > 20 > 23 > 22 > others in their order above 12.
ExitCode worse(ExitCode a, ExitCode b);

}  // namespace dn
