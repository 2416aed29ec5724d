// Tables: aligned columns for a terminal, CSV (RFC 4180) for programs.
#pragma once

#include <string>
#include <vector>

namespace dn::app {

class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::size_t size() const { return rows_.size() - 1; }

  // Columns as wide as their widest cell, two blanks apart; control characters made visible.
  std::string text() const;
  // Lines end with CR LF; cells with a comma, quote or line break are quoted.
  std::string csv() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// One line of CSV.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace dn::app
