#include "app/tool_help.h"

#include <fmt/format.h>

namespace dn::app {
namespace {

std::string with_value(const FlagInfo& f) { return f.longest() + (f.value.empty() ? "" : " " + f.value); }

std::string shown_word(const FlagInfo& w) {
  const std::string text = (w.value == "WORD" ? w.names.front() : w.value) + (w.repeatable ? "..." : "");
  return w.required ? text : "[" + text + "]";
}

std::string call_of(const VerbInfo& v) {
  std::string out = v.name;
  for (const FlagInfo& w : v.words) out += " " + shown_word(w);
  for (const FlagInfo& f : v.flags) out += " [" + with_value(f) + "]";
  return out;
}

// Parts in lines that are no wider than the screen, indented below a heading.
std::string wrapped(std::string_view heading, const std::vector<std::string>& parts, std::string_view between) {
  const std::string indent(heading.size(), ' ');
  std::string out;
  std::string line(heading);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string part = parts[i] + (i + 1 < parts.size() ? std::string(between) : "");
    if (line.size() > indent.size() && line.size() + part.size() > kScreenColumns) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = indent;
    }
    line += part;
  }
  return out + line + "\n";
}

// Text in lines beside a column that holds `left`.
std::string entry(const std::string& left, std::string_view text) {
  constexpr std::size_t kColumn = 28;
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto blank = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, blank));
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  const std::string heading = fmt::format("  {:<{}}", left, kColumn - 2);
  if (heading.size() <= kColumn && left.size() < kColumn - 2) return wrapped(heading, words, " ");
  return "  " + left + "\n" + wrapped(std::string(kColumn, ' '), words, " ");
}

std::string flags_of(const std::vector<FlagInfo>& flags, bool common) {
  std::string out;
  for (const FlagInfo& f : flags) {
    if (f.common != common) continue;
    std::string names;
    for (auto name = f.names.rbegin(); name != f.names.rend(); ++name) names += (names.empty() ? "" : ", ") + *name;
    out += entry(names + (f.value.empty() ? "" : " " + f.value), f.help);
  }
  return out;
}

std::string usage_line(const ToolInterface& t) {
  std::string out = "usage: " + t.tool + " [FLAG...]";
  for (const FlagInfo& w : t.top.words) out += " " + shown_word(w);
  if (!t.verbs.empty()) out += fmt::format(" | {} VERB ...", t.tool);
  return out + "\n";
}

std::vector<std::string> flag_names(const std::vector<FlagInfo>& flags, bool common) {
  std::vector<std::string> out;
  for (const FlagInfo& f : flags) {
    if (f.common == common) out.push_back(with_value(f));
  }
  return out;
}

}  // namespace

std::string short_help(const ToolInterface& t) {
  std::string out = t.about + "\n" + usage_line(t);
  std::vector<std::string> verbs;
  for (const VerbInfo& v : t.verbs) verbs.push_back(call_of(v));
  if (!verbs.empty()) out += wrapped("verbs: ", verbs, " | ");
  if (const auto own = flag_names(t.top.flags, false); !own.empty()) out += wrapped("flags: ", own, " ");
  out += wrapped("all tools: ", flag_names(t.top.flags, true), " ");
  return out + fmt::format("What each means: {0} --help-all, {1}man {0}\n", t.tool, t.verbs.empty() ? "" : t.tool + " VERB --help, ");
}

std::string long_help(const ToolInterface& t) {
  std::string out = t.about + "\n" + usage_line(t);
  for (const FlagInfo& w : t.top.words) out += entry(shown_word(w), w.help);
  if (!t.verbs.empty()) out += "\nVerbs:\n";
  for (const VerbInfo& v : t.verbs) {
    std::string words;
    for (const FlagInfo& w : v.words) words += " " + shown_word(w);
    out += entry(v.name + words, v.help) + flags_of(v.flags, false);
  }
  if (const std::string own = flags_of(t.top.flags, false); !own.empty()) out += "\nFlags:\n" + own;
  return out + "\n" + kCommonFlags + ":\n" + flags_of(t.top.flags, true);
}

std::string verb_help(const std::string& tool, const VerbInfo& v) {
  std::string out = fmt::format("{} {}: {}\n\nusage: {} {}\n", tool, v.name, v.help, tool, call_of(v));
  for (const FlagInfo& w : v.words) out += entry(shown_word(w), w.help);
  return out + flags_of(v.flags, false) + fmt::format("\nThe flags of all tools may follow: {} --help-all\n", tool);
}

}  // namespace dn::app
