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
  std::optional<Money> gross;     // matched × (sell avg - buy avg)
  std::optional<Money> profit;    // gross less fees_quote
  std::optional<Bps> profit_bps;  // of matched × buy avg
};
Kpi kpi(const TaskRecord& task);

// The fields of a summary event (and of dn-run --json) after its head.
void write_summary_fields(JsonWriter& w, const TaskRecord& task);

// An amount for people and JSON: exact, but what a division made endless is cut to 8 decimals.
std::string shown(const Decimal& d);

}  // namespace dn::app
