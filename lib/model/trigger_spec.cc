#include "model/trigger_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace dn {
namespace {

constexpr std::size_t kMostSymbols = 200;
constexpr std::size_t kMostPairs = 500;  // symbols × venue pairs
constexpr std::size_t kLongestName = 64;

// A value that a task has a key of the same kind for is read as that key's.
Expected<TaskSpec, std::string> as_task_key(std::string_view key, std::string_view value) {
  TaskSpec spec;
  if (auto set = set_task_key(spec, key, value); !set) return Unexpected{set.error()};
  return spec;
}

Expected<void, std::string> set_symbols(TriggerSpec& spec, const std::vector<std::string>& values) {
  spec.symbols.clear();
  for (const std::string& v : values) {
    const auto read = as_task_key("symbol", v);
    if (!read) return Unexpected{read.error()};
    if (std::ranges::find(spec.symbols, read->symbol) != spec.symbols.end()) return Unexpected{fmt::format("{} stands there twice", read->symbol.str())};
    spec.symbols.push_back(read->symbol);
  }
  if (spec.symbols.size() > kMostSymbols) return Unexpected{fmt::format("{} symbols are too many; write at most {}", spec.symbols.size(), kMostSymbols)};
  return {};
}

Expected<Venue, std::string> read_venue(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  const auto last = text.find_last_not_of(' ');
  const auto read = as_task_key("buy.exchange", first == std::string_view::npos ? "" : text.substr(first, last - first + 1));
  if (!read) return Unexpected{read.error()};
  return *read->leg.buy.exchange;
}

Expected<void, std::string> set_venue_pairs(TriggerSpec& spec, const std::vector<std::string>& values) {
  spec.venue_pairs.clear();
  for (const std::string& v : values) {
    const auto arrow = v.find('>');
    if (arrow == std::string::npos) {
      return Unexpected{
          fmt::format("\"{}\" names no two venues; write where is bought and where is sold, as in \"mexc_spot > gateio_spot\"", printable_excerpt(v))};
    }
    const auto buy = read_venue(std::string_view(v).substr(0, arrow));
    const auto sell = read_venue(std::string_view(v).substr(arrow + 1));
    if (!buy || !sell) return Unexpected{buy ? sell.error() : buy.error()};
    const PerSide<Venue> pair{*buy, *sell};
    const bool twice = std::ranges::any_of(spec.venue_pairs, [&](const PerSide<Venue>& p) { return p.buy == pair.buy && p.sell == pair.sell; });
    if (twice) return Unexpected{fmt::format("\"{}\" stands there twice", printable_excerpt(v))};
    spec.venue_pairs.push_back(pair);
  }
  return {};
}

Expected<void, std::string> set_one(TriggerSpec& spec, std::string_view key, const std::string& value) {
  const std::string_view like = key == "min_spread_bps" ? "risk.min_spread_bps"
                                : key == "cooldown"     ? "risk.max_hold"
                                : key == "max_tasks"    ? "risk.max_orders_per_run"
                                                        : "risk.max_order_notional";
  if (key == "cooldown" && value == "0s") {
    spec.cooldown = Dur{};
    return {};
  }
  const auto read = as_task_key(like, value);
  if (!read) return Unexpected{read.error()};
  if (key == "min_spread_bps") {
    spec.min_spread_bps = read->risk.min_spread_bps;
  } else if (key == "cooldown") {
    spec.cooldown = read->risk.max_hold;
  } else if (key == "max_tasks") {
    spec.max_tasks = read->risk.max_orders_per_run;
  } else {
    (key == "total_notional" ? spec.total_notional : spec.order_notional) = read->risk.max_order_notional;
  }
  return {};
}

// The symbol's part of a name: characters that a task's name may have.
std::string in_a_name(const Symbol& s) {
  std::string out = s.str();
  std::ranges::replace(out, '/', '-');
  return out;
}

void check_pairs(const TriggerSpec& s, std::vector<SpecProblem>& out) {
  const std::vector<WatchedPair> pairs = s.pairs();
  if (pairs.size() > kMostPairs) {
    out.push_back({"trigger.symbols", fmt::format("{} symbols × {} venue pairs are too many to watch; write at most {} in all", s.symbols.size(),
                                                  pairs.size() / s.symbols.size(), kMostPairs)});
    return;
  }
  for (const WatchedPair& p : pairs) {
    const std::string name = task_name_of(s, p);
    if (name.size() > kLongestName) {
      out.push_back(
          {"name", fmt::format("the task of a pair would be called {}, and a name has at most {} characters; write a shorter name", name, kLongestName)});
      return;
    }
    const bool sized = s.total_notional.has_value();
    const TaskSpec task = task_of(s, p, sized ? Qty(Decimal(1)) : s.task.total_quantity, sized ? Qty(Decimal(1)) : s.task.order_quantity);
    const std::vector<SpecProblem> problems = check(task);
    if (problems.empty()) continue;
    for (const SpecProblem& problem : problems) {
      const bool venues = problem.key.ends_with(".exchange") && !s.venue_pairs.empty();
      out.push_back({venues ? "trigger.venue_pairs" : problem.key, problem.what});
    }
    return;  // the others would say the same
  }
}

}  // namespace

std::vector<WatchedPair> TriggerSpec::pairs() const {
  std::vector<PerSide<Venue>> venues = venue_pairs;
  if (venues.empty() && task.leg.buy.exchange && task.leg.sell.exchange) venues.push_back({*task.leg.buy.exchange, *task.leg.sell.exchange});
  std::vector<WatchedPair> out;
  for (const Symbol& symbol : symbols) {
    for (const PerSide<Venue>& v : venues) out.push_back({symbol, v});
  }
  return out;
}

const std::vector<KeyInfo>& trigger_keys() {
  using T = KeyType;
  static const std::vector<KeyInfo> keys{
      {"symbols", T::String, false, "list of \"BASE/QUOTE\"", "what is watched; required"},
      {"venue_pairs", T::String, false, "list of \"VENUE > VENUE\"", "where is bought > where is sold (default: the exchanges of [buy] and [sell])"},
      {"min_spread_bps", T::Decimal, false, "decimal, bps", "a task starts when its orders would earn this, net of fees, at the size of a slice; required"},
      {"cooldown", T::Duration, false, "duration", "after a pair's task has ended, until its next one (default 5m)"},
      {"max_tasks", T::Integer, false, "whole number >= 1", "how many tasks of the trigger run at a time (default 1)"},
      {"total_notional", T::Decimal, false, "decimal > 0, quote", "each task's total, instead of total_quantity"},
      {"order_notional", T::Decimal, false, "decimal > 0, quote", "each task's slice, instead of order_quantity"},
  };
  return keys;
}

std::optional<std::string> get_trigger_default(std::string_view key) {
  const TriggerSpec untouched;
  if (key == "cooldown") return format_duration(untouched.cooldown);
  if (key == "max_tasks") return std::to_string(untouched.max_tasks);
  return std::nullopt;
}

Expected<void, std::string> set_trigger_key(TriggerSpec& spec, std::string_view key, const std::vector<std::string>& values) {
  if (key == "symbols") return set_symbols(spec, values);
  if (key == "venue_pairs") return set_venue_pairs(spec, values);
  return set_one(spec, key, values.at(0));
}

std::vector<SpecProblem> check(const TriggerSpec& s) {
  std::vector<SpecProblem> out;
  const auto add = [&out](std::string_view key, std::string what) { out.push_back({std::string(key), std::move(what)}); };
  if (s.symbols.empty()) add("trigger.symbols", "is required; write what to watch, as in symbols = [\"BTC/USDT\", \"ETH/USDT\"]");
  if (!s.min_spread_bps) add("trigger.min_spread_bps", "is required; write the net spread that is worth a task, as in min_spread_bps = 30");
  const bool has_legs = s.task.leg.buy.exchange.has_value() || s.task.leg.sell.exchange.has_value();
  if (s.venue_pairs.empty() && !(s.task.leg.buy.exchange && s.task.leg.sell.exchange)) {
    add("trigger.venue_pairs", "is required where [buy] and [sell] do not both name their exchange; write venue_pairs = [\"mexc_spot > gateio_spot\"]");
  } else if (!s.venue_pairs.empty() && has_legs) {
    add("trigger.venue_pairs", "and exchange under [buy] or [sell] say the same thing twice; leave one of them out");
  }
  if (!s.task.symbol.base.empty()) add("symbol", "belongs to a task of one symbol; write symbols under [trigger]");
  const bool sized = s.total_notional && s.order_notional;
  if (s.total_notional.has_value() != s.order_notional.has_value()) {
    add(s.total_notional ? "trigger.order_notional" : "trigger.total_notional", "is required beside the other one");
  } else if (sized && (s.task.total_quantity.is_positive() || s.task.order_quantity.is_positive())) {
    add("trigger.total_notional", "and total_quantity or order_quantity say the same thing twice; leave one of them out");
  } else if (sized && *s.order_notional > *s.total_notional) {
    add("trigger.order_notional",
        fmt::format("the slice {} is larger than total_notional {}; write a slice of at most the total", s.order_notional->str(), s.total_notional->str()));
  }
  for (const Side side : kSides) {
    const RestoreSpec& r = s.task.restore[side];
    if (r.filled_quantity.is_positive() || !r.order_id.empty()) {
      add(fmt::format("restore.{}.filled_quantity", name(side)), "belongs to one task that takes over what exists; a trigger's tasks begin anew; leave it out");
    }
  }
  if (s.min_spread_bps && s.task.risk.exit_spread_bps && *s.task.risk.exit_spread_bps > *s.min_spread_bps) {
    add("risk.exit_spread_bps", fmt::format("{} is above trigger.min_spread_bps {}: a task would leave what it just entered; write at most that",
                                            s.task.risk.exit_spread_bps->str(), s.min_spread_bps->str()));
  }
  if (s.min_spread_bps && s.task.risk.min_spread_bps && *s.task.risk.min_spread_bps > *s.min_spread_bps) {
    add("risk.min_spread_bps", fmt::format("{} is above trigger.min_spread_bps {}: a task would begin and not quote; write at most that",
                                           s.task.risk.min_spread_bps->str(), s.min_spread_bps->str()));
  }
  if (s.order_notional && s.task.risk.max_order_notional && *s.order_notional > *s.task.risk.max_order_notional) {
    add("trigger.order_notional", fmt::format("{} is above risk.max_order_notional {}: no order would be let through; write at most that",
                                              s.order_notional->str(), s.task.risk.max_order_notional->str()));
  }
  for (const Symbol& symbol : s.symbols) {
    if (symbol.quote == s.symbols[0].quote) continue;
    add("trigger.symbols", fmt::format("{} and {} are not in one quote; write a file for each", s.symbols[0].str(), symbol.str()));
    break;
  }
  if (out.empty()) check_pairs(s, out);
  return out;
}

std::string task_name_of(const TriggerSpec& spec, const WatchedPair& pair) {
  return fmt::format("{}.{}.{}.{}", spec.task.name, in_a_name(pair.symbol), name(pair.venues.buy), name(pair.venues.sell));
}

TaskSpec task_of(const TriggerSpec& spec, const WatchedPair& pair, Qty total, Qty slice) {
  TaskSpec task = spec.task;
  task.name = task_name_of(spec, pair);
  task.symbol = pair.symbol;
  for (const Side side : kSides) task.leg[side].exchange = pair.venues[side];
  task.total_quantity = total;
  task.order_quantity = slice;
  return task;
}

}  // namespace dn
