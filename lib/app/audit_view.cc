#include "app/audit_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/table.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "model/names.h"

namespace dn::app {
namespace {

using Kind = AuditFinding::Kind;
constexpr Names<Kind, 10> kKindNames{{{Kind::Books, "books"},
                                      {Kind::Head, "head"},
                                      {Kind::MissedTrade, "missed_trade"},
                                      {Kind::MissedFunding, "missed_funding"},
                                      {Kind::NotAtVenue, "not_at_venue"},
                                      {Kind::Differs, "differs"},
                                      {Kind::Pending, "pending"},
                                      {Kind::OtherTask, "other_task"},
                                      {Kind::Foreign, "foreign"},
                                      {Kind::Balance, "balance"}}};

std::vector<std::string> cells(const std::string& task, const LedgerLine& l) {
  return {task,
          std::string(name(l.venue)),
          l.asset.str(),
          std::string(name(l.holds)),
          std::to_string(l.trades),
          l.in.str(),
          l.out.str(),
          l.fees.str(),
          l.funding.str(),
          l.change().str()};
}

Table ledger_table(const AuditView& v, bool with_sums) {
  Table t({"task", "exchange", "asset", "holds", "trades", "in", "out", "fees", "funding", "change"});
  for (const TaskLedger& task : v.ledgers) {
    for (const LedgerLine& l : task.lines) t.add(cells(task.task, l));
  }
  if (!with_sums || v.ledgers.size() < 2) return t;
  for (const LedgerLine& l : v.sums) t.add(cells("(all)", l));
  return t;
}

void write_line(JsonWriter& w, const LedgerLine& l) {
  w.field("exchange", name(l.venue)).field("asset", l.asset.view()).field("holds", name(l.holds)).field("trades", l.trades).field("in", l.in.str());
  w.field("out", l.out.str()).field("fees", l.fees.str()).field("funding", l.funding.str()).field("change", l.change().str()).end_object();
}

void write_changes(JsonWriter& w, const std::vector<AccountChange>& changes) {
  w.key("accounts").begin_array();
  for (const AccountChange& c : changes) {
    w.begin_object().field("exchange", name(c.venue)).field("asset", c.asset.view()).field("since", rfc3339(c.since)).field("before", c.before.str());
    w.field("now", c.now.str()).field("booked", c.booked.str()).field("others", c.others.str()).field("difference", c.difference().str());
    w.field("rounded", c.rounded.str()).field("explained", c.is_explained()).end_object();
  }
  w.end_array();
}

std::string line_of(const AuditFinding& f) {
  std::string where = f.venue;
  if (!f.task.empty()) where = fmt::format("task {}{}{}", f.task, where.empty() ? "" : ", ", where);
  return fmt::format("{}: {}{}{}\n", name(f.kind), where, where.empty() ? "" : ": ", printable(f.text));
}

std::string verdict_of(const AuditView& v) {
  const auto wrong = std::ranges::count_if(v.findings, [](const AuditFinding& f) { return contradicts(f.kind); });
  if (wrong > 0) return fmt::format("{} {} wrong: see dn-status explain 24\n", wrong, wrong == 1 ? "thing is" : "things are");
  const std::string agreed =
      fmt::format("{} {} of tasks: the books agree with themselves and their journal", v.rounds.size(), v.rounds.size() == 1 ? "round" : "rounds");
  const bool asked = std::ranges::all_of(v.not_proven, [](const ToolError& e) { return e.code == ExitCode::Ok; });
  if (!v.online) return agreed + "\n";
  if (!asked) return agreed + "; what the venues tell is not all known\n";
  return agreed + (v.not_proven.empty() ? ", and with what the venues tell\n" : "; what is not proven was not held against the venues\n");
}

}  // namespace

std::string_view name(AuditFinding::Kind k) { return name_in(kKindNames, k); }

bool contradicts(AuditFinding::Kind k) {
  switch (k) {
    case Kind::Books:
    case Kind::Head:
    case Kind::MissedTrade:
    case Kind::MissedFunding:
    case Kind::NotAtVenue:
    case Kind::Differs:
    case Kind::Balance: return true;
    case Kind::Pending:
    case Kind::OtherTask:
    case Kind::Foreign: break;
  }
  return false;
}

ExitCode AuditView::code() const {
  ExitCode code = ExitCode::Ok;
  for (const AuditFinding& f : findings) {
    if (contradicts(f.kind)) code = ExitCode::Contradiction;
  }
  for (const ToolError& e : not_proven) code = worse(code, e.code);
  return code;
}

std::string audit_json(const AuditView& v) {
  JsonWriter w;
  w.begin_object().field("schema", "dn.audit/1").field("online", v.online).key("from");
  v.period.from.us == 0 ? w.null() : w.value(rfc3339(v.period.from));
  w.key("to");
  v.period.to.is_never() ? w.null() : w.value(rfc3339(v.period.to));
  w.key("ledger").begin_array();
  for (const TaskLedger& task : v.ledgers) {
    for (const LedgerLine& l : task.lines) write_line(w.begin_object().field("task", task.task), l);
  }
  w.end_array().key("sums").begin_array();
  for (const LedgerLine& l : v.sums) write_line(w.begin_object(), l);
  w.end_array().key("chains").begin_array();
  for (const AuditedTask& t : v.rounds) {
    w.begin_object().field("task", t.task).field("round", t.round).field("events", t.chain.events).field("unchained", t.chain.unchained);
    w.field("head", t.chain.head.view()).end_object();
  }
  w.end_array();
  write_changes(w, v.changes);
  w.key("findings").begin_array();
  for (const AuditFinding& f : v.findings) {
    w.begin_object().field("finding", name(f.kind)).field("task", f.task).field("exchange", f.venue).field("message", f.text);
    w.field("contradicts", contradicts(f.kind)).end_object();
  }
  w.end_array().key("not_proven").begin_array();
  for (const ToolError& e : v.not_proven) w.value(e.message);
  w.end_array().field("exit_code", std::int64_t{number(v.code())}).end_object();
  return w.str();
}

std::string audit_text(const AuditView& v) {
  std::string out;
  if (const Table ledger = ledger_table(v, true); ledger.size() > 0) out += ledger.text() + "\n";
  Table chains({"journal of", "round", "events", "not chained", "head"});
  for (const AuditedTask& t : v.rounds) {
    chains.add(
        {t.task, std::to_string(t.round), std::to_string(t.chain.events), std::to_string(t.chain.unchained), t.chain.head.empty() ? "-" : t.chain.head.str()});
  }
  if (chains.size() > 0) out += chains.text() + "\n";
  Table changes({"exchange", "asset", "since", "before", "now", "booked", "others", "difference"});
  for (const AccountChange& c : v.changes) {
    changes.add({std::string(name(c.venue)), c.asset.str(), rfc3339(c.since), c.before.str(), c.now.str(), c.booked.str(), c.others.str(),
                 c.difference().str() + (c.difference().is_zero() || !c.is_explained() ? "" : " (rounding)")});
  }
  if (changes.size() > 0) out += changes.text() + "\n";
  for (const AuditFinding& f : v.findings) out += line_of(f);
  for (const ToolError& e : v.not_proven) out += fmt::format("not proven: {}{}{}\n", printable(e.message), e.next.empty() ? "" : "; next: ", e.next);
  return out + verdict_of(v);
}

std::string audit_csv(const AuditView& v) { return ledger_table(v, false).csv(); }

}  // namespace dn::app
