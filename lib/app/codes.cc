#include "app/codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "app/output.h"
#include "app/table.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "venues/venue.h"

namespace dn::app {
namespace {

// What is told of a code, wherever it comes from.
struct Told {
  std::string code;
  std::string kind;
  std::optional<ExitCode> exit_code;
  std::string_view meaning;
  std::string_view why;
  std::string_view next;
};

Told told_of(const ExitCodeInfo& e) { return {std::string(e.name), "exit", e.code, e.meaning, e.why, e.next}; }
Told told_of(const CodeInfo& c) { return {std::string(c.code), std::string(c.kind), std::nullopt, c.meaning, c.why, c.next}; }

// What a venue's refusal of an order means, whatever its own word for it.
struct RefusalInfo {
  RejectClass what;
  std::string_view meaning;
  std::string_view next;
};
constexpr std::array kRefusalInfos{
    RefusalInfo{RejectClass::Other, "refused for a reason of the venue's own", "read the event's reason; several in a row halt the task"},
    RefusalInfo{RejectClass::InsufficientBalance, "the account has not enough for it, and the leg stops", "pay in or free the balance"},
    RefusalInfo{RejectClass::WouldCross, "a post-only order would have traded at once", "nothing: it is priced again"},
    RefusalInfo{RejectClass::RateLimited, "too many requests", "nothing: it waits and is tried again"},
    RefusalInfo{RejectClass::Filter, "its price or size breaks a rule of the symbol", "run the task again: rules are read at the start"},
    RefusalInfo{RejectClass::Halted, "the symbol is not traded, or not by API", "dn-status check --online; read the venue's announcements"},
    RefusalInfo{RejectClass::Permission, "the key may not do this, and the task halts", "mend the key at the venue or in the credentials file"},
    RefusalInfo{RejectClass::Expired, "the request arrived after its expiry", "nothing: it is decided anew; check this machine's clock when it lasts"},
    RefusalInfo{RejectClass::Duplicate, "the venue knows the order's id already", "nothing: the order's fate is asked for"},
};

void add_refusal(std::vector<Told>& to, std::string_view code, std::string_view venue, std::optional<RejectClass> what) {
  if (!what) return;
  const auto* row = std::ranges::find(kRefusalInfos, *what, &RefusalInfo::what);
  to.push_back({std::string(code), fmt::format("refusal of {}", venue), std::nullopt, row->meaning, "the venue says so; the event's reason has its own text",
                row->next});
}

bool matches(std::string_view pattern, std::string_view code) {
  if (!pattern.ends_with('*')) return pattern == code;
  pattern.remove_suffix(1);
  return code.starts_with(pattern) && code.size() > pattern.size();
}

std::vector<Told> meanings(const std::string& code) {
  std::vector<Told> out;
  int n = -1;
  const char* const last = code.data() + code.size();
  const auto [end, error] = std::from_chars(code.data(), last, n);
  const bool is_number = error == std::errc() && end == last;
  for (const ExitCodeInfo& e : exit_codes()) {
    if (is_number ? number(e.code) == n : e.name == code) out.push_back(told_of(e));
  }
  for (const CodeInfo& c : event_codes()) {
    if (!matches(c.code, code)) continue;
    out.push_back(told_of(c));
    out.back().code = code;
  }
  for (const CodeInfo& c : check_codes()) {
    if (c.code == code) out.push_back(told_of(c));
  }
  std::set<std::string_view> asked;  // several venues of a company have one list of codes
  for (const venues::VenueEntry& v : venues::registered_venues()) {
    if (asked.insert(v.company).second) add_refusal(out, code, v.company, v.refusal(code));
  }
  return out;
}

std::vector<std::string> all_words() {
  std::vector<std::string> out;
  for (const ExitCodeInfo& e : exit_codes()) out.emplace_back(e.name);
  for (const auto table : {event_codes(), check_codes()}) {
    for (const CodeInfo& c : table) out.emplace_back(c.code);
  }
  return out;
}

void write_fields(JsonWriter& w, const Told& t) {
  w.field("code", t.code).field("kind", t.kind);
  if (t.exit_code) w.field("exit_code", std::int64_t{number(*t.exit_code)});
  w.field("meaning", t.meaning).field("why", t.why).field("next", t.next);
}

std::string text_of(const Told& t) {
  const std::string head = t.exit_code ? fmt::format("{} ({}, exit code)", number(*t.exit_code), t.code) : fmt::format("{} ({})", t.code, t.kind);
  return fmt::format("{}: {}\n  why:  {}\n  next: {}\n", head, t.meaning, t.why, t.next);
}

void print_all(bool json) {
  std::vector<Told> all;
  for (const ExitCodeInfo& e : exit_codes()) all.push_back(told_of(e));
  std::ranges::sort(all, {}, [](const Told& t) { return number(*t.exit_code); });
  for (const auto table : {event_codes(), check_codes()}) {
    for (const CodeInfo& c : table) all.push_back(told_of(c));
  }
  if (json) {
    JsonWriter w;
    w.begin_object().field("schema", "dn.codes/1").key("codes").begin_array();
    for (const Told& t : all) {
      w.begin_object();
      write_fields(w, t);
      w.end_object();
    }
    w.end_array().end_object();
    write_out(w.str() + "\n");
    return;
  }
  Table table({"code", "kind", "meaning"});
  for (const Told& t : all) {
    table.add({t.exit_code ? fmt::format("{} {}", number(*t.exit_code), t.code) : t.code, t.kind, std::string(t.meaning)});
  }
  write_out(table.text());
}

}  // namespace

Expected<ExitCode, ToolError> explain(const std::string& code, bool json) {
  if (code.empty()) {
    print_all(json);
    return ExitCode::Ok;
  }
  const std::vector<Told> found = meanings(code);
  if (found.empty()) {
    const std::string near = closest(code, all_words());
    return Unexpected{
        ToolError{ExitCode::Usage,
                  fmt::format("{} is no exit code, no code of an event and no name of a check; a venue's own code is explained by the reason beside it",
                              printable_excerpt(code)),
                  near.empty() ? "dn-status explain lists all codes" : fmt::format("dn-status explain {}? dn-status explain lists all codes", near)}};
  }
  if (!json) {
    for (const Told& t : found) write_out(text_of(t));
    return ExitCode::Ok;
  }
  JsonWriter w;
  w.begin_object().field("schema", "dn.explain/1");
  write_fields(w, found.front());
  w.key("others").begin_array();
  for (std::size_t i = 1; i < found.size(); ++i) {
    w.begin_object();
    write_fields(w, found[i]);
    w.end_object();
  }
  w.end_array().end_object();
  write_out(w.str() + "\n");
  return ExitCode::Ok;
}

}  // namespace dn::app
