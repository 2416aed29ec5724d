// What both of Gate's markets have in common.
#include <fmt/format.h>

#include <algorithm>

#include "gate.h"

namespace dn::exchange {

std::string GateAnswer::error_json() const {
  Obj o;
  o.s("label", label);
  if (!message.empty()) o.s(detail ? "detail" : "message", message);
  return o.str();
}

GateAnswer gate_ok(std::string body, int status) { return {status, std::move(body), "", "", false}; }
GateAnswer gate_error(int status, std::string label, std::string message, bool detail) { return {status, "", std::move(label), std::move(message), detail}; }
GateAnswer gate_invalid(std::string_view parameter, std::string_view value) {
  return gate_error(400, "INVALID_PARAM_VALUE", fmt::format("Invalid request parameter `{}` value: {}", parameter, value));
}
GateAnswer gate_missing(std::string_view parameter) {
  return gate_error(400, "MISSING_REQUIRED_PARAM", fmt::format("Missing required parameter: {}", parameter));
}

std::string gate_with(std::string object, const std::string& members) {
  object.pop_back();
  return object + "," + members + "}";
}
std::string gate_joined(std::string object, const std::string& other) {
  object.pop_back();
  return object + "," + other.substr(1);
}

// Spot: ten requests a second for each pair, however many orders; futures: a hundred orders a second.
RateLimits::Standing gate_count_place(Site& site, Venue venue, const Json& body, const std::string& pair) {
  const bool list = body.is(Json::Kind::Array);
  if (venue == Venue::GateioFutures) {
    return site.limit("gate futures place", 100, Dur::seconds(1), list ? std::max<std::int64_t>(1, static_cast<std::int64_t>(body.items.size())) : 1);
  }
  std::set<std::string> pairs;
  for (const Json& item : body.items) pairs.insert(item.str("currency_pair"));
  if (!list || pairs.empty()) pairs = {body.has("currency_pair") ? body.str("currency_pair") : pair};
  RateLimits::Standing worst;
  for (const std::string& one : pairs) {
    const RateLimits::Standing s = site.limit("gate spot place " + one, 10, Dur::seconds(1));
    if (one == *pairs.begin() || !s.good) worst = s;
  }
  return worst;
}

std::string gate_seconds(Time t) { return fmt::format("{}.{:03}", t.us / 1'000'000, t.us / 1000 % 1000); }

bool gate_text_is_good(std::string_view text) {
  return text.size() >= 3 && text.size() <= 30 && text.rfind("t-", 0) == 0 && std::all_of(text.begin() + 2, text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.';
         });
}

std::string gate_size(const Decimal& contracts, bool decimal_sizes) {
  return decimal_sizes ? quoted(contracts.str()) : contracts.rounded(0, Rounding::Zero).str();
}

GateAnswer Countdowns::set(Venue venue, const Json& body, std::string_view symbol_key) {
  const std::int64_t timeout = body.whole("timeout", -1);
  if (timeout < 0 || (timeout > 0 && timeout < 5)) return gate_invalid("timeout", body.str("timeout"));
  const std::string symbol = body.str(symbol_key);
  if (!symbol.empty() && site_.exchange.market(venue, symbol) == nullptr) return gate_invalid(symbol_key, symbol);
  const std::string what = fmt::format("{} {}", name(venue), symbol);
  armed_[what] = ++armings_;
  site_.mark("countdown", venue, fmt::format("{} {}", symbol, timeout));
  if (timeout > 0) {
    site_.after(Dur::seconds(timeout), [this, what, venue, symbol, arming = armings_] {
      if (armed_[what] != arming) return;
      site_.mark("countdown_struck", venue, symbol);
      for (Market* m : site_.exchange.markets(venue)) {
        if (!symbol.empty() && m->name != symbol) continue;
        const std::vector<Order*> open = m->open;
        for (Order* o : open) site_.exchange.cancel(*o);
      }
    });
  }
  const std::int64_t at = timeout == 0 ? 0 : (site_.exchange.venue_now() + Dur::seconds(timeout)).us / 1000;
  return gate_ok(Obj().s("triggerTime", std::to_string(at)).str());
}

}  // namespace dn::exchange
