#include "app/account_facts.h"

#include "app/audit_journal.h"
#include "app/ledger.h"

namespace dn::app {
namespace {

// A member of an event's part, whose first one has a comma before it as well.
std::optional<std::int64_t> whole_field(std::string_view part, std::string_view key) {
  const auto d = Decimal::parse(raw_field(part, key).value_or(""));
  return d && d->within(18, 0) ? std::optional(static_cast<std::int64_t>(d->normalized().rounded(0, Rounding::Zero).mantissa())) : std::nullopt;
}

// Amounts as long as venues tell them; the product of two fits.
Decimal short_field(std::string_view part, std::string_view key) {
  const auto d = Decimal::parse(raw_field(part, key).value_or(""));
  return d && d->within(19, 14) ? *d : Decimal();
}

// "BTC":"5","USDT":"100"; nullopt when it is anything else.
std::optional<std::map<Asset, Decimal>> totals_in(std::string_view text) {
  std::map<Asset, Decimal> out;
  while (!text.empty()) {
    const auto colon = text.find("\":\"");
    const auto end = text.find('"', colon == std::string_view::npos ? text.size() : colon + 3);
    if (!text.starts_with('"') || end == std::string_view::npos) return std::nullopt;
    const std::string_view asset = text.substr(1, colon - 1);
    const auto amount = Decimal::parse(text.substr(colon + 3, end - colon - 3));
    if (!amount || !can_be_added(*amount) || !Asset::fits(asset)) return std::nullopt;
    out[Asset(asset)] = *amount;
    text.remove_prefix(end + 1);
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  return out;
}

// `part`: from the comma before its first member to its last one, which is "total".
std::optional<AccountFacts> account_in(std::string_view part, const Symbol& symbol) {
  constexpr std::string_view kTotal = ",\"total\":{";
  const auto totals_at = part.find(kTotal);
  const auto venue = venue_from(raw_field(part, "exchange").value_or(""));
  const auto asked = whole_field(part, "asked_us");
  const auto heard = whole_field(part, "heard_us");
  if (totals_at == std::string_view::npos || !venue || !asked || !heard) return std::nullopt;
  auto totals = totals_in(part.substr(totals_at + kTotal.size()));
  if (!totals) return std::nullopt;
  AccountFacts a;
  a.venue = *venue;
  a.symbol = symbol;
  a.total = std::move(*totals);
  a.position = Qty(short_field(part, "position"));
  a.entry = Price(short_field(part, "entry_price"));
  a.asked = Time{*asked};
  a.heard = Time{*heard};
  a.offset = Dur{whole_field(part, "clock_ahead_us").value_or(0)};
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
  constexpr std::string_view kBegin = ",\"accounts\":[";
  std::vector<AccountFacts> out;
  const auto at = run_start.find(kBegin);
  if (at == std::string_view::npos) return out;
  std::string_view rest = run_start.substr(at + kBegin.size());
  while (rest.starts_with('{')) {
    const auto end = rest.find("}}");
    if (end == std::string_view::npos) break;
    if (auto account = account_in("," + std::string(rest.substr(1, end - 1)), symbol)) out.push_back(std::move(*account));
    rest.remove_prefix(end + 2);
    if (rest.starts_with(',')) rest.remove_prefix(1);
  }
  return out;
}

}  // namespace dn::app
