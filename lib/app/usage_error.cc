#include "app/usage_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "app/tool_interface.h"
#include "base/text.h"

namespace dn::app {
namespace {

std::vector<std::string> all_names(const std::vector<FlagInfo>& flags) {
  std::vector<std::string> out;
  for (const FlagInfo& f : flags) out.insert(out.end(), f.names.begin(), f.names.end());
  return out;
}

std::vector<std::string> verbs_of(const ToolInterface& t) {
  std::vector<std::string> out;
  for (const VerbInfo& v : t.verbs) out.push_back(v.name);
  return out;
}

ToolError wrong_line(std::string what, const std::string& tool) { return {ExitCode::Usage, std::move(what), tool + " --help"}; }

// A flag that is none of this tool, or none without its verb.
ToolError unknown_flag(const ToolInterface& t, std::string flag) {
  flag = flag.substr(0, flag.find('='));
  const std::string shown = printable_excerpt(flag);
  std::vector<std::string> known = all_names(t.top.flags);
  for (const VerbInfo& v : t.verbs) {
    const std::vector<std::string> of_verb = all_names(v.flags);
    if (std::ranges::find(of_verb, flag) != of_verb.end()) {
      return wrong_line(fmt::format("{} belongs to a verb: {} {} {}", shown, t.tool, v.name, shown), fmt::format("{} {}", t.tool, v.name));
    }
    known.insert(known.end(), of_verb.begin(), of_verb.end());
  }
  const std::string near = closest(flag, known);
  return wrong_line(fmt::format("{} is not a flag of {}{}", shown, t.tool, near.empty() ? "" : fmt::format("; did you mean {}?", near)), t.tool);
}

ToolError unknown_word(const ToolInterface& t, const std::string& word) {
  const std::string near = closest(word, verbs_of(t));
  const std::string hint = near.empty() ? "" : fmt::format("; did you mean {} {}?", t.tool, near);
  return wrong_line(fmt::format("\"{}\" means nothing here{}", printable_excerpt(word), hint), t.tool);
}

}  // namespace

CLI::Validator one_of(std::vector<std::string> values) {
  std::string description = fmt::format("{{{}}}", fmt::join(values, ","));
  return CLI::Validator(
      [values = std::move(values)](std::string& given) -> std::string {
        if (std::ranges::find(values, given) != values.end()) return {};
        const std::string near = closest(given, values);
        return fmt::format("\"{}\" is not one of {}{}", printable_excerpt(given), fmt::join(values, ", "),
                           near.empty() ? "" : fmt::format("; did you mean {}?", near));
      },
      std::move(description));
}

ToolError usage_error(const CLI::App& app, const CLI::ParseError& e) {
  const ToolInterface t = interface_of(app);
  const std::vector<std::string> extras = app.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&e) == nullptr || extras.empty()) return wrong_line(printable(e.what()), t.tool);
  const auto flag = std::ranges::find_if(extras, [](const std::string& word) { return word.size() > 1 && word[0] == '-'; });
  return flag == extras.end() ? unknown_word(t, extras.front()) : unknown_flag(t, *flag);
}

std::optional<ToolError> mistaken_verb(const CLI::App& app) {
  if (!app.get_subcommands().empty()) return std::nullopt;
  const CLI::Option* files = app.get_option_no_throw("files");
  if (files == nullptr || files->empty()) return std::nullopt;
  const std::string word = files->results().front();
  std::error_code error;
  if (word.find_first_of("./") != std::string::npos || std::filesystem::exists(word, error)) return std::nullopt;
  const ToolInterface t = interface_of(app);
  const std::string near = closest(word, verbs_of(t));
  if (near.empty()) return std::nullopt;
  return wrong_line(fmt::format("{} is neither a file nor a verb; did you mean {} {}?", printable_excerpt(word), t.tool, near), t.tool);
}

ToolError no_such_word(const std::string& word, const std::string& next) {
  return {ExitCode::Usage, fmt::format("\"{}\" means nothing here; nothing was done", printable_excerpt(word)), next};
}

}  // namespace dn::app
