#include "app/tool_interface.h"

#include <algorithm>

#include "app/credentials.h"
#include "app/dn_config.h"
#include "app/faults_file.h"
#include "base/json_writer.h"
#include "model/exit_code.h"
#include "model/portfolio.h"
#include "model/task_spec.h"
#include "model/trigger_spec.h"

namespace dn::app {
namespace {

// "{paper,live}", as one_of describes itself.
std::vector<std::string> items(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    out.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

std::vector<std::string> choices_of(const std::string& value, std::string_view checks) {
  if (value == "VENUE") return venue_names();
  if (value == "SIDE") return {std::string(name(Side::Buy)), std::string(name(Side::Sell))};
  const auto open = checks.find('{');
  const auto close = checks.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  return items(checks.substr(open + 1, close - open - 1));
}

FlagInfo flag_of(const CLI::Option& o) {
  FlagInfo f;
  for (const std::string& name : o.get_lnames()) f.names.push_back("--" + name);
  for (const std::string& name : o.get_snames()) f.names.push_back("-" + name);
  if (f.names.empty()) f.names.push_back(o.get_name(true));
  if (o.get_items_expected_max() > 0) {
    const std::string type = o.get_type_name();  // "MODE:{paper,live}"
    f.value = type.substr(0, type.find(':'));
    if (o.get_positional() && f.value == "TEXT") f.value = "WORD";
    f.choices = choices_of(f.value, std::string_view(type).substr(f.value.size()));
  }
  f.help = o.get_description();
  f.repeatable = o.get_items_expected_max() > 1 || o.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  f.required = o.get_required();
  f.common = o.get_group() == kCommonFlags;
  return f;
}

VerbInfo verb_of(const CLI::App& app) {
  VerbInfo v{app.get_name(), app.get_description(), {}, {}};
  const CLI::Option* help = app.get_help_ptr();
  const CLI::Option* help_all = app.get_help_all_ptr();
  for (const CLI::Option* o : app.get_options()) {
    if (app.get_parent() != nullptr && (o == help || o == help_all)) continue;  // told once, for the tool
    (o->nonpositional() ? v.flags : v.words).push_back(flag_of(*o));
  }
  return v;
}

void write_flag(JsonWriter& w, const FlagInfo& f) {
  w.begin_object().key("names").begin_array();
  for (const std::string& n : f.names) w.value(n);
  w.end_array().field("value", f.value).field("help", f.help).field("repeatable", f.repeatable).field("required", f.required).field("common", f.common);
  w.key("choices").begin_array();
  for (const std::string& c : f.choices) w.value(c);
  w.end_array().end_object();
}

void write_verb(JsonWriter& w, const VerbInfo& v) {
  w.begin_object().field("name", v.name).field("help", v.help).key("flags").begin_array();
  for (const FlagInfo& f : v.flags) write_flag(w, f);
  w.end_array().key("words").begin_array();
  for (const FlagInfo& f : v.words) write_flag(w, f);
  w.end_array().end_object();
}

void write_key(JsonWriter& w, std::string_view key, std::string_view value, std::string_view help, bool live, std::string_view default_value) {
  w.begin_object().field("key", key).field("value", value).field("help", help).field("live", live).field("default", default_value).end_object();
}

void write_keys(JsonWriter& w) {
  const TaskSpec untouched;
  w.key("keys").begin_object().key("task").begin_array();
  for (const KeyInfo& k : task_keys()) write_key(w, k.key, k.value, k.help, k.live, get_task_key(untouched, k.key).value_or(""));
  w.end_array().key("portfolio").begin_array();
  for (const KeyInfo& k : portfolio_keys()) write_key(w, k.key, k.value, k.help, k.live, "");
  w.end_array().key("trigger").begin_array();
  for (const KeyInfo& k : trigger_keys()) write_key(w, k.key, k.value, k.help, k.live, get_trigger_default(k.key).value_or(""));
  w.end_array().key("dn.toml").begin_array();
  for (const ConfigKey& k : config_keys()) write_key(w, k.key, k.value, k.help, false, k.default_value);
  w.end_array().key("credentials").begin_array();
  for (const std::string& k : credential_keys()) w.value(k);
  w.end_array().key("faults").begin_array();
  for (const std::string& k : fault_keys()) w.value(k);
  w.end_array().end_object();
}

}  // namespace

const std::string& FlagInfo::longest() const { return *std::ranges::max_element(names, {}, &std::string::size); }

ToolInterface interface_of(const CLI::App& app) {
  ToolInterface t{app.get_name(), app.get_description(), verb_of(app), {}};
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) t.verbs.push_back(verb_of(*verb));
  return t;
}

std::string interface_json(const ToolInterface& t) {
  JsonWriter w;
  w.begin_object().field("schema", "dn.interface/1").field("tool", t.tool).field("version", DN_VERSION).field("about", t.about).key("top");
  write_verb(w, t.top);
  w.key("verbs").begin_array();
  for (const VerbInfo& v : t.verbs) write_verb(w, v);
  w.end_array().key("venues").begin_array();
  for (const std::string& v : venue_names()) w.value(v);
  w.end_array();
  write_keys(w);
  w.key("exit_codes").begin_array();
  for (const ExitCodeInfo& c : exit_codes()) {
    w.begin_object().field("code", std::int64_t{number(c.code)}).field("meaning", c.meaning).field("next", c.next).end_object();
  }
  w.end_array().end_object();
  return w.str();
}

}  // namespace dn::app
