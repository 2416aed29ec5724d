#include "app/account_facts.h"

#include "venues/json.h"

namespace dn::app {
namespace {

using venues::Element;

std::optional<AccountFacts> account_in(const Element& object, const Symbol& symbol) {
  AccountFacts a;
  a.symbol = symbol;
  const auto venue = venue_from(venues::text(object, "exchange"));
  const auto asked = venues::whole(object, "asked_us");
  const auto heard = venues::whole(object, "heard_us");
  const auto totals = venues::member(object, "total");
  simdjson::dom::object by_asset;
  if (!venue || !asked || !heard || !totals || totals->get_object().get(by_asset) != simdjson::SUCCESS) return std::nullopt;
  a.venue = *venue;
  a.asked = Time{*asked};
  a.heard = Time{*heard};
  a.offset = Dur{venues::whole(object, "clock_ahead_us").value_or(0)};
  for (const auto& member : by_asset) {
    const auto amount = venues::exact(venues::text(*totals, member.key));
    if (!amount || !Asset::fits(member.key)) return std::nullopt;
    a.total[Asset(member.key)] = *amount;
  }
  if (const auto position = venues::amount(object, "position")) a.position = Qty(*position);
  if (const auto entry = venues::amount(object, "entry_price")) a.entry = Price(*entry);
  return a;
}

}  // namespace

std::vector<AccountFacts> accounts_of(const TaskSpec& spec, const MarketView& view) {
  std::vector<AccountFacts> out;
  for (const Side leg : kSides) {
    const Venue venue = *spec.leg[leg].exchange;
    if (!view.funds[leg] || (!out.empty() && out[0].venue == venue)) continue;
    const Funds& f = *view.funds[leg];
    out.push_back({venue, spec.symbol, f.total, f.position, f.entry, f.asked, f.heard, f.offset});
  }
  return out;
}

void write_accounts(JsonWriter& w, const std::vector<AccountFacts>& accounts) {
  w.key("accounts").begin_array();
  for (const AccountFacts& a : accounts) {
    w.begin_object().field("exchange", name(a.venue)).field("asked_us", a.asked.us).field("heard_us", a.heard.us);
    w.field("clock_ahead_us", a.offset.us);
    w.field("position", a.position.str()).field("entry_price", a.entry.str()).key("total").begin_object();
    for (const auto& [asset, amount] : a.total) w.field(asset.view(), amount.str());
    w.end_object().end_object();
  }
  w.end_array();
}

std::vector<AccountFacts> accounts_in(std::string_view run_start, const Symbol& symbol) {
  std::vector<AccountFacts> out;
  const auto document = venues::JsonDocument::parse(run_start);
  if (!document) return out;
  const auto accounts = venues::member(document->root(), "accounts");
  if (!accounts) return out;
  for (const Element& one : venues::array_of(*accounts)) {
    if (auto account = account_in(one, symbol)) out.push_back(std::move(*account));
  }
  return out;
}

}  // namespace dn::app
