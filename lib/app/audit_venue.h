// The books against what the venues tell: trade by trade, payment by payment, and the account's balances against the sum of them. Pure and exact.
#pragma once

#include <optional>
#include <vector>

#include "app/account_facts.h"
#include "app/audit_view.h"

namespace dn::app {

// A round of any task of the database.
struct BookedRound {
  StoredTask stored;
  std::vector<AccountFacts> accounts;  // that its runs put on record, oldest first
  bool sound = true;                   // its numbers can be added up
};

// What a venue told of one symbol. `now` was asked for before `seen`, and that before `payments`.
struct VenueTold {
  AccountFacts now;
  venues::Survey seen;                                  // of trades the times are the venue's
  std::optional<std::vector<FundingPayment>> payments;  // perpetual
};

// Adds to `view` what the venues and the books do not agree on, how the balances moved, and what could not be compared. `rounds`: all of the
// database. `wanted`: the names of the tasks whose runs' beginnings are reckoned from; empty: all.
void compare_with_venues(const std::vector<VenueTold>& told, const std::vector<BookedRound>& rounds, const std::vector<std::string>& wanted, AuditView& view);

// What moved an account at a venue, and when.
struct Movement {
  Symbol symbol;
  std::optional<Fill> fill;
  std::optional<FundingPayment> payment;
  bool booked = false;
  // Of a trade of ours: not before its order was made, nor after it was closed; our clock.
  Time not_before{};
  Time not_after = Time::never();
  Time time() const { return fill ? fill->time : payment->time; }
};
// The part of `compare_with_venues` that is about balances (audit_balance.cc). `told`: of this venue alone; not empty. `since`: where all that moved
// the account is known from. `baselines`: records to reckon from, oldest first.
void explain_balances(const std::vector<const VenueTold*>& told, const std::vector<Movement>& moved, Time since, const std::vector<AccountFacts>& baselines,
                      AuditView& view);

}  // namespace dn::app
