// MEXC's topics, and what their names ask for.
#include <algorithm>
#include <array>

#include "json.h"
#include "mexc_push.h"

namespace dn::exchange {
namespace {

constexpr std::array<std::pair<std::string_view, Period>, 10> kIntervals{{{"Min1", {60}},
                                                                          {"Min5", {300}},
                                                                          {"Min15", {900}},
                                                                          {"Min30", {1800}},
                                                                          {"Min60", {3600}},
                                                                          {"Hour4", {14400}},
                                                                          {"Hour8", {28800}},
                                                                          {"Day1", {86400}},
                                                                          {"Week1", {604800, true}},
                                                                          {"Month1", {2592000, false, true}}}};

// "UTC+8", "UTC+5:30", "24H"
bool is_zone(std::string_view zone) {
  if (zone == "24H") return true;
  if (zone.size() < 5 || zone.size() > 9 || zone.substr(0, 3) != "UTC" || (zone[3] != '+' && zone[3] != '-')) return false;
  return zone.find_first_not_of("0123456789:", 4) == std::string_view::npos;
}

struct Form {
  std::string_view prefix;
  MexcTopic::Kind kind;
};
using Kind = MexcTopic::Kind;
constexpr std::array<Form, 7> kForms{{{"spot@public.aggre.bookTicker.v3.api.pb@", Kind::Ticker},
                                      {"spot@public.aggre.deals.v3.api.pb@", Kind::Deals},
                                      {"spot@public.aggre.depth.v3.api.pb@", Kind::AggreDepth},
                                      {"spot@public.limit.depth.v3.api.pb@", Kind::Depth},
                                      {"spot@public.kline.v3.api.pb@", Kind::Kline},
                                      {"spot@public.miniTicker.v3.api.pb@", Kind::Mini},
                                      {"spot@public.bookTicker.batch.v3.api.pb@", Kind::TickerBatch}}};

// What stands behind the symbol: levels, an interval, a time zone.
bool read_option(MexcTopic& t, const std::string& option) {
  switch (t.kind) {
    case Kind::Depth:
      if (option != "5" && option != "10" && option != "20") return false;
      t.levels = static_cast<std::size_t>(*whole_from(option));
      return true;
    case Kind::Kline: {
      const auto at = std::find_if(kIntervals.begin(), kIntervals.end(), [&](const auto& i) { return i.first == option; });
      if (at == kIntervals.end()) return false;
      t.interval = option;
      t.period = at->second;
      t.pause = Dur::millis(100);
      return true;
    }
    default: t.pause = Dur::seconds(3); return is_zone(option);
  }
}

}  // namespace

std::optional<MexcTopic> mexc_topic(Exchange& exchange, const std::string& name) {
  MexcTopic t;
  t.name = name;
  if (name == kOrdersTopic || name == kDealsTopic || name == kAccountTopic) {
    t.kind = name == kOrdersTopic ? Kind::Orders : name == kDealsTopic ? Kind::MyDeals : Kind::Account;
    return t;
  }
  constexpr std::string_view kMinis = "spot@public.miniTickers.v3.api.pb@";
  if (name.rfind(kMinis, 0) == 0) {
    t.kind = Kind::Minis;
    t.pause = Dur::seconds(3);
    return is_zone(name.substr(kMinis.size())) ? std::optional(t) : std::nullopt;
  }
  const auto form = std::find_if(kForms.begin(), kForms.end(), [&](const Form& f) { return name.rfind(f.prefix, 0) == 0; });
  if (form == kForms.end()) return std::nullopt;
  t.kind = form->kind;
  const std::string rest = name.substr(form->prefix.size());
  const auto at = rest.find('@');
  const std::string head = rest.substr(0, at);
  const std::string tail = at == std::string::npos ? "" : rest.substr(at + 1);
  std::string symbol = head;
  if (t.kind == Kind::Ticker || t.kind == Kind::Deals || t.kind == Kind::AggreDepth) {
    if (head != "100ms" && head != "10ms") return std::nullopt;
    t.pause = Dur::millis(head == "10ms" ? 10 : 100);
    symbol = tail;
  } else if (t.kind == Kind::TickerBatch) {
    if (at != std::string::npos) return std::nullopt;
    t.pause = Dur::millis(10);
  } else if (!read_option(t, tail)) {
    return std::nullopt;
  }
  t.market = exchange.market(Venue::MexcSpot, symbol);
  return t.market != nullptr ? std::optional(t) : std::nullopt;
}

}  // namespace dn::exchange
