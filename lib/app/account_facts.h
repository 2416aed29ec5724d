// What an account held at one moment, as a run's beginning puts it on record and dn-status audit --online reads it again. Pure.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "app/ground.h"
#include "base/json_writer.h"

namespace dn::app {

struct AccountFacts {
  Venue venue = Venue::MexcSpot;
  Symbol symbol;                   // that the position is of
  std::map<Asset, Decimal> total;  // by asset, what orders and positions hold of it included; may lack what the venue does not tell
  Qty position;                    // perpetual: signed base
  Price entry;                     // perpetual: its average price
  Time asked;                      // all of it is of a moment between these two, on the venue's clock
  Time heard;
  Dur offset{};  // that clock less ours
};

// Of the venues of a task that told theirs, one each; empty on paper.
std::vector<AccountFacts> accounts_of(const TaskSpec& spec, const MarketView& view);

// As the member "accounts" of the event run_start has them.
void write_accounts(JsonWriter& w, const std::vector<AccountFacts>& accounts);
// Back from the event, as that wrote it; without those that cannot be read. `symbol`: the task's.
std::vector<AccountFacts> accounts_in(std::string_view run_start, const Symbol& symbol);

}  // namespace dn::app
