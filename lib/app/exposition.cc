#include "app/exposition.h"

#include <fmt/format.h>

#include "base/text.h"

namespace dn::app {
namespace {

// Control characters and bytes that are not UTF-8 are '?' by then, so that no label can begin a line of its own.
std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

void Exposition::family(std::string_view name, Type type, std::string_view help) {
  name_ = name;
  head_ = fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type == Type::Counter ? "counter" : "gauge");
}

void Exposition::sample(const Labels& labels, const Decimal& value) {
  text_ += std::exchange(head_, {});
  text_ += name_;
  const char* before = "{";
  for (const auto& [key, of] : labels) text_ += fmt::format("{}{}=\"{}\"", std::exchange(before, ","), key, label_value(of));
  text_ += fmt::format("{} {}\n", labels.size() > 0 ? "}" : "", value.str());
}

}  // namespace dn::app
