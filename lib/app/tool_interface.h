// A tool's command line as data: what help, manuals, completions and messages about a wrong command line are made of.
//
// Everything comes from the flags as CLI11 knows them and from the tables of keys and codes, so none of these can say anything else than what
// the tool takes. Pure; the CLI::App stays the caller's.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace dn::app {

// The group of the flags that all four tools take.
inline constexpr const char* kCommonFlags = "Flags of all four tools";

// A flag, or a word that stands without one.
struct FlagInfo {
  std::vector<std::string> names;    // "--dry-run", "-n"; of a word its own name
  std::string value;                 // what it takes: "FILE", "VENUE"; empty: nothing
  std::vector<std::string> choices;  // all values it takes, where these are known; else empty
  std::string help;
  bool repeatable = false;
  bool required = false;
  bool common = false;  // of all four tools

  const std::string& longest() const;  // the name to show
};

struct VerbInfo {
  std::string name;
  std::string help;
  std::vector<FlagInfo> flags;
  std::vector<FlagInfo> words;  // in their order
};

struct ToolInterface {
  std::string tool;
  std::string about;  // a line on what it does, examples, remarks
  VerbInfo top;       // without a verb
  std::vector<VerbInfo> verbs;
};

ToolInterface interface_of(const CLI::App& app);
// One document (schema dn.interface/1): the command line, the keys of every file with their defaults, the exit codes. What tool_main prints for
// --describe, which is for the makers of manuals and completions and stands in no help.
std::string interface_json(const ToolInterface& tool);

}  // namespace dn::app
