// Key figures of a task, computed exactly from its durable record. Pure.
#pragma once

#include <optional>

#include "base/json_writer.h"
#include "model/task_record.h"

namespace dn::app {

struct Kpi {
  PerSide<std::optional<Price>> avg_price;
  PerSide<Decimal> progress;      // filled / total_quantity, 0..1
  Qty matched;                    // net base that both sides traded
  Qty imbalance;                  // buy net - sell net
  Decimal imbalance_pct;          // |imbalance| / total_quantity, in percent
  std::optional<Bps> spread_bps;  // (sell avg - buy avg) / buy avg
  FeeTotals fees;                 // of both legs
  Money fees_quote;               // those in quote, and those in base at the leg's average price; third tokens stay apart
  Money slippage;                 // what fills brought against the mid of their book when their order was decided; negative = cost
  Money funding;                  // received (+) or paid (-)
  std::optional<Money> gross;     // matched × (sell avg - buy avg), and of a round what opening and closing brought
  std::optional<Money> basis;     // gross at those mids: gross = basis + slippage
  std::optional<Money> profit;    // basis + slippage + funding - fees_quote, to the last digit
  std::optional<Bps> break_even;  // gross spread that would have paid fees_quote
  std::optional<Bps> profit_bps;  // of matched × buy avg, of a round what was opened × buy avg
};
Kpi kpi(const TaskRecord& task);

// What the position held now receives (+) or pays (-) at the next settlement, at the price at which it was opened; nullopt while no terms
// are told or nothing is held. And a year of it in percent.
std::optional<Money> expected_funding(const TaskRecord& task);
std::optional<Percent> funding_apr(const TaskRecord& task);
// The leg that is paid funding; nullopt: none has told terms.
std::optional<Side> funded_leg(const TaskRecord& task);

// The fields of a summary event (and of dn-run --json) after its head.
void write_summary_fields(JsonWriter& w, const TaskRecord& task);

// An amount for people and JSON: exact, but what a division made endless is cut to 8 decimals.
std::string shown(const Decimal& d);
Decimal as_shown(const Decimal& d);  // the same as a number

}  // namespace dn::app
