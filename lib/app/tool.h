// What every tool's main does around its work: parsing, the exit code, how an error is told.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/flags.h"
#include "app/tool_error.h"
#include "base/expected.h"

namespace CLI {
class App;
}

namespace dn::app {

using ToolResult = Expected<ExitCode, ToolError>;

// One tool. `declare` adds the tool's own flags and verbs; the common ones are there already. `run` is called once the
// command line is parsed and valid.
struct Tool {
  std::string name;         // "dn-run"
  std::string description;  // first line of --help
  std::function<void(CLI::App&)> declare;
  std::function<ToolResult(const CommonFlags&)> run;
};

// Parses, runs and returns the number to leave main with. No exception leaves it. SIGPIPE is ignored from here on.
// Errors: Usage (command line), Internal (an exception), and what `run` says; none is told when stdout was closed by its reader.
int tool_main(const Tool& tool, int argc, char** argv);

// `dn-run: what\n  next: ...\n`
std::string error_text(std::string_view tool, const ToolError& error);
// One line {"schema":"dn.event/1","type":"exit_error",...} without the line end.
std::string error_json(const ToolError& error, Time now);

// Writes to stdout at once. False when its reader is gone or it cannot be written (the tool then ends early and quietly).
bool write_stdout(std::string_view text);

}  // namespace dn::app
