#include "settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dn::exchange {
namespace {

struct Number {
  std::string_view key;
  std::int64_t Settings::*field;
};
constexpr std::array kNumbers{
    Number{"latency_ms", &Settings::latency_ms},
    Number{"push_delay_ms", &Settings::push_delay_ms},
    Number{"skew_ms", &Settings::skew_ms},
    Number{"hidden_ms", &Settings::hidden_ms},
    Number{"mexc_hidden_ms", &Settings::mexc_hidden_ms},
    Number{"mexc_trades_lag_ms", &Settings::mexc_trades_lag_ms},
    Number{"mexc_listen_key_s", &Settings::mexc_listen_key_s},
    Number{"mexc_ws_unused_s", &Settings::mexc_ws_unused_s},
    Number{"mexc_ws_quiet_s", &Settings::mexc_ws_quiet_s},
    Number{"mexc_ws_life_s", &Settings::mexc_ws_life_s},
    Number{"gate_text_delay_ms", &Settings::gate_text_delay_ms},
    Number{"gate_text_after_end_s", &Settings::gate_text_after_end_s},
    Number{"gate_forget_s", &Settings::gate_forget_s},
    Number{"gate_forget_by_id_s", &Settings::gate_forget_by_id_s},
    Number{"gate_ping_s", &Settings::gate_ping_s},
    Number{"futures_gap_bps", &Settings::futures_gap_bps},
};

struct Choice {
  std::string_view key;
  std::string Settings::*field;
  std::array<std::string_view, 3> values;
};
constexpr std::array kChoices{
    Choice{"mexc_cancel_answer", &Settings::mexc_cancel_answer, {"full", "minimal", "new"}},
    Choice{"mexc_duplicate", &Settings::mexc_duplicate, {"reject", "accept", "accept"}},
    Choice{"mexc_maker_cross", &Settings::mexc_maker_cross, {"cancel", "reject", "reject"}},
    Choice{"gate_duplicate", &Settings::gate_duplicate, {"accept", "reject", "reject"}},
};

struct Text {
  std::string_view key;
  std::string Settings::*field;
};
constexpr std::array kTexts{Text{"mexc_key", &Settings::mexc_key}, Text{"mexc_secret", &Settings::mexc_secret}, Text{"gate_key", &Settings::gate_key},
                            Text{"gate_secret", &Settings::gate_secret}};

struct Switch {
  std::string_view key;
  bool Settings::*field;
};
constexpr std::array kSwitches{
    Switch{"gate_futures_funded", &Settings::gate_futures_funded}, Switch{"gate_dual_mode", &Settings::gate_dual_mode},
    Switch{"gate_key_trades", &Settings::gate_key_trades},         Switch{"mexc_key_trades", &Settings::mexc_key_trades},
    Switch{"mexc_account_trades", &Settings::mexc_account_trades}, Switch{"mexc_account_withdraws", &Settings::mexc_account_withdraws}};

template <class List>
auto find_key(const List& list, std::string_view key) {
  const auto at = std::find_if(list.begin(), list.end(), [&](const auto& e) { return e.key == key; });
  return at == list.end() ? nullptr : &*at;
}

bool read_balances(const Json& value, std::map<Venue, Balances>& out) {
  for (const auto& [venue, assets] : value.members) {
    const auto v = venue == "mexc"           ? std::optional(Venue::MexcSpot)
                   : venue == "gate_spot"    ? std::optional(Venue::GateioSpot)
                   : venue == "gate_futures" ? std::optional(Venue::GateioFutures)
                                             : std::nullopt;
    if (!v) return false;
    for (const auto& [asset, amount] : assets.members) {
      const auto number = decimal_from(amount.text);
      if (!number || number->is_negative()) return false;
      out[*v][asset] = *number;
    }
  }
  return value.is(Json::Kind::Object);
}

bool apply_one(Settings& s, const std::string& key, const Json& value) {
  if (const auto* number = find_key(kNumbers, key)) {
    const auto whole = whole_from(value.text);
    if (!whole || (*whole < 0 && key != "skew_ms")) return false;
    s.*number->field = *whole;
    return true;
  }
  if (const auto* choice = find_key(kChoices, key)) {
    s.*choice->field = value.text;
    return std::find(choice->values.begin(), choice->values.end(), value.text) != choice->values.end();
  }
  if (const auto* field = find_key(kTexts, key)) {
    s.*field->field = value.text;
    return value.is(Json::Kind::String) && !value.text.empty();
  }
  if (const auto* on = find_key(kSwitches, key)) {
    s.*on->field = value.text == "true";
    return value.is(Json::Kind::Bool);
  }
  if (key == "rate_scale") {
    const auto number = decimal_from(value.text);
    if (!number || !number->is_positive()) return false;
    s.rate_scale = *number;
    return true;
  }
  if (key == "gate_gt_price" || key == "mexc_mx_price") {
    const auto number = decimal_from(value.text);
    if (!number || number->is_negative()) return false;
    (key == "gate_gt_price" ? s.gate_gt_price : s.mexc_mx_price) = *number;
    return true;
  }
  if (key == "mexc_not_by_api") {
    s.mexc_not_by_api.clear();
    for (const Json& symbol : value.items) s.mexc_not_by_api.insert(symbol.text);
    return value.is(Json::Kind::Array);
  }
  return key == "balances" && read_balances(value, s.balances);
}

}  // namespace

std::string Settings::apply(const Json& keys) {
  if (!keys.is(Json::Kind::Object)) return "settings are an object";
  Settings changed = *this;
  for (const auto& [key, value] : keys.members) {
    if (!apply_one(changed, key, value)) return fmt::format("{}: no such key, or not a value for it", key);
  }
  *this = std::move(changed);
  return "";
}

}  // namespace dn::exchange
