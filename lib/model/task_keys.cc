#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <type_traits>

#include "base/text.h"
#include "model/names.h"
#include "model/task_name.h"
#include "model/task_spec.h"

namespace dn {
namespace {

using Result = Expected<void, std::string>;
using Text = std::optional<std::string>;

constexpr Names<Lead, 3> kLeads{{{Lead::Both, "both"}, {Lead::Buy, "buy"}, {Lead::Sell, "sell"}}};
constexpr Names<Direction, 2> kDirections{{{Direction::Open, "open"}, {Direction::Close, "close"}}};
constexpr Names<PriceReference, 3> kReferences{{{PriceReference::Touch, "touch"}, {PriceReference::Opposite, "opposite"}, {PriceReference::Mid, "mid"}}};
constexpr Names<SpreadExit, 3> kExits{{{SpreadExit::Pause, "pause"}, {SpreadExit::Complete, "complete"}, {SpreadExit::Unwind, "unwind"}}};

// Values from outside keep to this many digits, so that price × quantity × bps stays below 10^38 and inside 38 places.
struct Digits {
  int all;
  int places;
};
constexpr Digits kAmountDigits{15, 12};
constexpr Digits kBpsDigits{8, 4};
constexpr Digits kFractionDigits{9, 8};
template <class A>
constexpr Digits kDigitsOf = std::is_same_v<A, Bps> ? kBpsDigits : kAmountDigits;

Result bad(std::string why) { return Unexpected{std::move(why)}; }

struct Key {
  KeyInfo info;
  std::function<Result(TaskSpec&, std::string_view)> set;
  std::function<Text(const TaskSpec&)> get;
};

enum class Sign : std::uint8_t { Positive, NotNegative, Any };

Expected<Decimal, std::string> read_decimal(std::string_view text, Sign sign, Digits most) {
  const auto d = Decimal::parse(text);
  if (!d) return Unexpected{fmt::format("\"{}\" {}; write a plain decimal such as 0.25", printable_excerpt(text), describe(d.error()))};
  if (sign == Sign::Positive && !d->is_positive()) return Unexpected{fmt::format("{} is not above zero; write a positive amount", d->str())};
  if (sign == Sign::NotNegative && d->is_negative()) return Unexpected{fmt::format("{} is negative; write zero or more", d->str())};
  if (!d->within(most.all, most.places)) {
    return Unexpected{fmt::format("{} has too many digits; write at most {} in all and {} behind the point", printable_excerpt(text), most.all, most.places)};
  }
  return *d;
}

template <class A>
Key amount_key(KeyInfo info, Sign sign, std::function<A&(TaskSpec&)> ref) {
  return {info,
          [sign, ref](TaskSpec& s, std::string_view text) -> Result {
            const auto d = read_decimal(text, sign, kDigitsOf<A>);
            if (!d) return bad(d.error());
            ref(s) = A(*d);
            return {};
          },
          [sign, ref](const TaskSpec& s) -> Text {
            const A& v = ref(const_cast<TaskSpec&>(s));
            return sign == Sign::Positive && !v.is_positive() ? std::nullopt : Text(v.str());
          }};
}

// An amount that may be unset; with `zero_is_off`, writing 0 unsets it.
template <class A>
Key optional_key(KeyInfo info, Sign sign, bool zero_is_off, std::function<std::optional<A>&(TaskSpec&)> ref) {
  return {info,
          [sign, zero_is_off, ref](TaskSpec& s, std::string_view text) -> Result {
            const auto d = read_decimal(text, sign, kDigitsOf<A>);
            if (!d) return bad(d.error());
            if (zero_is_off && d->is_zero()) {
              ref(s).reset();
            } else {
              ref(s) = A(*d);
            }
            return {};
          },
          [ref](const TaskSpec& s) -> Text {
            const auto& v = ref(const_cast<TaskSpec&>(s));
            return v ? Text(v->str()) : std::nullopt;
          }};
}

// "5" is meant as five percent and would be five times the balance.
Key capital_fraction_key(KeyInfo info) {
  return {info,
          [](TaskSpec& s, std::string_view text) -> Result {
            const auto d = read_decimal(text, Sign::Positive, kFractionDigits);
            if (!d) return bad(d.error());
            if (*d > Decimal(1)) return bad(fmt::format("{} is more than the whole balance; write a fraction, as in 0.05 for 5 %", d->str()));
            s.risk.max_capital_fraction = Rate(*d);
            return {};
          },
          [](const TaskSpec& s) -> Text { return s.risk.max_capital_fraction.str(); }};
}

Key integer_key(KeyInfo info, std::int64_t least, std::int64_t most, std::function<std::int64_t&(TaskSpec&)> ref) {
  return {info,
          [least, most, ref](TaskSpec& s, std::string_view text) -> Result {
            std::int64_t n = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
            if (error != std::errc() || end != text.data() + text.size() || n < least || n > most) {
              return bad(fmt::format("\"{}\" is not a whole number from {} to {}", printable_excerpt(text), least, most));
            }
            ref(s) = n;
            return {};
          },
          [ref](const TaskSpec& s) -> Text { return std::to_string(ref(const_cast<TaskSpec&>(s))); }};
}

Result read_duration(std::string_view text, Dur least, Dur* out) {
  const auto d = parse_duration(text);
  if (!d) return bad(fmt::format("\"{}\" {}", printable_excerpt(text), d.error()));
  if (*d < least) return bad(fmt::format("\"{}\" is shorter than {}", printable_excerpt(text), format_duration(least)));
  *out = *d;
  return {};
}

Key duration_key(KeyInfo info, Dur least, std::function<Dur&(TaskSpec&)> ref) {
  return {info, [least, ref](TaskSpec& s, std::string_view text) -> Result { return read_duration(text, least, &ref(s)); },
          [ref](const TaskSpec& s) -> Text { return format_duration(ref(const_cast<TaskSpec&>(s))); }};
}

template <class E, std::size_t N>
Key choice_key(KeyInfo info, const Names<E, N>& names, std::function<E&(TaskSpec&)> ref) {
  return {info,
          [&names, info, ref](TaskSpec& s, std::string_view text) -> Result {
            const auto v = value_in(names, text);
            if (!v) return bad(fmt::format("\"{}\" is not one of {}", printable_excerpt(text), info.value));
            ref(s) = *v;
            return {};
          },
          [&names, ref](const TaskSpec& s) -> Text { return std::string(name_in(names, ref(const_cast<TaskSpec&>(s)))); }};
}

Key exchange_key(KeyInfo info, Side side) {
  return {info,
          [side](TaskSpec& s, std::string_view text) -> Result {
            const auto v = venue_from(text);
            if (!v) return bad(fmt::format("\"{}\" {}", printable_excerpt(text), no_venue(text)));
            s.leg[side].exchange = *v;
            return {};
          },
          [side](const TaskSpec& s) -> Text { return s.leg[side].exchange ? Text(std::string(name(*s.leg[side].exchange))) : std::nullopt; }};
}

Key name_key(KeyInfo info) {
  return {info,
          [](TaskSpec& s, std::string_view text) -> Result {
            if (!is_task_name(text)) {
              return bad(fmt::format("\"{}\" is not a task name; write 1 to 64 of A-Z a-z 0-9 _ . - not starting with . or -", printable_excerpt(text)));
            }
            s.name = text;
            return {};
          },
          [](const TaskSpec& s) -> Text { return s.name.empty() ? std::nullopt : Text(s.name); }};
}

Key symbol_key(KeyInfo info) {
  return {info,
          [](TaskSpec& s, std::string_view text) -> Result {
            const auto symbol = symbol_from(text);
            if (!symbol) return bad(fmt::format("\"{}\" is not a symbol; write BASE/QUOTE in capitals, as in \"BTC/USDT\"", printable_excerpt(text)));
            s.symbol = *symbol;
            return {};
          },
          [](const TaskSpec& s) -> Text { return s.symbol.base.empty() ? std::nullopt : Text(s.symbol.str()); }};
}

Key post_only_key(KeyInfo info) {
  return {info,
          [](TaskSpec& s, std::string_view text) -> Result {
            if (text != "true" && text != "false") return bad(fmt::format("\"{}\" is not true or false", printable_excerpt(text)));
            s.post_only = text == "true";
            return {};
          },
          [](const TaskSpec& s) -> Text { return std::string(s.post_only ? "true" : "false"); }};
}

struct Bounds {
  Dur least;
  Dur most;
};

// A duration that may be unset: where it has bounds, 0s unsets it.
Key optional_duration_key(KeyInfo info, std::optional<Bounds> bounds, std::function<std::optional<Dur>&(TaskSpec&)> ref) {
  return {info,
          [bounds, ref](TaskSpec& s, std::string_view text) -> Result {
            Dur d;
            if (auto r = read_duration(text, Dur{}, &d); !r) return r;
            const bool unsets = bounds && d == Dur{};
            if (bounds && !unsets && (d < bounds->least || d > bounds->most)) {
              return bad(fmt::format("\"{}\" is not from {} to {}", printable_excerpt(text), format_duration(bounds->least), format_duration(bounds->most)));
            }
            ref(s) = unsets ? std::nullopt : std::optional(d);
            return {};
          },
          [ref](const TaskSpec& s) -> Text {
            const auto& v = ref(const_cast<TaskSpec&>(s));
            return v ? Text(format_duration(*v)) : std::nullopt;
          }};
}

// A count that may be unset: 0 unsets it.
Key optional_count_key(KeyInfo info, std::int64_t most, std::function<std::optional<std::int64_t>&(TaskSpec&)> ref) {
  return {info,
          [most, ref](TaskSpec& s, std::string_view text) -> Result {
            std::int64_t n = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
            if (error != std::errc() || end != text.data() + text.size() || n < 0 || n > most) {
              return bad(fmt::format("\"{}\" is not a whole number from 0 to {}", printable_excerpt(text), most));
            }
            ref(s) = n == 0 ? std::nullopt : std::optional(n);
            return {};
          },
          [ref](const TaskSpec& s) -> Text {
            const auto& v = ref(const_cast<TaskSpec&>(s));
            return v ? Text(std::to_string(*v)) : std::nullopt;
          }};
}

// A venue's own timer: off, or at least what every venue that has one takes.
Key dead_man_key(KeyInfo info) {
  return {info,
          [](TaskSpec& s, std::string_view text) -> Result {
            const auto d = parse_dead_man(text);
            if (!d) return bad(d.error());
            s.risk.dead_man = *d;
            return {};
          },
          [](const TaskSpec& s) -> Text { return s.risk.dead_man ? Text(format_duration(*s.risk.dead_man)) : std::nullopt; }};
}

Key order_id_key(KeyInfo info, Side side) {
  return {info,
          [side](TaskSpec& s, std::string_view text) -> Result {
            const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
            if (!plain || text.size() > 64) return bad("is not a venue's order id; write at most 64 printable characters without blanks");
            s.restore[side].order_id = text;
            return {};
          },
          [side](const TaskSpec& s) -> Text { return s.restore[side].order_id.empty() ? std::nullopt : Text(s.restore[side].order_id); }};
}

#define DN_REF(type, expr) std::function<type&(TaskSpec&)>([](TaskSpec& s) -> type& { return expr; })

void add_leg_keys(std::vector<Key>& keys, Side side) {
  struct Texts {
    std::string_view exchange, offset, tolerance, reference;
  };
  const Texts t = side == Side::Buy ? Texts{"buy.exchange", "buy.offset_ticks", "buy.tick_tolerance", "buy.price_reference"}
                                    : Texts{"sell.exchange", "sell.offset_ticks", "sell.tick_tolerance", "sell.price_reference"};
  const auto leg = [side](TaskSpec& s) -> LegSpec& { return s.leg[side]; };
  keys.push_back(exchange_key({t.exchange, KeyType::String, false, "mexc_spot, gateio_spot or gateio_futures", "venue of this side; required"}, side));
  keys.push_back(integer_key({t.offset, KeyType::Integer, true, "whole ticks", "limit price = reference - offset x tick, on both sides"}, -1'000'000, 1'000'000,
                             [leg](TaskSpec& s) -> std::int64_t& { return leg(s).offset_ticks; }));
  keys.push_back(integer_key({t.tolerance, KeyType::Integer, true, "whole ticks >= 0", "re-quote when the resting price is further than this from the target"},
                             0, 1'000'000, [leg](TaskSpec& s) -> std::int64_t& { return leg(s).tick_tolerance; }));
  keys.push_back(choice_key<PriceReference>({t.reference, KeyType::String, false, "touch, opposite or mid", "price that the offset counts from"}, kReferences,
                                            [leg](TaskSpec& s) -> PriceReference& { return leg(s).price_reference; }));
}

void add_restore_keys(std::vector<Key>& keys, Side side) {
  const bool buy = side == Side::Buy;
  const auto restore = [side](TaskSpec& s) -> RestoreSpec& { return s.restore[side]; };
  keys.push_back(amount_key<Qty>({buy ? "restore.buy.filled_quantity" : "restore.sell.filled_quantity", KeyType::Decimal, false, "decimal >= 0, base",
                                  "filled on this side before the task, without what order_id filled: that is booked from its trades"},
                                 Sign::NotNegative, [restore](TaskSpec& s) -> Qty& { return restore(s).filled_quantity; }));
  keys.push_back(amount_key<Price>(
      {buy ? "restore.buy.avg_price" : "restore.sell.avg_price", KeyType::Decimal, false, "decimal >= 0, quote per base", "its average price"},
      Sign::NotNegative, [restore](TaskSpec& s) -> Price& { return restore(s).avg_price; }));
  keys.push_back(order_id_key({buy ? "restore.buy.order_id" : "restore.sell.order_id", KeyType::String, false, "the venue's order id",
                               "an order that may still rest there, to take over"},
                              side));
}

void add_risk_keys(std::vector<Key>& k) {
  using T = KeyType;
  k.push_back(optional_key<Qty>({"risk.max_position", T::Decimal, true, "decimal > 0, base", "largest position per side (default: total_quantity)"},
                                Sign::Positive, false, DN_REF(std::optional<Qty>, s.risk.max_position)));
  k.push_back(optional_key<Money>({"risk.max_notional", T::Decimal, true, "decimal > 0, quote", "largest value of both sides together"}, Sign::Positive, false,
                                  DN_REF(std::optional<Money>, s.risk.max_notional)));
  k.push_back(optional_key<Money>({"risk.max_order_notional", T::Decimal, true, "decimal > 0, quote", "largest value of one order; required for live trading"},
                                  Sign::Positive, false, DN_REF(std::optional<Money>, s.risk.max_order_notional)));
  k.push_back(integer_key({"risk.max_orders_per_minute", T::Integer, true, "whole number >= 1", "new orders in any minute"}, 1, 1'000'000,
                          DN_REF(std::int64_t, s.risk.max_orders_per_minute)));
  k.push_back(integer_key({"risk.max_orders_per_run", T::Integer, true, "whole number >= 1", "new orders in one run"}, 1, 1'000'000'000,
                          DN_REF(std::int64_t, s.risk.max_orders_per_run)));
  k.push_back(integer_key({"risk.max_orders_per_day", T::Integer, true, "whole number >= 0", "new orders in any 24 hours, over all runs (0: no limit)"}, 0,
                          1'000'000'000, DN_REF(std::int64_t, s.risk.max_orders_per_day)));
  k.push_back(amount_key<Bps>({"risk.price_collar_bps", T::Decimal, true, "decimal > 0, bps", "no order further than this beyond either venue's fresh mid"},
                              Sign::Positive, DN_REF(Bps, s.risk.price_collar_bps)));
  k.push_back(amount_key<Bps>({"risk.max_slippage_bps", T::Decimal, true, "decimal > 0, bps", "price limit of market-like orders, from the opposite touch"},
                              Sign::Positive, DN_REF(Bps, s.risk.max_slippage_bps)));
  k.push_back(duration_key({"risk.max_book_age", T::Duration, true, "duration", "no quote on an older book; resting quotes are cancelled"}, Dur::millis(1),
                           DN_REF(Dur, s.risk.max_book_age)));
  k.push_back(
      optional_key<Bps>({"risk.min_spread_bps", T::Decimal, true, "decimal, bps", "no new quotes below this spread, net of fees and funding (default: off)"},
                        Sign::Any, false, DN_REF(std::optional<Bps>, s.risk.min_spread_bps)));
  k.push_back(optional_key<Bps>({"risk.exit_spread_bps", T::Decimal, true, "decimal, bps; 0 = off", "act when the net spread falls below this"}, Sign::Any,
                                true, DN_REF(std::optional<Bps>, s.risk.exit_spread_bps)));
  k.push_back(choice_key<SpreadExit>({"risk.exit_action", T::String, true, "pause, complete or unwind", "what exit_spread_bps does"}, kExits,
                                     DN_REF(SpreadExit, s.risk.exit_action)));
  k.push_back(
      amount_key<Qty>({"risk.imbalance_threshold", T::Decimal, true, "decimal >= 0, base", "rebalance from this difference (0: the lagging venue's minimum)"},
                      Sign::NotNegative, DN_REF(Qty, s.risk.imbalance_threshold)));
  k.push_back(
      optional_duration_key({"risk.imbalance_grace", T::Duration, true, "duration", "how long a difference may stand first (default: 1s, with a lead 0s)"}, {},
                            DN_REF(std::optional<Dur>, s.risk.imbalance_grace)));
  k.push_back(
      amount_key<Bps>({"risk.max_imbalance_bps", T::Decimal, true, "decimal > 0, bps of total_quantity", "beyond it: CRITICAL, only orders that reduce"},
                      Sign::Positive, DN_REF(Bps, s.risk.max_imbalance)));
  k.push_back(duration_key({"risk.max_imbalance_time", T::Duration, true, "duration", "an imbalance that lasts longer: CRITICAL, only orders that reduce"},
                           Dur::millis(1), DN_REF(Dur, s.risk.max_imbalance_time)));
  k.push_back(integer_key({"risk.rebalance_attempts", T::Integer, true, "whole number >= 1", "market-like orders tried before the leading leg is reduced"}, 1,
                          100, DN_REF(std::int64_t, s.risk.rebalance_attempts)));
  k.push_back(integer_key({"risk.max_repeated_errors", T::Integer, true, "whole number >= 1", "errors or escalations in a row that halt the task"}, 1, 1000,
                          DN_REF(std::int64_t, s.risk.max_repeated_errors)));
  k.push_back(optional_key<Money>(
      {"risk.max_loss", T::Decimal, true, "decimal > 0, quote", "halt when realised + marked loss exceeds this (default: 2 x the worst case)"}, Sign::Positive,
      false, DN_REF(std::optional<Money>, s.risk.max_loss)));
  k.push_back(duration_key({"risk.max_hold", T::Duration, true, "duration", "longest run of a task; then it stops opening and halts balanced"}, Dur::seconds(1),
                           DN_REF(Dur, s.risk.max_hold)));
  k.push_back(dead_man_key({"risk.dead_man", T::Duration, true, "duration from 5s to 1h, or 0s = off",
                            "live on Gate.io: the venue cancels the symbol's orders when a run is silent for so long (default: deadman of dn.toml, 10s)"}));
  k.push_back(capital_fraction_key(
      {"risk.max_capital_fraction", T::Decimal, true, "decimal > 0, at most 1", "largest share of the account's balance that the task may use"}));
}

// Holding and closing again, and what funding decides.
void add_hold_keys(std::vector<Key>& k) {
  using T = KeyType;
  k.push_back(optional_duration_key({"hold_for", T::Duration, true, "duration", "goes round: what was opened is closed again after holding it for so long"}, {},
                                    DN_REF(std::optional<Dur>, s.hold.hold_for)));
  k.push_back(optional_key<Bps>({"close_spread_bps", T::Decimal, true, "decimal, bps", "goes round: closes when closing earns this spread, net of fees"},
                                Sign::Any, false, DN_REF(std::optional<Bps>, s.hold.close_spread_bps)));
  k.push_back(
      optional_count_key({"exit_after_fundings", T::Integer, true, "whole number >= 0; 0 = off", "goes round: closes after so many funding settlements"},
                         100'000, DN_REF(std::optional<std::int64_t>, s.hold.exit_after_fundings)));
  k.push_back(optional_key<Percent>({"min_funding_apr", T::Decimal, true, "decimal, percent a year", "opens nothing while the funding told is below this"},
                                    Sign::Any, false, DN_REF(std::optional<Percent>, s.hold.min_funding_apr)));
  k.push_back(optional_key<Percent>({"exit_funding_apr", T::Decimal, true, "decimal, percent a year",
                                     "goes round: closes when the funding told stays below this for a minute (0: when the position would pay)"},
                                    Sign::Any, false, DN_REF(std::optional<Percent>, s.hold.exit_funding_apr)));
}

// Other parameters while the market is volatile. All may be unset, so that the text of a task without them stays what it was.
void add_adapt_keys(std::vector<Key>& k) {
  using T = KeyType;
  k.push_back(optional_key<Bps>({"adapt.volatility_bps", T::Decimal, true, "decimal >= 0, bps; 0 = off",
                                 "adapts while a leg's mid moves more than this within the window (default: off)"},
                                Sign::NotNegative, true, DN_REF(std::optional<Bps>, s.adapt.volatility_bps)));
  k.push_back(optional_key<Bps>(
      {"adapt.calm_bps", T::Decimal, true, "decimal >= 0, bps; 0 = default", "back to its own parameters at or below this (default: 60 % of volatility_bps)"},
      Sign::NotNegative, true, DN_REF(std::optional<Bps>, s.adapt.calm_bps)));
  k.push_back(
      optional_duration_key({"adapt.window", T::Duration, true, "duration from 1s to 1h; 0s = default", "over which volatility is measured (default: 30s)"},
                            Bounds{Dur::seconds(1), Dur::hours(1)}, DN_REF(std::optional<Dur>, s.adapt.window)));
  k.push_back(optional_count_key({"adapt.tick_tolerance", T::Integer, true, "whole ticks >= 0; 0 = the legs' own",
                                  "tolerance of both legs while adapted; a leg's own where that is wider"},
                                 1'000'000, DN_REF(std::optional<std::int64_t>, s.adapt.tick_tolerance)));
  k.push_back(optional_count_key(
      {"adapt.slice_percent", T::Integer, true, "whole number from 1 to 100; 0 = default", "slice while adapted, in percent of order_quantity (default: 50)"},
      100, DN_REF(std::optional<std::int64_t>, s.adapt.slice_percent)));
}

std::vector<Key> make_keys() {
  using T = KeyType;
  std::vector<Key> k;
  k.push_back(name_key({"name", T::String, false, "1 to 64 of A-Z a-z 0-9 _ . -", "task name, unique in the database (default: the file's name)"}));
  k.push_back(symbol_key({"symbol", T::String, false, "\"BASE/QUOTE\"", "pair, the same on both venues; required"}));
  k.push_back(
      amount_key<Qty>({"total_quantity", T::Decimal, true, "decimal > 0, base", "target per side; required"}, Sign::Positive, DN_REF(Qty, s.total_quantity)));
  k.push_back(amount_key<Qty>({"order_quantity", T::Decimal, true, "decimal > 0, base", "slice; required"}, Sign::Positive, DN_REF(Qty, s.order_quantity)));
  k.push_back(
      duration_key({"delay", T::Duration, true, "duration", "timer between cycles (default 100ms; 0s: a cycle at each event)"}, {}, DN_REF(Dur, s.delay)));
  k.push_back(choice_key<Lead>({"lead", T::String, false, "both, buy or sell", "both sides quote, or one quotes and the other hedges each fill"}, kLeads,
                               DN_REF(Lead, s.lead)));
  k.push_back(choice_key<Direction>({"direction", T::String, false, "open or close", "close = unwind: a futures leg is reduce-only"}, kDirections,
                                    DN_REF(Direction, s.direction)));
  k.push_back(post_only_key({"post_only", T::Bool, false, "true or false", "maker only: clamps to the touch instead of crossing"}));
  add_hold_keys(k);
  for (const Side side : kSides) add_leg_keys(k, side);
  add_risk_keys(k);
  add_adapt_keys(k);
  for (const Side side : kSides) add_restore_keys(k, side);
  return k;
}

const std::vector<Key>& keys() {
  static const std::vector<Key> table = make_keys();
  return table;
}

const Key* find(std::string_view key) {
  for (const Key& k : keys()) {
    if (k.info.key == key) return &k;
  }
  return nullptr;
}

}  // namespace

Expected<Dur, std::string> parse_dead_man(std::string_view text) {
  constexpr Dur kLeast = Dur::seconds(5);
  constexpr Dur kMost = Dur::hours(1);
  const auto d = parse_duration(text);
  if (!d) return Unexpected{fmt::format("\"{}\" {}", printable_excerpt(text), d.error())};
  if (*d == Dur{} || (*d >= kLeast && *d <= kMost)) return *d;
  return Unexpected{fmt::format("\"{}\" is neither 0s (off) nor from {} to {}", printable_excerpt(text), format_duration(kLeast), format_duration(kMost))};
}

const std::vector<KeyInfo>& task_keys() {
  static const std::vector<KeyInfo> infos = [] {
    std::vector<KeyInfo> out;
    for (const Key& k : keys()) out.push_back(k.info);
    return out;
  }();
  return infos;
}

const KeyInfo* find_task_key(std::string_view key) {
  const Key* k = find(key);
  return k == nullptr ? nullptr : &k->info;
}

Expected<void, std::string> set_task_key(TaskSpec& spec, std::string_view key, std::string_view value) {
  const Key* k = find(key);
  if (k == nullptr) return bad("is not a key of a task");
  return k->set(spec, value);
}

std::optional<std::string> get_task_key(const TaskSpec& spec, std::string_view key) {
  const Key* k = find(key);
  return k == nullptr ? std::nullopt : k->get(spec);
}

}  // namespace dn
