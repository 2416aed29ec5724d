// What the codes mean that the tools print: exit codes, and the `code` (of errors: the `class`) of events and orders.
// One table of our own codes (code_table.cc); exit codes come from model/exit_code.h, venues' codes from the venues' own tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/tool_error.h"

namespace dn::app {

struct CodeInfo {
  std::string_view code;     // "http_*" stands for every code that begins so
  std::string_view kind;     // where it stands: "limit", "alert", "halt", "order" (of a request, its answer or a question about it), "error"
  std::string_view meaning;  // what happened
  std::string_view why;      // how it comes to that
  std::string_view next;     // what to do
};

// Our own codes of events and orders, by name.
std::span<const CodeInfo> event_codes();
// The names of checks (kind "check") and of what dn-recover and dn-status audit find ("finding"), by name.
std::span<const CodeInfo> check_codes();

// The meaning of an exit code (by number or name) or of an event's code; several when it stands for more than one thing. Empty: all of them, as a
// list. Usage when nothing is known of it.
Expected<ExitCode, ToolError> explain(const std::string& code, bool json);

}  // namespace dn::app
