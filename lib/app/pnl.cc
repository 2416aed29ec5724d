#include "app/pnl.h"

#include <fmt/format.h>

#include <tuple>

#include "app/day_sums.h"
#include "app/kpi.h"
#include "app/session.h"
#include "app/table.h"
#include "app/verify.h"
#include "base/json_writer.h"

namespace dn::app {
namespace {

constexpr std::int64_t kFillsAtOnce = 1'000;
// Before both sides have traded all is open and stands at its cost: nothing is gained or lost but fees and funding.
PnlParts parts_of(const Kpi& k) { return {k.slippage, k.gross.value_or(Money{}), k.funding, k.fees_quote}; }

PnlParts less(const PnlParts& a, const PnlParts& b) { return {a.slippage - b.slippage, a.gross - b.gross, a.funding - b.funding, a.fees - b.fees}; }

void add_up(PnlParts& to, const PnlParts& more) {
  to.slippage += more.slippage;
  to.gross += more.gross;
  to.funding += more.funding;
  to.fees += more.fees;
}

// A round of which the store keeps no days, since an older version began it, or none that can be read.
Expected<TaskDays, ToolError> days_by_rows(Store& store, const TaskRecord& t) {
  DaySums sums(t.spec.symbol);
  for (std::int64_t after = 0;;) {
    const auto trades = store.trades_after(t.id, after, kFillsAtOnce);
    if (!trades) return Unexpected{store_failure(trades.error())};
    for (const auto& [id, trade] : *trades) {
      if (const auto odd = beyond_reckoning(t, trade)) {
        return Unexpected{ToolError{ExitCode::Contradiction, "the books contradict themselves: " + *odd, std::string(kMakeBooksAnew)}};
      }
      sums.add(trade.fill, trade.arrival);
      after = id;
    }
    if (static_cast<std::int64_t>(trades->size()) < kFillsAtOnce) break;
  }
  const auto fundings = store.fundings(t.id);
  if (!fundings) return Unexpected{store_failure(fundings.error())};
  for (const FundingPayment& p : *fundings) sums.add(p);
  return sums.days();
}

Expected<TaskDays, ToolError> days_of(Store& store, const TaskRecord& t) {
  auto days = store.days(t.id);
  if (!days && days.error().kind != StoreError::Kind::Damaged) return Unexpected{store_failure(days.error())};
  if (!days || days->starts.empty()) return days_by_rows(store, t);
  return std::move(*days);
}

// The value of all fills: on the leg's own side, and of what reduced it.
Money traded_by(const PerSide<LegTotals>& legs) {
  const Money reducing_buy = legs.buy.cash + legs.buy.traded_quote;
  const Money reducing_sell = legs.sell.traded_quote - legs.sell.cash;
  return legs.buy.traded_quote + reducing_buy + legs.sell.traded_quote + reducing_sell;
}

FeeTotals other_fees(const PerSide<LegTotals>& from, const PerSide<LegTotals>& to, const Symbol& symbol) {
  FeeTotals out;
  for (const Side leg : kSides) {
    for (const auto& [asset, fee] : to[leg].fees.all()) {
      if (asset != symbol.base && asset != symbol.quote) out.add(asset, fee - from[leg].fees.of(asset));
    }
  }
  return out;
}

PnlRow row_of_task(const TaskRecord& t) {
  PnlRow r;
  r.symbol = t.spec.symbol.str();
  r.quote = t.spec.symbol.quote;
  r.live = t.live;
  r.rounds = 1;
  return r;
}

void add_up(PnlRow& to, const PnlRow& more) {
  to.rounds += more.rounds;
  to.fills += more.fills;
  to.traded += more.traded;
  add_up(to.parts, more.parts);
  for (const auto& [asset, fee] : more.other_fees.all()) to.other_fees.add(asset, fee);
}

std::string fees_text(const FeeTotals& fees) {
  std::string out;
  for (const auto& [asset, fee] : fees.all()) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", fee.str(), asset.view());
  return out.empty() ? "-" : out;
}

void write_row(JsonWriter& w, const PnlRow& r) {
  w.begin_object();
  if (!r.day.empty()) w.field("day", r.day);
  if (!r.symbol.empty()) w.field("symbol", r.symbol);
  w.field("trading", r.live ? "live" : "paper").field("quote", r.quote.view()).field("rounds", r.rounds).field("fills", r.fills);
  w.field("traded", r.traded.str()).field("basis", r.parts.basis().str()).field("slippage", r.parts.slippage.str()).field("gross", r.parts.gross.str());
  w.field("funding", r.parts.funding.str()).field("fees_quote", r.parts.fees.str()).field("net", r.parts.net().str());
  w.key("other_fees").begin_object();
  for (const auto& [asset, fee] : r.other_fees.all()) w.field(asset.view(), fee.str());
  w.end_object().end_object();
}

}  // namespace

Expected<std::vector<PnlRow>, ToolError> daily_pnl(Store& store, const TaskRecord& round) {
  const auto days = days_of(store, round);
  if (!days) return Unexpected{days.error()};
  std::vector<PnlRow> out;
  TaskRecord so_far = round;
  PnlParts before;
  for (std::size_t i = 0; i < days->starts.size(); ++i) {
    const DayStart& from = days->starts[i];
    const DayStart& to = i + 1 < days->starts.size() ? days->starts[i + 1] : days->now;
    PnlRow r = row_of_task(round);
    r.day = rfc3339(start_of(from.day)).substr(0, 10);
    r.fills = to.fills - from.fills;
    r.traded = traded_by(to.leg) - traded_by(from.leg);
    r.other_fees = other_fees(from.leg, to.leg, round.spec.symbol);
    so_far.leg = to.leg;
    const PnlParts now = parts_of(kpi(so_far));
    r.parts = less(now, before);
    before = now;
    out.push_back(std::move(r));
  }
  return out;
}

Expected<std::vector<PnlRow>, ToolError> pnl_rows(Store& store, const std::vector<TaskRecord>& rounds, PnlBy by) {
  std::map<std::tuple<std::string, bool, std::string>, PnlRow> together;
  for (const TaskRecord& t : rounds) {
    auto days = daily_pnl(store, t);
    if (!days) return Unexpected{days.error()};
    PnlRow all = row_of_task(t);
    all.rounds = 0;
    for (PnlRow& r : *days) {
      if (by == PnlBy::Day) {
        r.symbol.clear();
        auto [at, fresh] = together.try_emplace({r.day, r.live, r.quote.str()}, r);
        if (!fresh) add_up(at->second, r);
      } else {
        add_up(all, r);
        all.rounds = 1;
      }
    }
    if (by == PnlBy::Day || all.rounds == 0) continue;
    auto [at, fresh] = together.try_emplace({all.symbol, all.live, ""}, all);
    if (!fresh) add_up(at->second, all);
  }
  std::vector<PnlRow> out;
  out.reserve(together.size());
  for (auto& [key, row] : together) out.push_back(std::move(row));
  return out;
}

std::string pnl_text(const std::vector<PnlRow>& rows, PnlBy by, const StatusRequest& request) {
  if (request.output.json || request.output.ndjson) {
    JsonWriter w;
    if (request.output.json) w.begin_object().field("schema", "dn.pnl/1").field("by", by == PnlBy::Day ? "day" : "symbol").key("rows").begin_array();
    std::string lines;
    for (const PnlRow& r : rows) {
      if (request.output.json) {
        write_row(w, r);
        continue;
      }
      JsonWriter line;
      write_row(line, r);
      lines += line.str() + "\n";
    }
    if (request.output.ndjson) return lines;
    w.end_array().end_object();
    return w.str() + "\n";
  }
  // For people to eight places, for programs exact.
  const auto money = [&](const Money& m) { return request.csv ? m.str() : shown(m.decimal()); };
  Table table({by == PnlBy::Day ? "day" : "symbol", "on", "quote", "rounds", "fills", "traded", "basis", "slippage", "gross", "funding", "fees in quote", "net",
               "other fees"});
  for (const PnlRow& r : rows) {
    table.add({by == PnlBy::Day ? r.day : r.symbol, r.live ? "live" : "paper", r.quote.str(), std::to_string(r.rounds), std::to_string(r.fills),
               money(r.traded), money(r.parts.basis()), money(r.parts.slippage), money(r.parts.gross), money(r.parts.funding), money(r.parts.fees),
               money(r.parts.net()), fees_text(r.other_fees)});
  }
  if (request.csv) return table.csv();
  return table.size() == 0 ? "nothing was traded yet\n" : table.text();
}

}  // namespace dn::app
