#include "app/faults_file.h"

#include <fmt/format.h>

#include <charconv>

#include "app/toml_text.h"
#include "base/text.h"

namespace dn::app {
namespace {

std::optional<sim::Fault> fault_from(std::string_view text) {
  for (std::size_t i = 0; i < sim::kFaultCount; ++i) {
    if (sim::name(static_cast<sim::Fault>(i)) == text) return static_cast<sim::Fault>(i);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> fault_keys() {
  std::vector<std::string> out{"for"};
  for (std::size_t i = 0; i < sim::kFaultCount; ++i) out.emplace_back(sim::name(static_cast<sim::Fault>(i)));
  return out;
}

Expected<void, ToolError> read_faults(const std::string& path, PaperOptions& options) {
  auto doc = read_toml(path);
  if (!doc) return Unexpected{doc.error()};
  Problems problems;
  for (const auto& [name, tables] : doc->arrays) problems.add(tables[0].place, name, "is not a table of a faults file");
  for (const TomlEntry& e : doc->top.entries) {
    if (e.key == "for") {
      const auto d = parse_duration(e.text);
      if (e.kind != TomlKind::String || !d) {
        problems.add(e.place, e.key, "must be a duration in quotes, as in \"30s\"");
      } else {
        options.faults_for = *d;
      }
      continue;
    }
    const auto fault = fault_from(e.key);
    if (!fault) {
      const std::string near = closest(e.key, fault_keys());
      problems.add(e.place, e.key, near.empty() ? "is not a fault" : fmt::format("is not a fault; did you mean {}?", near));
      continue;
    }
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(e.text.data(), e.text.data() + e.text.size(), n);
    if (e.kind != TomlKind::Integer || error != std::errc() || end != e.text.data() + e.text.size() || n < 0 || n > 1000) {
      problems.add(e.place, e.key, "must be a whole number from 0 to 1000: per mille of the occasions");
    } else {
      options.faults[*fault] = n;
    }
  }
  if (!problems.empty()) return Unexpected{problems.error()};
  return {};
}

}  // namespace dn::app
