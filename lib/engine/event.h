// What the engine is told. Every event comes with the time at which the shell received it.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "model/order.h"
#include "model/portfolio.h"
#include "model/task_record.h"

namespace dn {

// The public stream's newest best prices of a venue.
struct BookUpdate {
  Venue venue = Venue::MexcSpot;
  TopOfBook top;
};
// The public stream is gone: its book proves nothing until the next update.
struct BookLost {
  Venue venue = Venue::MexcSpot;
};
// The private stream was (re)connected: whatever it would have said meanwhile is asked for.
struct PrivateStreamReset {
  Venue venue = Venue::MexcSpot;
};
// A fill pushed by the private stream with the venue's own trade id.
struct StreamFill {
  Fill fill;
};
// The private stream said something about an order that has to be asked for (a status, a fill without a usable id).
struct OrderHint {
  ClientOrderId id;
  bool traded = false;  // ... and it traded: its trades can be read at once
};
// Nothing but time passed.
struct Wake {};

// Wishes of a person or of the shell.
struct Pause {};
struct Resume {};
struct CancelTask {};
struct ChangeSpec {
  TaskSpec spec;                    // validated by the shell
  std::string source;               // the file's text where the change comes from one; see TaskRecord::source
  std::vector<std::string> told{};  // of each key what it was, what it is and who asked; each becomes an event
};
// A limit or a person outside the engine stops the task for good until a person resumes it (kill switch).
struct HaltTask {
  Code code;
  Reason reason;
  bool hedge = false;  // the balance is restored before the end
};
// What the portfolio answered: the room as it is from now on.
struct RoomGranted {
  Room room;
};
// The run ends, the task does not: cancel what rests (or leave it), prove, hedge, save, finish.
struct Drain {
  ExitCode exit_code = ExitCode::BudgetUsed;
  bool leave_orders = false;
};

using Event = std::variant<BookUpdate, BookLost, PrivateStreamReset, StreamFill, OrderHint, Wake, PlaceReport, CancelReport, LookupReport, TradesReport, Pause,
                           FundingReport, Resume, CancelTask, ChangeSpec, HaltTask, Drain, RoomGranted>;

}  // namespace dn
