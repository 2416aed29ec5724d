#include "app/alert_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/names.h"

namespace dn::app {
namespace {

constexpr Names<AlertLevel, 4> kLevelNames{
    {{AlertLevel::Critical, "CRITICAL"}, {AlertLevel::Warning, "WARNING"}, {AlertLevel::Info, "INFO"}, {AlertLevel::Debug, "DEBUG"}}};

// What happens all the time: not even read.
constexpr std::array<std::string_view, 8> kRoutine{"state", "intent", "ack", "fill", "cancel", "resolved", "run_start", "funding"};

AlertLevel level_by_type(std::string_view type, std::string_view error_class) {
  if (type == "error") return error_class == "temporary" || error_class == "rate_limit" ? AlertLevel::Info : AlertLevel::Warning;
  return type == "reject" || type == "unknown" || type == "rebalance" || type == "summary" ? AlertLevel::Info : AlertLevel::Warning;
}

}  // namespace

// Inside a text every quote has a backslash before it, so what is searched for stands nowhere but at the member.
std::string_view text_field(std::string_view json, std::string_view key) {
  const std::string begin = fmt::format(",\"{}\":\"", key);
  const auto at = json.find(begin);
  if (at == std::string_view::npos) return {};
  json.remove_prefix(at + begin.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      return json.substr(0, i);
    }
  }
  return {};
}

std::string_view name(AlertLevel level) { return name_in(kLevelNames, level); }

std::optional<AlertLevel> alert_level_from(std::string_view text) { return value_in(kLevelNames, text); }

AlertKindOf kind_of(std::string_view type, std::string_view json) {
  if (std::ranges::find(kRoutine, type) != kRoutine.end()) return {AlertLevel::Debug, std::string(type)};
  const std::string_view error_class = text_field(json, "class");
  std::string_view code = text_field(json, "code");
  if (code.empty()) code = error_class.empty() ? type : error_class;
  const auto told = alert_level_from(text_field(json, "level"));
  return {told.value_or(level_by_type(type, error_class)), std::string(code)};
}

AlertLevel level_of(const ToolError& error) {
  switch (error.code) {
    case ExitCode::Imbalanced:
    case ExitCode::UnknownOrder:
    case ExitCode::Halted:
    case ExitCode::Contradiction:
    case ExitCode::Internal:
    case ExitCode::Io: return AlertLevel::Critical;
    case ExitCode::Locked:
    case ExitCode::Waiting:
    case ExitCode::Usage:
    case ExitCode::Temporary:
    case ExitCode::Interrupted:
    case ExitCode::Terminated: return AlertLevel::Info;
    default: return AlertLevel::Warning;
  }
}

std::string with_suppressed(std::string_view json, std::int64_t suppressed, bool mixed) {
  if (suppressed == 0 || !json.ends_with('}')) return std::string(json);
  json.remove_suffix(1);
  return fmt::format("{},\"suppressed\":{}{}}}", json, suppressed, mixed ? ",\"suppressed_codes\":\"several\"" : "");
}

}  // namespace dn::app
