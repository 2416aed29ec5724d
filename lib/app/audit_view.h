// What an audit finds, as data, and how it is shown.
#pragma once

#include <string>
#include <vector>

#include "app/audit_journal.h"
#include "app/ledger.h"
#include "app/output.h"
#include "app/tool_error.h"

namespace dn::app {

struct AuditFinding {
  enum class Kind : std::uint8_t {
    Books,        // a promise that the books break, or a row of the journal that was changed
    Head,         // a digest that an earlier audit printed is in no chain any more
    MissedTrade,  // the venue shows a trade of an order that the books closed without it
    MissedFunding,
    NotAtVenue,  // a trade or payment of the books that the venue does not show
    Differs,     // the venue shows it with other numbers
    Pending,     // a trade or payment that the task's next run books: an order under way
    OtherTask,   // of an order made by dn that no task of this database accounts for
    Foreign,     // by another hand
    Balance,     // a balance moved by what nothing of this explains
  };
  Kind kind = Kind::Books;
  std::string task;   // empty: of no one task
  std::string venue;  // empty: of the database
  std::string text;   // for a person
};
std::string_view name(AuditFinding::Kind k);  // "books", "missed_trade", ...
// Whether the books, or what the venue says of them, are wrong by it; otherwise it is only named.
bool contradicts(AuditFinding::Kind k);

// What became of one asset of an account since a run's beginning put it on record.
struct AccountChange {
  Venue venue = Venue::MexcSpot;
  Asset asset;
  Time since;       // when it was told first, the venue's clock
  Decimal before;   // what it was then
  Decimal now;      // and is
  Decimal booked;   // of the change: by trades, fees and funding of the books
  Decimal others;   // by trades of other hands, and what is not booked yet
  Decimal rounded;  // what venues' rounding may come to: of an open position's entry price, and of fees with more digits than are kept
  Decimal difference() const { return now - before - booked - others; }
  bool is_explained() const { return difference().abs() <= rounded; }
};

struct AuditedTask {
  std::string task;
  std::int64_t round = 0;
  ChainView chain;
};
struct TaskLedger {
  std::string task;
  std::vector<LedgerLine> lines;
};

struct AuditView {
  bool online = false;
  Period period;
  std::vector<AuditedTask> rounds;
  std::vector<TaskLedger> ledgers;
  std::vector<LedgerLine> sums;  // of all tasks
  std::vector<AccountChange> changes;
  std::vector<AuditFinding> findings;
  std::vector<ToolError> not_proven;  // what could not be asked or compared; code Ok: nobody's fault
  ExitCode code() const;
};

// The JSON document "dn.audit/1".
std::string audit_json(const AuditView& view);
// Tables and lines for a person.
std::string audit_text(const AuditView& view);
// The ledger's lines.
std::string audit_csv(const AuditView& view);

}  // namespace dn::app
