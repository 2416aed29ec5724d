// What --help and --help-all print.
#pragma once

#include <string>

#include "app/tool_interface.h"

namespace dn::app {

// Lines and columns of the screen that --help fits on.
inline constexpr std::size_t kScreenLines = 24;
inline constexpr std::size_t kScreenColumns = 80;

// Examples first, then every verb and flag by name.
std::string short_help(const ToolInterface& tool);
// The same with what each flag means.
std::string long_help(const ToolInterface& tool);
// A verb with its words and flags.
std::string verb_help(const std::string& tool, const VerbInfo& verb);

}  // namespace dn::app
