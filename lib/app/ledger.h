// The books as a ledger: what trades, fees and funding brought to and took from each venue and asset. Pure and exact.
//
// A position that a task took over from its file ([restore]) moved nothing then and is left out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/expected.h"
#include "model/task_record.h"

namespace dn::app {

// From `from` on, and before `to`, by the venues' times.
struct Period {
  Time from{};
  Time to = Time::never();
  bool has(Time t) const { return t >= from && t < to; }
};
// One end of a period: a day ("2026-01-31", from its beginning), a moment ("2026-01-31T12:00:00Z"), both UTC, or so long before now ("24h").
// The error is the reason, for a person.
Expected<Time, std::string> parse_moment(std::string_view text, Time now);

// What an asset's amounts are at a venue.
enum class Holds : std::uint8_t {
  Coin,      // a balance, which trades move
  Position,  // base of a perpetual: contracts held, no coin
  Margin,    // quote of a perpetual: fees and funding move the balance, trades only as far as they close something
};
std::string_view name(Holds h);  // "coin", "position", "margin"

struct LedgerLine {
  Venue venue = Venue::MexcSpot;
  Asset asset;
  Holds holds = Holds::Coin;
  std::int64_t trades = 0;  // that moved it, or took a fee in it
  Decimal in;               // by trades: bought base, quote of sales
  Decimal out;              // by trades: sold base, quote of purchases
  Decimal fees;             // paid
  Decimal funding;          // received (+) or paid (-)
  Decimal change() const { return in - out - fees + funding; }
};

// Whether exact sums with it fit, however many there are: no venue tells such numbers, but a file may hold anything. What cannot be added is added
// to no ledger.
bool can_be_added(const Decimal& amount);
bool can_be_added(const Fill& fill);
bool can_be_added(const FundingPayment& payment);
bool can_be_added(const StoredTask& round);

class Ledger {
 public:
  // One fill or payment of a task; one that is out of the period counts nothing. `symbol` as the task's.
  void add(const Symbol& symbol, const Fill& fill);
  void add(const Symbol& symbol, const FundingPayment& payment);
  // All of a round within the period.
  void add(const StoredTask& round, const Period& period);
  // In the order of venues and of assets' names.
  std::vector<LedgerLine> lines() const;

 private:
  LedgerLine& line(Venue venue, const Asset& asset, Holds holds);
  std::map<std::tuple<Venue, Asset, Holds>, LedgerLine> lines_;
};

// A fill that stands for a position from before the task.
bool is_restored(const Fill& fill);

}  // namespace dn::app
