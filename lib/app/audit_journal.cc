#include "app/audit_journal.h"

#include <fmt/format.h>

#include <array>

#include "app/verify.h"
#include "base/json_writer.h"

namespace dn::app {
namespace {

constexpr std::size_t kMostLines = 50;  // of one round
constexpr const char* kDaysHeal =
    " (of the days that dn-status pnl --by day tells; sqlite3 FILE 'DELETE FROM day_fees; DELETE FROM day_legs; DELETE FROM days' makes it read the trades)";

std::string bool_text(bool b) { return b ? "true" : "false"; }

bool is_step(std::string_view type) {
  constexpr std::array<std::string_view, 5> kSteps{"intent", "ack", "reject", "unknown", "resolved"};
  for (const std::string_view step : kSteps) {
    if (type == step) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string_view> raw_field(std::string_view json, std::string_view key) {
  for (std::size_t at = json.find(key); at != std::string_view::npos; at = json.find(key, at + 1)) {
    const std::size_t end = at + key.size();
    if (at < 2 || json.substr(at - 2, 2) != ",\"" || json.substr(end, 2) != "\":") continue;
    std::string_view value = json.substr(end + 2);
    if (!value.starts_with('"')) return value.substr(0, value.find_first_of(",}"));
    value.remove_prefix(1);
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\') {
        ++i;
      } else if (value[i] == '"') {
        return value.substr(0, i);
      }
    }
  }
  return std::nullopt;
}

void JournalAudit::fail(std::string line) {
  if (broken_.size() < kMostLines) {
    broken_.push_back(head_ + std::move(line));
  } else {
    ++more_;
  }
}

void JournalAudit::index(const StoredTask& t) {
  if (indexed_) return;
  indexed_ = true;
  head_ = fmt::format("task {}, round {}: ", t.task.spec.name, t.task.round);
  for (std::size_t i = 0; i < t.fills.size(); ++i) fills_[{std::string(name(t.fills[i].venue)), json_escaped(t.fills[i].trade_id.view())}] = {i, 0};
  for (std::size_t i = 0; i < t.fundings.size(); ++i) fundings_[{std::string(name(t.fundings[i].venue)), json_escaped(t.fundings[i].id.view())}] = {i, 0};
  for (std::size_t i = 0; i < t.orders.size(); ++i) orders_[{"", json_escaped(t.orders[i].request.id.view())}] = {i, 0};
}

// After a row that does not fit, the next is held against the digest that this one carries: one that was changed is named alone.
void JournalAudit::follow_chain(const StoredTask& t, const StoredEvent& e) {
  const auto row = [&e] { return fmt::format("event {} ({}, {})", e.id, e.type, rfc3339(e.ts)); };
  if (chain_.events++ < chain_.unchained) {
    if (!e.digest.empty()) fail(row() + " carries a digest, and is counted as one of those from before there was a chain");
    return;
  }
  const Digest expected = chained(chain_.head, t.task.id, e.ts, e.type, e.json);
  const bool is_first = chain_.head.empty();
  chain_.head = e.digest.empty() ? expected : e.digest;
  if (e.digest == expected) return;
  fail(row() + (e.digest.empty() ? " has no digest: it was put in, or its digest was taken away"
                : is_first       ? " does not begin the chain: it was changed or moved, or what stood before it was removed"
                                 : " does not follow from the event before it: it was changed or moved, or what stood between them was removed"));
}

void JournalAudit::compare(const StoredEvent& e, std::string_view what, std::string_view id, std::string_view key, const std::string& row) {
  const auto told = raw_field(e.json, key);
  if (!told || *told == row) return;  // events of older versions have fewer fields
  fail(fmt::format("{} {}: the journal says {} {}, the table says {} (event {})", what, id, key, *told, row, e.id));
}

JournalAudit::Row* JournalAudit::row_of(Rows& rows, const StoredEvent& e, std::string_view exchange, std::string_view id, std::string_view table) {
  const auto at = rows.find(Key(exchange, id));
  if (at == rows.end()) {
    fail(fmt::format("the journal tells of {}{}{}, and the table {} has no such row (event {}, {})", id, exchange.empty() ? "" : " of ", exchange, table, e.id,
                     e.type));
    return nullptr;
  }
  ++at->second.told;
  return &at->second;
}

void JournalAudit::hold(const Fill& f, const StoredEvent& e) {
  const std::string id = f.trade_id.str();
  const auto same = [&](std::string_view key, const std::string& row) { compare(e, "trade", id, key, row); };
  same("client_order_id", json_escaped(f.order.view()));
  same("venue_order_id", json_escaped(f.venue_order_id.view()));
  same("leg", std::string(name(f.leg)));
  same("side", std::string(name(f.side)));
  same("price", f.price.str());
  same("quantity", f.qty.str());
  same("fee", f.fee.str());
  same("fee_asset", json_escaped(f.fee_asset.view()));
  same("liquidity", std::string(name(f.liquidity)));
  same("venue_time_us", std::to_string(f.time.us));
}

void JournalAudit::hold(const FundingPayment& p, const StoredEvent& e) {
  const std::string id = p.id.str();
  compare(e, "payment", id, "leg", std::string(name(p.leg)));
  compare(e, "payment", id, "amount", p.amount.str());
  compare(e, "payment", id, "venue_time_us", std::to_string(p.time.us));
}

// What an order asked for never changes, but for one that was taken over from a task file: that is learnt from the venue.
void JournalAudit::hold(const StoredTask& t, const OrderRecord& o, const StoredEvent& e) {
  const OrderRequest& r = o.request;
  if (r.purpose == Purpose::Restored) return;
  const std::string id = r.id.str();
  const auto same = [&](std::string_view key, const std::string& row) { compare(e, "order", id, key, row); };
  same("exchange", std::string(name(*t.task.spec.leg[r.leg].exchange)));
  same("leg", std::string(name(r.leg)));
  same("side", std::string(name(r.side)));
  same("order_type", std::string(name(r.type)));
  same("purpose", std::string(name(r.purpose)));
  same("price", r.price.str());
  same("quantity", r.qty.str());
  same("reduce_only", bool_text(r.reduce_only));
}

void JournalAudit::add(const StoredTask& t, const StoredEvent& e) {
  index(t);
  follow_chain(t, e);
  const auto field = [&e](std::string_view key) { return raw_field(e.json, key).value_or(""); };
  if (e.type == "fill") {
    const Row* row = row_of(fills_, e, field("exchange"), field("trade_id"), "fills");
    if (row != nullptr) hold(t.fills[row->at], e);
  } else if (e.type == "funding") {
    const Row* row = row_of(fundings_, e, field("exchange"), field("payment_id"), "fundings");
    if (row != nullptr) hold(t.fundings[row->at], e);
  } else if (is_step(e.type)) {
    const Row* row = row_of(orders_, e, "", field("client_order_id"), "orders");
    if (row != nullptr) hold(t, t.orders[row->at], e);
  } else if (e.type == "cancel") {
    (void)row_of(orders_, e, "", field("client_order_id"), "orders");
  }
}

std::vector<std::string> JournalAudit::finish(const StoredTask& t) {
  index(t);
  if (chain_.events < chain_.unchained) fail(fmt::format("{} events from before there was a chain are gone", chain_.unchained - chain_.events));
  for (const auto& [what, rows] : {std::pair{"trade", &fills_}, std::pair{"payment", &fundings_}}) {
    for (const auto& [key, row] : *rows) {
      if (row.told == 1) continue;
      fail(row.told == 0 ? fmt::format("{} {} of {} stands in its table, and the journal does not tell of it", what, key.second, key.first)
                         : fmt::format("{} {} of {}: the journal tells of it {} times", what, key.second, key.first, row.told));
    }
  }
  if (more_ > 0) broken_.push_back(fmt::format("{}{} more of the journal's rows contradict", head_, more_));
  return std::move(broken_);
}

Expected<AuditedRound, StoreError> audit_round(Store& store, std::int64_t task_id, const Store::HearEvent& hear) {
  const auto unchained = store.unchained_events(task_id);
  if (!unchained) return Unexpected{unchained.error()};
  JournalAudit journal(*unchained);
  auto round = store.load_round(task_id, [&](const StoredTask& t, const StoredEvent& e) {
    journal.add(t, e);
    if (hear) hear(t, e);
  });
  if (!round) return Unexpected{round.error()};
  AuditedRound out;
  out.broken = broken_promises(*round);
  const auto days = store.days(task_id);
  if (!days && days.error().kind != StoreError::Kind::Damaged) return Unexpected{days.error()};
  if (!days) {
    out.broken.push_back(days.error().message + kDaysHeal);
  } else if (days->now.fills == static_cast<std::int64_t>(round->fills.size())) {  // else a run has booked meanwhile
    round->days = days->starts;
    for (std::string& line : broken_days(*round)) out.broken.push_back(std::move(line) + kDaysHeal);
  }
  for (std::string& line : journal.finish(*round)) out.broken.push_back(std::move(line));
  out.chain = journal.chain();
  out.round = std::move(*round);
  return out;
}

}  // namespace dn::app
