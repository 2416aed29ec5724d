// A task as its owner wrote it: every parameter with its unit, default and rules.
//
// One table of keys serves task files, flags, `--set`, the `set` verb, the database and the manuals, so that a
// key means the same everywhere. Sizes here are as written; aligning them to a venue's steps is engine/plan.h's work.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "base/time.h"
#include "model/instrument.h"
#include "model/side.h"
#include "model/units.h"

namespace dn {

enum class Lead : std::uint8_t { Both, Buy, Sell };
enum class Direction : std::uint8_t { Open, Close };
enum class PriceReference : std::uint8_t { Touch, Opposite, Mid };
enum class SpreadExit : std::uint8_t { Pause, Complete, Unwind };

struct LegSpec {
  std::optional<Venue> exchange;
  std::int64_t offset_ticks = 0;    // limit price = reference - offset × tick, on both sides
  std::int64_t tick_tolerance = 0;  // re-quote when the resting price is more than this many ticks from the target
  PriceReference price_reference = PriceReference::Touch;
  friend bool operator==(const LegSpec& a, const LegSpec& b) = default;
};

// A position taken over from before this task (`[restore.buy]`).
struct RestoreSpec {
  Qty filled_quantity;
  Price avg_price;
  std::string order_id;  // a venue order id that may still rest; empty = none
  friend bool operator==(const RestoreSpec& a, const RestoreSpec& b) = default;
};

struct RiskSpec {
  std::optional<Qty> max_position;          // per side; default total_quantity
  std::optional<Money> max_notional;        // both sides together; default none
  std::optional<Money> max_order_notional;  // required for live
  std::int64_t max_orders_per_minute = 120;
  std::int64_t max_orders_per_run = 2000;
  std::int64_t max_orders_per_day = 0;  // in any 24 hours, over all runs; 0 = no limit
  Bps price_collar_bps{100};
  Bps max_slippage_bps{50};
  Dur max_book_age = Dur::seconds(2);
  std::optional<Bps> min_spread_bps;   // net of both legs' fees and of funding
  std::optional<Bps> exit_spread_bps;  // 0 in a file = off
  SpreadExit exit_action = SpreadExit::Complete;
  Qty imbalance_threshold;             // 0 = the lagging leg's minimum tradable
  std::optional<Dur> imbalance_grace;  // default 0 with a lead, 1 s with both
  Bps max_imbalance{1000};             // of total_quantity: CRITICAL beyond
  Dur max_imbalance_time = Dur::seconds(15);
  std::int64_t rebalance_attempts = 3;
  std::int64_t max_repeated_errors = 3;  // errors or escalations in a row: HALTED
  std::optional<Money> max_loss;         // realised + marked
  Dur max_hold = Dur::hours(4);
  std::optional<Dur> dead_man;                           // live, at venues with a dead man's switch: its timer, 0 = off; default: the installation's
  Rate max_capital_fraction{Decimal::from_parts(5, 2)};  // of the account's balance
  friend bool operator==(const RiskSpec& a, const RiskSpec& b) = default;
};

// Holding what was opened, and closing it again in the same task.
struct HoldSpec {
  std::optional<Dur> hold_for;                      // closes after holding for so long
  std::optional<Bps> close_spread_bps;              // closes when closing would earn this, net of fees
  std::optional<std::int64_t> exit_after_fundings;  // closes after so many settlements
  std::optional<Percent> min_funding_apr;           // nothing is opened below this; a year's funding in percent of the position
  std::optional<Percent> exit_funding_apr;          // closes below this
  // The task opens, holds and closes.
  bool goes_round() const { return hold_for || close_spread_bps || exit_after_fundings || exit_funding_apr; }
  bool minds_funding() const { return goes_round() || min_funding_apr; }
  friend bool operator==(const HoldSpec& a, const HoldSpec& b) = default;
};

// What a task does while its market is volatile (`[adapt]`). Volatility = (highest mid - lowest mid) / lowest mid within the window, of the
// leg where it is larger.
struct AdaptSpec {
  std::optional<Bps> volatility_bps;           // above this the task adapts; nullopt = never
  std::optional<Bps> calm_bps;                 // at or below this it goes back to its own parameters
  std::optional<Dur> window;                   // also the shortest time that it stays adapted
  std::optional<std::int64_t> tick_tolerance;  // of both legs while adapted, where a leg's own is not wider; nullopt = their own
  std::optional<std::int64_t> slice_percent;   // of order_quantity while adapted

  static constexpr Dur kWindow = Dur::seconds(30);
  static constexpr std::int64_t kSlicePercent = 50;
  // While volatility_bps is set: calm_bps, else 60 % of it, exact.
  Bps calm() const { return calm_bps.value_or(*volatility_bps * Decimal::from_parts(6, 1)); }
  Dur length() const { return window.value_or(kWindow); }
  Decimal slice_fraction() const { return Decimal::from_parts(slice_percent.value_or(kSlicePercent), 2); }
  friend bool operator==(const AdaptSpec& a, const AdaptSpec& b) = default;
};

struct TaskSpec {
  std::string name;  // unique in the database: [A-Za-z0-9_.-]{1,64}
  Symbol symbol;
  Qty total_quantity;
  Qty order_quantity;
  PerSide<LegSpec> leg;
  bool post_only = false;
  Dur delay = Dur::millis(100);
  Direction direction = Direction::Open;
  Lead lead = Lead::Both;
  RiskSpec risk;
  HoldSpec hold;
  AdaptSpec adapt;
  PerSide<RestoreSpec> restore;

  Dur imbalance_grace() const { return risk.imbalance_grace.value_or(lead == Lead::Both ? Dur::seconds(1) : Dur{}); }
  friend bool operator==(const TaskSpec& a, const TaskSpec& b) = default;
};

// How a value is written in TOML; a file's node of another kind is a type error.
enum class KeyType : std::uint8_t { String, Decimal, Integer, Bool, Duration };

struct KeyInfo {
  std::string_view key;  // "buy.offset_ticks"
  KeyType type;
  bool live;               // may change while the task runs
  std::string_view value;  // what to write, for help and messages: "decimal > 0, base"
  std::string_view help;
};
const std::vector<KeyInfo>& task_keys();
const KeyInfo* find_task_key(std::string_view key);

// Sets one key from its text. The error says what is wrong with the value and what to write.
Expected<void, std::string> set_task_key(TaskSpec& spec, std::string_view key, std::string_view value);
// The key's value as text that set_task_key reads back to the same value; nullopt when it is unset or at "no value".
std::optional<std::string> get_task_key(const TaskSpec& spec, std::string_view key);

// The timer of a dead man's switch as files write it: 0 is off, else from 5 s (the least that venues take) to 1 h.
Expected<Dur, std::string> parse_dead_man(std::string_view text);

// "key=value" lines of all keys that have a value, in table order: the durable form.
std::string to_text(const TaskSpec& spec);
Expected<TaskSpec, std::string> task_spec_from_text(std::string_view text);

// An order by hand is a task of its own, with both sides on its venue; no other task's name begins like that.
inline constexpr std::string_view kByHand = "hand-";
inline bool is_by_hand(const TaskSpec& s) { return s.name.starts_with(kByHand) && s.leg.buy.exchange == s.leg.sell.exchange; }

struct SpecProblem {
  std::string key;   // the key to point at
  std::string what;  // what is wrong and what to write
};
// Rules between keys that need no venue: required keys, slice <= total, and so on. In table order, all of them.
std::vector<SpecProblem> check(const TaskSpec& spec);

}  // namespace dn
