#include "app/task_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/text.h"

namespace dn::app {
namespace {

std::string default_name(std::string_view path) {
  const auto slash = path.find_last_of('/');
  std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (name.size() > 5 && name.substr(name.size() - 5) == ".toml") name.remove_suffix(5);
  return std::string(name);
}

// "max_los" is meant as risk.max_loss; "exchange" may be either side's, so nothing is suggested.
std::string closest_without_table(std::string_view key, const std::vector<std::string>& known) {
  std::vector<std::string> tails;
  for (const std::string& k : known) tails.push_back(k.substr(k.find_last_of('.') + 1));
  const std::string near = closest(key, tails);
  if (near.empty() || std::ranges::count(tails, near) != 1) return "";
  return known[static_cast<std::size_t>(std::ranges::find(tails, near) - tails.begin())];
}

std::string unknown_key(std::string_view key) {
  if (key.starts_with("trigger.")) return "belongs to the trigger, not to its tasks; change it in the file";
  std::vector<std::string> known;
  for (const KeyInfo& k : task_keys()) known.emplace_back(k.key);
  std::string near = closest(key, known);
  if (near.empty()) near = closest_without_table(key, known);
  if (!near.empty()) return fmt::format("is not a key of a task; did you mean {}?", near);
  return "is not a key of a task; dn-run keys lists them";
}

constexpr std::string_view kPortfolio = "portfolio";
constexpr std::string_view kTrigger = "trigger";
bool is_of(std::string_view table, std::string_view key) { return key == table || (key.starts_with(table) && key[table.size()] == '.'); }
bool is_portfolio(std::string_view key) { return is_of(kPortfolio, key); }
bool is_trigger(std::string_view key) { return is_of(kTrigger, key); }

// What a file's [portfolio] holds so far, and where.
struct PortfolioTable {
  PortfolioSpec spec;
  Place place;
};

// A table that keys of a task stand in: "risk", "restore", "restore.buy".
bool is_table(std::string_view name) {
  const std::string prefix = std::string(name) + ".";
  return std::any_of(task_keys().begin(), task_keys().end(), [&](const KeyInfo& k) { return k.key.starts_with(prefix); });
}

std::string unknown_table(std::string_view name) {
  const std::string near = closest(name, {"buy", "sell", "risk", "adapt", "restore", "restore.buy", "restore.sell", "trigger"});
  return near.empty() ? "is not a table of a task" : fmt::format("is not a table of a task; did you mean {}?", near);
}

// What to write where a value of another TOML type stands; "" when the type fits.
std::string wrong_type(KeyType wanted, const TomlEntry& e) {
  switch (wanted) {
    case KeyType::String: return e.kind == TomlKind::String ? "" : "must be a text in quotes";
    case KeyType::Duration: return e.kind == TomlKind::String ? "" : "must be a duration in quotes, as in \"250ms\", \"2s\" or \"5m\"";
    case KeyType::Bool: return e.kind == TomlKind::Bool ? "" : "must be true or false, without quotes";
    case KeyType::Integer: return e.kind == TomlKind::Integer ? "" : "must be a whole number, without quotes";
    case KeyType::Decimal:
      return e.kind == TomlKind::Integer || e.kind == TomlKind::Number || e.kind == TomlKind::String ? "" : "must be a decimal number, as in 0.25";
  }
  return "";
}

using KeySet = std::set<std::string, std::less<>>;

// Sets the key of an entry. False when its problem has been told.
bool read_entry(const TomlEntry& e, TaskSource& source, Problems& problems) {
  const auto refuse = [&](std::string_view what) {
    problems.add(e.place, e.key, what);
    return false;
  };
  if (is_portfolio(e.key)) return refuse("belongs to the file, not to a task; write [portfolio] once");
  if (is_trigger(e.key)) return refuse("belongs to a file with one task at its top level; write [trigger] there");
  const KeyInfo* key = find_task_key(e.key);
  if (key == nullptr && is_table(e.key)) return e.kind == TomlKind::Table || refuse(fmt::format("is a table; write [{}] and its keys below it", e.key));
  if (key == nullptr) return refuse(e.kind == TomlKind::Table ? unknown_table(e.key) : unknown_key(e.key));
  source.keys[e.key] = e.place;
  if (const std::string wrong = wrong_type(key->type, e); !wrong.empty()) return refuse(wrong);
  const auto set = set_task_key(source.spec, e.key, e.text);
  return set || refuse(set.error());
}

std::string unknown_portfolio_key(std::string_view key) {
  std::vector<std::string> known;
  for (const KeyInfo& k : portfolio_keys()) known.emplace_back(k.key);
  const std::string near = closest(key, known);
  if (!near.empty()) return fmt::format("is not a key of the portfolio; did you mean {}?", near);
  return fmt::format("is not a key of the portfolio; its keys are {}", fmt::join(known, ", "));
}

// Takes the entries of [portfolio] out of a file's top level.
std::optional<PortfolioTable> take_portfolio(TomlTable& top, Problems& problems) {
  std::optional<PortfolioTable> out;
  bool has_capital = false;
  bool is_fine = true;
  const auto refuse = [&](const TomlEntry& e, std::string_view what) {
    problems.add(e.place, e.key, what);
    is_fine = false;
  };
  for (const TomlEntry& e : top.entries) {
    if (!is_portfolio(e.key)) continue;
    if (!out) out = PortfolioTable{{}, e.place};
    if (e.key == kPortfolio) {
      if (e.kind != TomlKind::Table) refuse(e, "is a table; write [portfolio] and its keys below it");
      continue;
    }
    const std::string_view key = std::string_view(e.key).substr(kPortfolio.size() + 1);
    const auto known = std::find_if(portfolio_keys().begin(), portfolio_keys().end(), [&](const KeyInfo& k) { return k.key == key; });
    if (known == portfolio_keys().end()) {
      refuse(e, unknown_portfolio_key(key));
      continue;
    }
    has_capital = has_capital || key == "capital";
    if (const std::string wrong = wrong_type(known->type, e); !wrong.empty()) {
      refuse(e, wrong);
    } else if (auto set = set_portfolio_key(out->spec, key, e.text); !set) {
      refuse(e, set.error());
    }
  }
  if (out && !has_capital) problems.add(out->place, "portfolio.capital", "is required; write capital = VALUE, in the quote of the tasks");
  std::erase_if(top.entries, [](const TomlEntry& e) { return is_portfolio(e.key); });
  return is_fine ? out : std::nullopt;
}

// The keys whose problems were told, so that what follows from their absence is not.
KeySet read_entries(const TomlTable& table, const std::string& file, TaskSource& source, Problems& problems) {
  source.place = table.place;
  KeySet refused;
  for (const TomlEntry& e : table.entries) {
    if (!read_entry(e, source, problems)) refused.insert(e.key);
  }
  if (!source.keys.contains("name")) {
    if (auto set = set_task_key(source.spec, "name", default_name(file)); !set) {
      problems.add(source.place, "name", "is required: the file's own name is none; " + set.error());
      refused.insert("name");
    }
  }
  return refused;
}

TaskSource read_table(const TomlTable& table, const std::string& file, Problems& problems) {
  TaskSource source;
  KeySet refused = read_entries(table, file, source, problems);
  // Whether a direction suits the legs cannot be said of legs that are not known.
  if (refused.contains("buy.exchange") || refused.contains("sell.exchange")) refused.insert("direction");
  if (source.spec.name.starts_with(kByHand)) {
    problems.add(source.place_of("name"), "name", fmt::format("\"{}\" begins the names of orders by hand; write another name", kByHand));
  }
  for (const SpecProblem& p : check(source.spec)) {
    if (!refused.contains(p.key)) problems.add(source.place_of(p.key), p.key, p.what);
  }
  return source;
}

std::string unknown_trigger_key(std::string_view key) {
  std::vector<std::string> known;
  for (const KeyInfo& k : trigger_keys()) known.emplace_back(k.key);
  const std::string near = closest(key, known);
  if (!near.empty()) return fmt::format("is not a key of a trigger; did you mean {}?", near);
  return fmt::format("is not a key of a trigger; its keys are {}", fmt::join(known, ", "));
}

// Sets a key of [trigger]. False when its problem has been told.
bool read_trigger_entry(const TomlEntry& e, TriggerSource& trigger, Problems& problems) {
  const auto refuse = [&](std::string_view what) {
    problems.add(e.place, e.key, what);
    return false;
  };
  if (e.key == kTrigger) return e.kind == TomlKind::Table || refuse("is a table; write [trigger] and its keys below it");
  const std::string_view key = std::string_view(e.key).substr(kTrigger.size() + 1);
  const auto known = std::ranges::find(trigger_keys(), key, &KeyInfo::key);
  if (known == trigger_keys().end()) return refuse(unknown_trigger_key(key));
  trigger.task.keys[e.key] = e.place;
  const bool list = std::ranges::find(kTriggerLists, key) != std::end(kTriggerLists);
  if (list && e.kind != TomlKind::List) return refuse("must be a list of texts, as in [\"...\", \"...\"]");
  if (const std::string wrong = list ? "" : wrong_type(known->type, e); !wrong.empty()) return refuse(wrong);
  const auto set = set_trigger_key(trigger.spec, key, list ? e.items : std::vector{e.text});
  return set || refuse(set.error());
}

TriggerSource read_trigger(TomlTable top, const std::string& file, Problems& problems) {
  TriggerSource trigger;
  bool fine = true;
  for (const TomlEntry& e : top.entries) fine = (!is_trigger(e.key) || read_trigger_entry(e, trigger, problems)) && fine;
  std::erase_if(top.entries, [](const TomlEntry& e) { return is_trigger(e.key); });
  const KeySet refused = read_entries(top, file, trigger.task, problems);
  trigger.spec.task = trigger.task.spec;
  if (!fine || !refused.empty()) return trigger;  // what is missing because of that would only be noise
  for (const SpecProblem& p : check(trigger.spec)) problems.add(trigger.task.place_of(p.key), p.key, p.what);
  return trigger;
}

void check_portfolio(const PortfolioTable& table, const std::vector<TaskSource>& tasks, TaskFiles& out, Problems& problems) {
  Asset quote = tasks.empty() ? Asset() : tasks[0].spec.symbol.quote;
  for (const TriggerSource& t : out.triggers) {
    if (t.spec.symbols.empty()) continue;
    if (quote.empty()) quote = t.spec.symbols[0].quote;
    if (t.spec.symbols[0].quote == quote) continue;
    problems.add(t.task.place_of("trigger.symbols"), "trigger.symbols",
                 fmt::format("{} is not in {}, as the portfolio's capital is; run it with a --db of its own", t.spec.symbols[0].str(), quote.view()));
  }
  if (quote.empty()) return;
  for (const TaskSource& t : tasks) {
    if (t.spec.symbol.quote == quote || t.spec.symbol.quote.empty()) continue;
    problems.add(
        t.place_of("symbol"), "symbol",
        fmt::format("{} is not in {}, as the portfolio's capital and its other tasks are; run it with a --db of its own", t.spec.symbol.str(), quote.view()));
  }
  const PortfolioLimits limits = limits_of(table.spec, quote);
  if (!out.portfolio) out.portfolio = PortfolioSource{limits, table.place};
  if (out.portfolio->limits == limits) return;
  problems.add(table.place, kPortfolio, fmt::format("differs from the one at {}; all files of a run give the same limits", out.portfolio->place.str()));
}

void read_document(const TomlDocument& doc, const std::string& path, TaskFiles& files, Problems& problems) {
  std::vector<TaskSource>& out = files.tasks;
  for (const auto& [name, tables] : doc.arrays) {
    if (name != "task")
      problems.add(tables[0].place, name,
                   is_portfolio(name) || is_trigger(name) ? fmt::format("is one table; write [{}]", name) : "is not an array of a task file; write [[task]]");
  }
  if (doc.arrays.contains(std::string(kTrigger))) return;  // what stands beside it is a trigger's task
  const auto tasks = doc.arrays.find("task");
  const auto trigger = std::ranges::find_if(doc.top.entries, [](const TomlEntry& e) { return is_trigger(e.key); });
  if (tasks != doc.arrays.end() && trigger != doc.top.entries.end()) {
    return problems.add(trigger->place, kTrigger, "and [[task]] do not go together: a trigger's task stands at the top of a file of its own");
  }
  if (trigger != doc.top.entries.end()) {
    files.triggers.push_back(read_trigger(doc.top, path, problems));
    return;
  }
  if (tasks == doc.arrays.end()) {
    const auto single =
        std::find_if(doc.top.entries.begin(), doc.top.entries.end(), [](const TomlEntry& e) { return e.key == "task" || e.key.starts_with("task."); });
    if (single != doc.top.entries.end()) return problems.add(single->place, single->key, "is in a single table; write [[task]] with two brackets");
    out.push_back(read_table(doc.top, path, problems));
    return;
  }
  for (const TomlEntry& e : doc.top.entries) problems.add(e.place, e.key, "belongs inside a [[task]]");
  for (const TomlTable& t : tasks->second) out.push_back(read_table(t, path, problems));
}

}  // namespace

Expected<TaskFiles, ToolError> read_files(const std::vector<std::string>& paths) {
  TaskFiles files;
  std::vector<TaskSource>& out = files.tasks;
  Problems problems;
  for (const std::string& path : paths) {
    auto doc = read_toml(path);
    if (!doc) return Unexpected{doc.error()};
    const auto portfolio = take_portfolio(doc->top, problems);
    read_document(*doc, path, files, problems);
    if (portfolio) check_portfolio(*portfolio, out, files, problems);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (out[i].spec.name == out[j].spec.name && !out[i].spec.name.empty()) {
        problems.add(out[i].place_of("name"), "name",
                     fmt::format("\"{}\" is used by another task ({}); write name = \"...\" with a name of its own", out[i].spec.name, out[j].place.str()));
      }
    }
  }
  for (auto t = files.triggers.begin(); t != files.triggers.end(); ++t) {
    const std::string& name = t->spec.task.name;
    const auto first = std::find_if(files.triggers.begin(), t, [&](const TriggerSource& other) { return other.spec.task.name == name; });
    if (first == t || name.empty()) continue;
    problems.add(t->task.place_of("name"), "name",
                 fmt::format("\"{}\" is used by another trigger ({}); write name = \"...\" with a name of its own", name, first->task.place.str()));
  }
  if (!problems.empty()) return Unexpected{problems.error()};
  return files;
}

Expected<std::vector<TaskSource>, ToolError> read_task_files(const std::vector<std::string>& paths) {
  auto files = read_files(paths);
  if (!files) return Unexpected{files.error()};
  if (!files->triggers.empty()) {
    return Unexpected{ToolError{ExitCode::Config, fmt::format("{}: has [trigger]: its tasks are known when they start", files->triggers[0].task.place.file),
                                "dn-run --plan FILE shows its pairs and what they would earn now"}};
  }
  return std::move(files->tasks);
}

Expected<void, ToolError> apply_settings(TaskSource& source, const std::vector<std::string>& settings) {
  Problems problems;
  for (const std::string& s : settings) {
    const auto equals = s.find('=');
    if (equals == std::string::npos)
      return Unexpected{ToolError{ExitCode::Usage, fmt::format("\"{}\" is not key=value", printable_excerpt(s)), "write for example order_quantity=0.05"}};
    const std::string key = s.substr(0, equals);
    if (find_task_key(key) == nullptr) {
      problems.add({}, key, unknown_key(key));
    } else if (auto set = set_task_key(source.spec, key, s.substr(equals + 1)); !set) {
      problems.add({}, key, set.error());
    } else {
      source.keys[key] = Place{};
    }
  }
  if (!problems.empty()) return Unexpected{problems.error()};
  return {};
}

Expected<void, ToolError> report_problems(const TaskSource& source, const std::vector<SpecProblem>& problems) {
  if (problems.empty()) return {};
  Problems told;
  for (const SpecProblem& p : problems) told.add(source.place_of(p.key), p.key, p.what);
  return Unexpected{told.error()};
}

}  // namespace dn::app
