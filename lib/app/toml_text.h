// TOML read as flat keys with their source text and place: what files of any kind of ours are made of.
//
// Numbers are handed on as the text that stands in the file, never through binary floating point.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/tool_error.h"

namespace dn::app {

struct Place {
  std::string file;
  std::uint32_t line = 0;  // from 1; 0: the file as a whole, or no file
  std::uint32_t column = 0;
  std::string str() const;  // "btc.toml:7:12"
};

enum class TomlKind : std::uint8_t {
  String,
  Integer,
  Number,
  Bool,
  Table,  // one without keys; others show as their keys
  List,   // of strings, perhaps empty
  Other,
};

struct TomlEntry {
  std::string key;  // "buy.offset_ticks", relative to its table; a part with a dot of its own stands in quotes
  TomlKind kind = TomlKind::Other;
  std::string text;  // the value of a string; the literal of a number or bool, without underscores
  Place place;
  std::vector<std::string> items{};  // of a list
};

// A table with its entries, sub-tables flattened with dots, in order of the file.
struct TomlTable {
  Place place;
  std::vector<TomlEntry> entries;
};

struct TomlDocument {
  TomlTable top;                                         // what is in no array of tables
  std::map<std::string, std::vector<TomlTable>> arrays;  // [[name]] at top level
};

// Reads a file of at most 1 MiB. Errors: NotFound (no such file, a directory, not readable), Config (not TOML, with place).
Expected<TomlDocument, ToolError> read_toml(const std::string& path);
// The same of a text at hand; `name` stands for the path. `secret`: no error quotes it.
Expected<TomlDocument, ToolError> read_toml_text(const std::string& name, std::string_view text, bool secret = false);

// "file:line:column: key: what"
std::string problem_text(const Place& place, std::string_view key, std::string_view what);

// Collects the problems of a file, so that all are told at once (up to a bound).
class Problems {
 public:
  void add(const Place& place, std::string_view key, std::string_view what);
  bool empty() const { return lines_.empty(); }
  ToolError error() const;  // Config, one problem a line

 private:
  std::vector<std::string> lines_;
  std::size_t dropped_ = 0;
};

}  // namespace dn::app
