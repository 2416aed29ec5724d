#include "app/usage_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "app/tool_interface.h"
#include "base/text.h"
#include "model/task_name.h"

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

// What people who know other tools write, and what it is here. No tool: of all four.
struct OtherWord {
  std::string_view tool;
  std::string_view word;
  std::string_view here;
};
constexpr auto kOtherWords = std::to_array<OtherWord>({
    {"", "--live", "--mode live"},
    {"", "--paper", "--mode paper"},
    {"dn-run", "--dry-run", "dn-run FILE --plan"},
    {"dn-run", "-n", "dn-run FILE --plan"},
    {"dn-run", "--file", "the file alone: dn-run FILE"},
    {"dn-run", "--resume", "dn-run FILE goes on by itself; dn-run resume NAME ends a pause"},
    {"dn-status", "--tail", "--last N"},
    {"dn-status", "--limit", "--last N"},
    {"dn-status", "-n", "--last N"},
    {"dn-run", "run", "the file alone: dn-run FILE"},
    {"dn-run", "start", "the file alone: dn-run FILE"},
    {"dn-run", "stop", "dn-run pause NAME, or dn-run cancel NAME for good"},
    {"dn-run", "kill", "dn-run cancel NAME, or dn-recover halt --all"},
    {"dn-run", "status", "dn-status"},
    {"dn-run", "list", "dn-status"},
    {"dn-run", "ls", "dn-status"},
    {"dn-run", "show", "dn-status show NAME"},
    {"dn-status", "status", "dn-status alone"},
    {"dn-status", "list", "dn-status alone"},
    {"dn-status", "ls", "dn-status alone"},
    {"dn-status", "tasks", "dn-status alone"},
    {"dn-status", "log", "dn-status events"},
    {"dn-status", "logs", "dn-status events"},
    {"dn-status", "history", "dn-status events"},
    {"dn-status", "trades", "dn-status fills"},
    {"dn-status", "profit", "dn-status pnl"},
    {"dn-status", "balance", "dn-status check --online"},
    {"dn-status", "balances", "dn-status check --online"},
    {"dn-recover", "stop", "dn-recover halt --all"},
    {"dn-recover", "kill", "dn-recover halt --all"},
});

std::optional<ToolError> other_word(const std::string& tool, const std::string& word, std::string_view what) {
  const auto* row = std::ranges::find_if(kOtherWords, [&](const OtherWord& o) { return o.word == word && (o.tool.empty() || o.tool == tool); });
  if (row == kOtherWords.end()) return std::nullopt;
  return wrong_line(fmt::format("{} {}; here it is {}", word, what, row->here), tool);
}

// A flag that is none of this tool, or none without its verb.
ToolError unknown_flag(const CLI::App& app, const ToolInterface& t, std::string flag) {
  flag = flag.substr(0, flag.find('='));
  const std::string shown = printable_excerpt(flag);
  for (const CLI::App* given : app.get_subcommands()) {
    const auto verb = std::ranges::find(t.verbs, given->get_name(), &VerbInfo::name);
    if (verb == t.verbs.end()) continue;
    const std::vector<std::string> of_it = all_names(verb->flags);
    if (std::ranges::find(of_it, flag) != of_it.end()) {
      return wrong_line(fmt::format("{} stands behind its verb: {} {} {}", shown, t.tool, verb->name, shown), fmt::format("{} {}", t.tool, verb->name));
    }
  }
  std::vector<std::string> known = all_names(t.top.flags);
  for (const VerbInfo& v : t.verbs) {
    const std::vector<std::string> of_verb = all_names(v.flags);
    if (std::ranges::find(of_verb, flag) != of_verb.end()) {
      return wrong_line(fmt::format("{} belongs to a verb: {} {} {}", shown, t.tool, v.name, shown), fmt::format("{} {}", t.tool, v.name));
    }
    known.insert(known.end(), of_verb.begin(), of_verb.end());
  }
  if (auto meant = other_word(t.tool, flag, "is not a flag of " + t.tool)) return *meant;
  const std::string near = closest(flag, known);
  return wrong_line(fmt::format("{} is not a flag of {}{}", shown, t.tool, near.empty() ? "" : fmt::format("; did you mean {}?", near)), t.tool);
}

// What probably is the name of a task: where that is told.
std::string with_a_task(const ToolInterface& t, const std::string& word) {
  if (!is_task_name(word)) return "";
  return t.tool == "dn-status" ? fmt::format("; of a task of that name: dn-status show {}", word) : fmt::format("; a task of that name: --task {}", word);
}

ToolError unknown_word(const CLI::App& app, const ToolInterface& t, const std::string& word) {
  if (!app.get_subcommands().empty()) {
    const std::string verb = fmt::format("{} {}", t.tool, app.get_subcommands().front()->get_name());
    return wrong_line(fmt::format("\"{}\" is one word too many for {}", printable_excerpt(word), verb), verb);
  }
  if (auto meant = other_word(t.tool, word, "is not a verb of " + t.tool)) return *meant;
  const std::string near = closest(word, verbs_of(t));
  const std::string hint = near.empty() ? with_a_task(t, word) : fmt::format("; did you mean {} {}?", t.tool, near);
  return wrong_line(fmt::format("\"{}\" means nothing here{}", printable_excerpt(word), hint), t.tool);
}

// A verb without a word that it needs. CLI11 tells the word's name in the sources.
ToolError missing_word(const CLI::App& app, const ToolInterface& t, const CLI::ParseError& e) {
  for (const CLI::App* command : app.get_subcommands()) {
    const auto verb = std::ranges::find(t.verbs, command->get_name(), &VerbInfo::name);
    if (verb == t.verbs.end()) continue;
    std::string words;
    for (const FlagInfo& w : verb->words) {
      if (w.required) words += " " + w.value;
    }
    if (!words.empty())
      return {ExitCode::Usage, fmt::format("{} {} needs{}", t.tool, verb->name, words), fmt::format("write {} {}{}", t.tool, verb->name, words)};
  }
  return wrong_line(printable(e.what()), t.tool);
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
  if (dynamic_cast<const CLI::RequiredError*>(&e) != nullptr) return missing_word(app, t, e);
  if (dynamic_cast<const CLI::ExcludesError*>(&e) != nullptr) return {ExitCode::Usage, printable(e.what()), "leave out one of them"};
  const std::vector<std::string> extras = app.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&e) == nullptr || extras.empty()) return wrong_line(printable(e.what()), t.tool);
  const auto flag = std::ranges::find_if(extras, [](const std::string& word) { return word.size() > 1 && word[0] == '-'; });
  const auto word = std::ranges::find_if(extras, [](const std::string& w) { return w.empty() || w[0] != '-'; });
  // A flag of a verb that was mistyped is no mistake of its own.
  const bool is_verb = word != extras.end() && app.get_subcommands().empty() && !closest(*word, verbs_of(t)).empty();
  return flag == extras.end() || is_verb ? unknown_word(app, t, *word) : unknown_flag(app, t, *flag);
}

std::optional<ToolError> mistaken_verb(const CLI::App& app) {
  if (!app.get_subcommands().empty()) return std::nullopt;
  const CLI::Option* files = app.get_option_no_throw("files");
  if (files == nullptr || files->empty()) return std::nullopt;
  const std::string word = files->results().front();
  std::error_code error;
  if (word.find_first_of("./") != std::string::npos || std::filesystem::exists(word, error)) return std::nullopt;
  const ToolInterface t = interface_of(app);
  if (auto meant = other_word(t.tool, word, "is neither a file nor a verb")) return meant;
  const std::string near = closest(word, verbs_of(t));
  if (near.empty()) return std::nullopt;
  return wrong_line(fmt::format("{} is neither a file nor a verb; did you mean {} {}?", printable_excerpt(word), t.tool, near), t.tool);
}

ToolError no_such_word(const std::string& word, const std::string& next) {
  return {ExitCode::Usage, fmt::format("\"{}\" means nothing here; nothing was done", printable_excerpt(word)), next};
}

}  // namespace dn::app
