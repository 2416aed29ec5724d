// dn-status --watch: the same look again every second, until a key or a signal.
#pragma once

#include <functional>
#include <string>

#include "app/output.h"
#include "app/watch_screen.h"

namespace dn::app {

struct WatchSource {
  // One look. Where `text` is not empty it is shown as it is, and the look's tasks are not.
  struct Seen {
    WatchLook look;
    std::string text;
    ExitCode code = ExitCode::Ok;  // how it ends when it ends now
  };
  std::function<Expected<Seen, ToolError>(bool as_text)> look;
  bool is_table = false;  // of tasks: on a terminal it is drawn to fit; all else is text
};

// On a terminal it draws in place, and gives the terminal back however it ends. Elsewhere it prints one text after the other.
// A reader that goes away ends it quietly. Errors: those of the look.
Expected<ExitCode, ToolError> watch(const WatchSource& source, const OutputOptions& output);

}  // namespace dn::app
