// What starts tasks by itself: the pairs to watch, when one is worth a task, and the task that is begun then.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/task_spec.h"

namespace dn {

// A symbol, bought on one venue and sold on the other.
struct WatchedPair {
  Symbol symbol;
  PerSide<Venue> venues{};
};

// `[trigger]` and the task that stands beside it in the file.
struct TriggerSpec {
  std::vector<Symbol> symbols;
  std::vector<PerSide<Venue>> venue_pairs;  // empty: the exchanges of [buy] and [sell]
  std::optional<Bps> min_spread_bps;        // net of both legs' fees, at the size of a slice; required
  Dur cooldown = Dur::minutes(5);           // after the end of a pair's task, until its next one
  std::int64_t max_tasks = 1;               // that have not ended, of this trigger
  std::optional<Money> total_notional;      // quote; instead of the task's total_quantity and order_quantity
  std::optional<Money> order_notional;
  TaskSpec task;  // its name is the trigger's; symbol, exchanges and perhaps quantities are each pair's

  std::vector<WatchedPair> pairs() const;
};

// A value that the file has as a list is handed over as its items, each as text.
inline constexpr std::string_view kTriggerLists[] = {"symbols", "venue_pairs"};
const std::vector<KeyInfo>& trigger_keys();  // without the table's name
// The text of what a key is when it is not written; nullopt: nothing.
std::optional<std::string> get_trigger_default(std::string_view key);
// As set_task_key. `values`: one, or the items of a list.
Expected<void, std::string> set_trigger_key(TriggerSpec& spec, std::string_view key, const std::vector<std::string>& values);

// Rules between keys, as check() of a task. Keys of the trigger have their table in front: "trigger.symbols".
std::vector<SpecProblem> check(const TriggerSpec& spec);

// The task of a pair, as it would begin with these sizes. Its name tells the trigger, the symbol and the venues: a pair has one task at a time.
TaskSpec task_of(const TriggerSpec& spec, const WatchedPair& pair, Qty total, Qty slice);
std::string task_name_of(const TriggerSpec& spec, const WatchedPair& pair);

}  // namespace dn
