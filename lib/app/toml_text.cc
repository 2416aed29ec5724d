#include "app/toml_text.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::size_t kMaxFile = 1U << 20;
constexpr std::size_t kMaxProblems = 20;
constexpr int kMaxDots = 100;                 // in a line; the parser makes a table of each and recurses into them
constexpr int kMaxDepth = 8;                  // of tables that are looked into
constexpr std::size_t kMaxDescription = 200;  // of the parser's own words, which quote the file

// What was probably meant by the name of a file that is not there: the same with .toml, or a TOML file beside it with nearly that name. "": nothing.
std::string near_file(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr int kMostEntries = 1000;
  std::error_code error;
  if (fs::is_regular_file(path + ".toml", error)) return path + ".toml";
  const fs::path wanted(path);
  const fs::path folder = wanted.parent_path();
  std::vector<std::string> known;
  int left = kMostEntries;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, error), end; !error && at != end && left > 0; at.increment(error), --left) {
    if (at->path().extension() == ".toml") known.push_back(at->path().filename().string());
  }
  const std::string near = closest(wanted.filename().string(), known);
  return near.empty() ? "" : (folder / near).string();
}

Expected<std::string, ToolError> read_file(const std::string& path) {
  const auto fail = [&](std::string_view why) {
    return Unexpected{ToolError{ExitCode::NotFound, fmt::format("{}: {}", printable(path), why), "check the path and its permissions"}};
  };
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT) return fail(std::strerror(errno));
    const std::string near = near_file(path);
    if (near.empty() && path.find_first_of("/.") == std::string::npos) {
      return Unexpected{ToolError{ExitCode::NotFound, fmt::format("{}: there is no such file", printable(path)),
                                  fmt::format("give the file of a task; a task that was begun goes on by its name: --task {}", printable(path))}};
    }
    return fail(near.empty() ? "there is no such file" : fmt::format("there is no such file; did you mean {}?", printable(near)));
  }
  if (S_ISDIR(info.st_mode)) return fail("is a directory");
  if (!S_ISREG(info.st_mode)) return fail("is not a file");
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(std::strerror(errno));
  std::string text(kMaxFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail("cannot be read to its end");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxFile)
    return Unexpected{ToolError{ExitCode::Config, fmt::format("{}: is larger than 1 MiB", printable(path)), "a task file is a few lines"}};
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte order mark is no column of its line
  return text;
}

// Where a line has more dots than any key of ours could need.
std::optional<Place> endless_key(const std::string& path, std::string_view text) {
  Place at{path, 1, 0};
  int dots = 0;
  for (const char c : text) {
    ++at.column;
    if (c == '.' && ++dots > kMaxDots) return at;
    if (c == '\n') {
      ++at.line;
      at.column = 0;
      dots = 0;
    }
  }
  return std::nullopt;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// The literal that starts at a place: up to a comma, a bracket, a blank or a comment. Columns count characters, not bytes.
std::string literal_at(const std::vector<std::string_view>& lines, const toml::source_position& begin) {
  if (begin.line == 0 || begin.line > lines.size()) return {};
  std::string_view line = lines[begin.line - 1];
  std::uint32_t column = 1;
  while (column < begin.column && !line.empty()) {
    line.remove_prefix(1);
    while (!line.empty() && (static_cast<unsigned char>(line[0]) & 0xC0U) == 0x80U) line.remove_prefix(1);
    ++column;
  }
  std::string out;
  for (const char c : line.substr(0, std::min(line.find_first_of(" \t\r,]}#"), line.size()))) {
    if (c != '_') out.push_back(c);
  }
  if (!out.empty() && out[0] == '+') out.erase(0, 1);
  return out;
}

class TomlReader {
 public:
  TomlReader(std::string path, std::string_view text) : path_(std::move(path)), lines_(lines_of(text)) {}

  TomlDocument read(const toml::table& root) const {
    TomlDocument doc;
    doc.top.place = {path_, 1, 1};
    for (const auto& [key, node] : root) {
      const std::string name(key.str());
      if (const auto* array = node.as_array(); array != nullptr && is_tables(*array)) {
        for (const auto& element : *array) {
          TomlTable t;
          t.place = place_of(element);
          add(*element.as_table(), "", 0, t);
          doc.arrays[name].push_back(std::move(t));
        }
      } else {
        add_node(shown_part(name), node, 0, doc.top);
      }
    }
    std::stable_sort(doc.top.entries.begin(), doc.top.entries.end(), before);
    for (auto& [name, tables] : doc.arrays) {
      for (TomlTable& t : tables) std::stable_sort(t.entries.begin(), t.entries.end(), before);
    }
    return doc;
  }

 private:
  static bool before(const TomlEntry& a, const TomlEntry& b) {
    return a.place.line != b.place.line ? a.place.line < b.place.line : a.place.column < b.place.column;
  }
  static bool is_tables(const toml::array& a) {
    return !a.empty() && std::all_of(a.begin(), a.end(), [](const toml::node& n) { return n.is_table(); });
  }
  static bool is_strings(const toml::array& a) {
    return std::all_of(a.begin(), a.end(), [](const toml::node& n) { return n.is_string(); });
  }
  Place place_of(const toml::node& n) const { return {path_, n.source().begin.line, n.source().begin.column}; }

  // So that "buy.exchange" in quotes is not taken for the key exchange of the table buy.
  static std::string shown_part(const std::string& part) { return part.find('.') == std::string::npos ? part : '"' + part + '"'; }

  void add(const toml::table& table, const std::string& prefix, int depth, TomlTable& out) const {
    for (const auto& [key, node] : table) add_node(prefix + shown_part(std::string(key.str())), node, depth, out);
  }
  void add_node(const std::string& key, const toml::node& node, int depth, TomlTable& out) const {
    const auto* table = node.as_table();
    if (table != nullptr && !table->empty() && depth < kMaxDepth) return add(*table, key + ".", depth + 1, out);
    TomlEntry e{key, TomlKind::Other, {}, place_of(node)};
    if (const auto* s = node.as_string()) {
      e.kind = TomlKind::String;
      e.text = s->get();
    } else if (node.is_integer() || node.is_floating_point()) {
      e.kind = node.is_integer() ? TomlKind::Integer : TomlKind::Number;
      e.text = literal_at(lines_, node.source().begin);
    } else if (const auto* b = node.as_boolean()) {
      e.kind = TomlKind::Bool;
      e.text = b->get() ? "true" : "false";
    } else if (table != nullptr && table->empty()) {
      e.kind = TomlKind::Table;
    } else if (const auto* list = node.as_array(); list != nullptr && is_strings(*list)) {
      e.kind = TomlKind::List;
      for (const toml::node& item : *list) e.items.push_back(item.as_string()->get());
    }
    out.entries.push_back(std::move(e));
  }

  std::string path_;
  std::vector<std::string_view> lines_;
};

}  // namespace

std::string Place::str() const {
  if (file.empty()) return "";
  return line == 0 ? file : fmt::format("{}:{}:{}", file, line, column);
}

std::string problem_text(const Place& place, std::string_view key, std::string_view what) {
  const std::string where = place.str();
  return fmt::format("{}{}{}{}{}", printable(where), where.empty() ? "" : ": ", printable_excerpt(key), key.empty() ? "" : ": ", printable(what));
}

void Problems::add(const Place& place, std::string_view key, std::string_view what) {
  if (lines_.size() == kMaxProblems) {
    ++dropped_;
    return;
  }
  lines_.push_back(problem_text(place, key, what));
}

ToolError Problems::error() const {
  std::string text;
  for (const std::string& line : lines_) text += (text.empty() ? "" : "\n") + line;
  if (dropped_ > 0) text += fmt::format("\nand {} more", dropped_);
  return {ExitCode::Config, std::move(text), ""};
}

Expected<TomlDocument, ToolError> read_toml(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return Unexpected{text.error()};
  return read_toml_text(path, *text);
}

Expected<TomlDocument, ToolError> read_toml_text(const std::string& path, std::string_view text, bool secret) {
  if (text.find('\0') != std::string::npos) return Unexpected{ToolError{ExitCode::Config, printable(path) + ": is not a text file", "give a TOML file"}};
  if (const auto at = endless_key(path, text)) {
    return Unexpected{ToolError{ExitCode::Config, problem_text(*at, "", "more dots than a line of such a file has"), "mend that line"}};
  }
  try {
    const toml::table root = toml::parse(text, std::string_view(path));
    return TomlReader(path, text).read(root);
  } catch (const toml::parse_error& e) {
    const Place place{path, e.source().begin.line, e.source().begin.column};
    return Unexpected{ToolError{ExitCode::Config, problem_text(place, "", secret ? "is not TOML" : e.description().substr(0, kMaxDescription)),
                                "mend that line; the file is TOML, as in key = value"}};
  } catch (const std::exception& e) {
    return Unexpected{ToolError{ExitCode::Config, fmt::format("{}: {}", printable(path), secret ? "is not TOML" : printable(e.what())),
                                "the file is TOML, as in key = value"}};
  }
}

}  // namespace dn::app
