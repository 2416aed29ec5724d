#include "app/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/alert_event.h"
#include "app/audit_view.h"
#include "app/books.h"
#include "app/output.h"
#include "app/preflight.h"
#include "app/task_view.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::string_view kEventPrefix = "event.";
constexpr std::string_view kEventHead = "schema text, type text, ts time, ts_us int, run_id text, task text, suppressed? int, suppressed_codes? text";
constexpr std::string_view kErrorHead = "schema text, type text, ts time, ts_us int, run_id? text, task? text, suppressed? int, suppressed_codes? text";

struct Enumeration {
  std::string_view name;
  std::vector<std::string_view> values;
};

// The names of an enumeration that counts up from 0, as the program itself writes them.
template <class E>
std::vector<std::string_view> names_up_to(E last) {
  std::vector<std::string_view> out;
  for (int i = 0; i <= static_cast<int>(last); ++i) out.push_back(name(static_cast<E>(i)));
  return out;
}

std::vector<Enumeration> enumerations() {
#define DN_VENUE_TEXT(id, text, shown) text,
  const std::vector<std::string_view> venues{DN_VENUES(DN_VENUE_TEXT)};
#undef DN_VENUE_TEXT
  return {{"venue", venues},
          {"side", names_up_to(Side::Sell)},
          {"state", names_up_to(TaskState::Cancelled)},
          {"mode", names_up_to(TaskMode::Halted)},
          {"verdict", names_up_to(Verdict::Cancelled)},
          {"part", names_up_to(Part::Close)},
          {"order_type", names_up_to(OrderType::Market)},
          {"purpose", names_up_to(Purpose::Restored)},
          {"order_status", names_up_to(OrderStatus::Closed)},
          {"close_reason", names_up_to(CloseReason::NeverArrived)},
          {"liquidity", names_up_to(Liquidity::Taker)},
          {"level", names_up_to(AlertLevel::Debug)},
          {"check_status", names_up_to(CheckStatus::Fail)},
          {"finding_kind", names_up_to(Finding::Kind::Position)},
          {"audit_finding_kind", names_up_to(AuditFinding::Kind::Balance)},
          {"holds", names_up_to(Holds::Margin)},
          {"trading", {"paper", "live"}},
          {"pnl_by", {"symbol", "day"}},
          {"run_life", {kRuns.begin(), kRuns.end()}}};
}

bool is_event(std::string_view shape) { return shape.starts_with(kEventPrefix); }

// Takes the next word in front of `end`.
std::string_view take(std::string_view& text, std::string_view end) {
  const auto at = std::min(text.find(end), text.size());
  const std::string_view out = text.substr(0, at);
  text.remove_prefix(std::min(at + end.size(), text.size()));
  return out;
}

void write_type(JsonWriter& w, std::string_view type) {
  if (type.starts_with("[]")) {
    w.begin_object().field("type", "array").key("items");
    write_type(w, type.substr(2));
    w.end_object();
  } else if (type.starts_with("{}")) {
    w.begin_object().field("type", "object").key("additionalProperties");
    write_type(w, type.substr(2));
    w.end_object();
  } else if (type.ends_with('?')) {
    w.begin_object().key("anyOf").begin_array();
    write_type(w, type.substr(0, type.size() - 1));
    w.begin_object().field("type", "null").end_object().end_array().end_object();
  } else if (type == "true" || type == "false") {
    w.begin_object().field("const", type == "true").end_object();
  } else if (type == "text" || type == "int" || type == "bool") {
    w.begin_object().field("type", type == "text" ? "string" : type == "int" ? "integer" : "boolean").end_object();
  } else {
    w.begin_object().field("$ref", fmt::format("#/$defs/{}", type)).end_object();
  }
}

// The fields of an object, with the constants that tell it from others.
struct Fields {
  std::vector<std::pair<std::string_view, std::string_view>> all;  // key, type
  std::vector<std::string_view> required;

  void add(std::string_view text) {
    while (!text.empty()) {
      std::string_view one = take(text, ", ");
      std::string_view key = take(one, " ");
      if (key.ends_with('?')) {
        key.remove_suffix(1);
      } else {
        required.push_back(key);
      }
      all.emplace_back(key, one);
    }
  }
};

void write_shape(JsonWriter& w, const JsonShape& s) {
  std::string_view type = s.name;
  if (is_event(type)) type.remove_prefix(kEventPrefix.size());
  Fields f;
  if (is_event(s.name)) f.add(type == "exit_error" ? kErrorHead : kEventHead);
  if (!s.schema.empty()) f.add("schema text");
  f.add(s.fields);
  w.key(s.name).begin_object().field("description", s.help).field("type", "object").key("properties").begin_object();
  for (const auto& [key, of] : f.all) {
    w.key(key);
    if (key == "schema") {
      w.begin_object().field("const", is_event(s.name) ? "dn.event/1" : s.schema).end_object();
    } else if (key == "type" && is_event(s.name)) {
      w.begin_object().field("const", type).end_object();
    } else {
      write_type(w, of);
    }
  }
  w.end_object().key("required").begin_array();
  for (const std::string_view key : f.required) w.value(key);
  w.end_array().end_object();
}

void write_pattern(JsonWriter& w, std::string_view name, std::string_view help, std::string_view pattern) {
  w.key(name).begin_object().field("description", help).field("type", "string").field("pattern", pattern).end_object();
}

void write_any_of(JsonWriter& w, const std::vector<std::string>& shapes) {
  w.key("anyOf").begin_array();
  for (const std::string& s : shapes) w.begin_object().field("$ref", "#/$defs/" + s).end_object();
  w.end_array();
}

void write_defs(JsonWriter& w) {
  w.key("$defs").begin_object();
  write_pattern(w, "decimal", "An exact amount.", "^-?[0-9]+(\\.[0-9]+)?$");
  write_pattern(w, "time", "RFC 3339, UTC, microseconds.", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$");
  for (const Enumeration& e : enumerations()) {
    w.key(e.name).begin_object().key("enum").begin_array();
    for (const std::string_view v : e.values) w.value(v);
    w.end_array().end_object();
  }
  w.key("exit_code").begin_object().field("description", "dn-status explain tells what each means.").key("enum").begin_array();
  for (const ExitCodeInfo& e : exit_codes()) w.value(std::int64_t{number(e.code)});
  w.end_array().end_object();
  std::vector<std::string> events;
  for (const JsonShape& s : json_shapes()) {
    write_shape(w, s);
    if (is_event(s.name)) events.emplace_back(s.name);
  }
  w.key("event").begin_object().field("description", "A line of --ndjson, or a row of dn-status events.");
  write_any_of(w, events);
  w.end_object().end_object();
}

// What can be printed as a whole: documents, and lines of --ndjson.
std::vector<std::string> outputs() {
  std::vector<std::string> out{"event", "task", "order", "fill"};
  for (const JsonShape& s : json_shapes()) {
    if (!s.schema.empty()) out.emplace_back(s.name);
  }
  return out;
}

// The outputs that a name stands for: its own, those of a schema as "dn.status/1", or all.
std::vector<std::string> chosen(const std::string& name) {
  std::vector<std::string> out;
  if (name.empty()) return outputs();
  if (name == "event" || name == "dn.event/1") return {"event"};
  for (const JsonShape& s : json_shapes()) {
    if (s.name == name || s.schema == name) out.emplace_back(s.name);
  }
  return out;
}

}  // namespace

Expected<ExitCode, ToolError> print_schema(const std::string& name) {
  const std::vector<std::string> of = chosen(name);
  if (of.empty()) {
    std::vector<std::string> known = outputs();
    for (const JsonShape& s : json_shapes()) known.emplace_back(s.schema);
    const std::string near = closest(name, known);
    return Unexpected{ToolError{ExitCode::Usage, fmt::format("the tools have no output {}", printable_excerpt(name)),
                                near.empty() ? "dn-status schema prints all of them" : fmt::format("dn-status schema {}? without a name: all of them", near)}};
  }
  JsonWriter w;
  w.begin_object().field("$schema", "https://json-schema.org/draft/2020-12/schema").field("title", name.empty() ? "What the tools of dn print as JSON" : name);
  write_any_of(w, of);
  write_defs(w);
  w.end_object();
  write_out(w.str() + "\n");
  return ExitCode::Ok;
}

}  // namespace dn::app
