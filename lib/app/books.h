// A task's books beside what its venues show of the account: what differs, and what of it the engine may take as proven. Pure.
#pragma once

#include <string>
#include <vector>

#include "app/ground.h"
#include "model/task_record.h"

namespace dn::app {

// What a survey adds to the books before a run begins.
struct Reconciliation {
  std::vector<OrderRecord> lost;      // orders of the task that its books do not hold, as rows of unknown fate, oldest first
  std::vector<OrderRecord> reopened;  // orders that the books closed and a venue shows open, as rows of unknown fate; its list may be late
  std::vector<Event> known;           // reports and fills of orders in the books and of lost ones
  std::uint32_t newest_epoch = 0;     // of the lost orders
  Time first_order;                   // of the lost orders; 0 = none
  std::string contradiction;          // the first order whose side is another one in the books than at the venue; empty: none
};
// `whole_history`: the books are made anew, so orders of every run count; otherwise only those of the task's round.
Reconciliation reconcile(const StoredTask& stored, const AccountViews& views, bool whole_history);
// "2 orders of the task are at the venues and not in the books".
std::string lost_in_words(const Reconciliation& found);
// What takes the lost and the reopened orders into the books; to be committed before the run begins. The task is brought up to date.
JournalBatch adoption(StoredTask& stored, const Reconciliation& found, Time now);

// What the account did under the task's name, in runs that its books know nothing of: those before the task's first epoch.
struct Traces {
  std::int64_t orders = 0;
  std::int64_t open = 0;
  std::int64_t trades = 0;
  Qty net;                         // bought less sold, base fees deducted
  std::uint32_t newest_epoch = 0;  // of those orders
};
Traces traces_of(const TaskSpec& spec, const AccountViews& views, std::uint32_t first_epoch = UINT32_MAX);
std::uint32_t first_epoch(const TaskRecord& task);

struct Finding {
  enum class Kind : std::uint8_t {
    Resting,        // an order of the books rests
    Ended,          // an order of the books has ended at the venue
    Contradicts,    // an order of the books is on the other side at the venue
    Unproven,       // an order of the books is in no list
    Lost,           // an order of the task is not in the books
    MissedFill,     // a trade of an order that the books closed
    OtherTask,      // an open order made by dn that no task of this database accounts for
    Foreign,        // an open order of another hand
    ForeignTrades,  // trades of another hand, summed
    Position,       // the account's position is not what the books of this database add up to
  };
  Kind kind = Kind::Resting;
  Venue venue = Venue::MexcSpot;
  std::string client_order_id;
  std::string venue_order_id;
  Side side = Side::Buy;
  Price price;
  Qty quantity;
  Qty filled;  // as the venue says; of Position what the account holds
  Qty booked;  // of Position what the books say
};
std::string_view name(Finding::Kind k);
// What --apply does about it; "" when it is only named.
std::string_view action(Finding::Kind k);

// Everything that differs, in the order of venues and of the venue's lists. `known_keys`: the keys of all tasks of the database
// (engine/ids.h). `whole_history` as above.
std::vector<Finding> compare(const StoredTask& stored, const AccountViews& views, const std::vector<std::string>& known_keys, bool whole_history);

// Of what --apply would act on, so that a plan that is out of date is noticed; "0" when there is nothing.
std::string plan_hash(const std::vector<Finding>& findings);

}  // namespace dn::app
