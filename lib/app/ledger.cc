#include "app/ledger.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "model/names.h"

namespace dn::app {
namespace {

constexpr Names<Holds, 3> kHoldsNames{{{Holds::Coin, "coin"}, {Holds::Position, "position"}, {Holds::Margin, "margin"}}};

bool is_perpetual(Venue v) { return v == Venue::GateioFutures; }

// The digits of `text` from `at` on, `size` of them; -1 when there is anything else.
int digits(std::string_view text, std::size_t at, std::size_t size) {
  int out = 0;
  if (at + size > text.size()) return -1;
  for (const char c : text.substr(at, size)) {
    if (c < '0' || c > '9') return -1;
    out = out * 10 + (c - '0');
  }
  return out;
}

// "2026-01-31", or with "T12:00:00Z" behind it.
std::optional<Time> utc_moment(std::string_view text) {
  namespace chr = std::chrono;
  const bool is_day = text.size() == 10;
  if (!is_day && !(text.size() == 20 && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z')) return std::nullopt;
  if (text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::array<int, 3> day{digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)};
  const std::array<int, 3> clock{is_day ? 0 : digits(text, 11, 2), is_day ? 0 : digits(text, 14, 2), is_day ? 0 : digits(text, 17, 2)};
  if (day[0] < 1970 || day[1] < 1 || day[2] < 1 || clock[0] < 0 || clock[0] > 23 || clock[1] < 0 || clock[1] > 59 || clock[2] < 0 || clock[2] > 59)
    return std::nullopt;
  const chr::year_month_day date{chr::year(day[0]), chr::month(static_cast<unsigned>(day[1])), chr::day(static_cast<unsigned>(day[2]))};
  if (!date.ok()) return std::nullopt;
  const auto since = chr::sys_days(date).time_since_epoch() + chr::hours(clock[0]) + chr::minutes(clock[1]) + chr::seconds(clock[2]);
  return Time{chr::duration_cast<chr::microseconds>(since).count()};
}

}  // namespace

std::string_view name(Holds h) { return name_in(kHoldsNames, h); }

bool is_restored(const Fill& f) { return f.order.view() == kRestoredPosition; }

Expected<Time, std::string> parse_moment(std::string_view text, Time now) {
  if (const auto moment = utc_moment(text)) return *moment;
  if (const auto ago = parse_duration(text)) return now - *ago;
  return Unexpected{std::string("it is neither a day (2026-01-31), nor a moment (2026-01-31T12:00:00Z), nor a time before now (24h)")};
}

// A million million with 24 digits behind the point leave room for a hundred of the largest.
bool can_be_added(const Decimal& d) {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  return d.within(36, 24) && d.abs() < Decimal(kMost);
}
bool can_be_added(const Fill& f) {
  const auto is_short = [](const Decimal& d) { return d.within(19, 18); };  // the product of two fits
  return is_short(f.price.decimal()) && is_short(f.qty.decimal()) && can_be_added(f.qty.decimal()) && can_be_added((f.price * f.qty).decimal()) &&
         can_be_added(f.fee.decimal());
}
bool can_be_added(const FundingPayment& p) { return can_be_added(p.amount.decimal()); }
bool can_be_added(const StoredTask& t) {
  return std::ranges::all_of(t.fills, [](const Fill& f) { return can_be_added(f); }) &&
         std::ranges::all_of(t.fundings, [](const FundingPayment& p) { return can_be_added(p); });
}

LedgerLine& Ledger::line(Venue venue, const Asset& asset, Holds holds) {
  LedgerLine& l = lines_[{venue, asset, holds}];
  l.venue = venue;
  l.asset = asset;
  l.holds = holds;
  return l;
}

void Ledger::add(const Symbol& symbol, const Fill& f) {
  if (is_restored(f)) return;
  const bool perpetual = is_perpetual(f.venue);
  const Decimal value = (f.price * f.qty).decimal();
  LedgerLine& base = line(f.venue, symbol.base, perpetual ? Holds::Position : Holds::Coin);
  LedgerLine& quote = line(f.venue, symbol.quote, perpetual ? Holds::Margin : Holds::Coin);
  (f.side == Side::Buy ? base.in : base.out) += f.qty.decimal();
  (f.side == Side::Buy ? quote.out : quote.in) += value;
  ++base.trades;
  ++quote.trades;
  if (f.fee.is_zero()) return;
  LedgerLine& fee = line(f.venue, f.fee_asset, perpetual && f.fee_asset == symbol.quote ? Holds::Margin : Holds::Coin);
  fee.fees += f.fee.decimal();
  if (&fee != &base && &fee != &quote) ++fee.trades;
}

void Ledger::add(const Symbol& symbol, const FundingPayment& p) { line(p.venue, symbol.quote, Holds::Margin).funding += p.amount.decimal(); }

void Ledger::add(const StoredTask& t, const Period& period) {
  for (const Fill& f : t.fills) {
    if (period.has(f.time)) add(t.task.spec.symbol, f);
  }
  for (const FundingPayment& p : t.fundings) {
    if (period.has(p.time)) add(t.task.spec.symbol, p);
  }
}

std::vector<LedgerLine> Ledger::lines() const {
  std::vector<LedgerLine> out;
  out.reserve(lines_.size());
  for (const auto& [key, l] : lines_) out.push_back(l);
  return out;
}

}  // namespace dn::app
