// Planted bugs: how the simulator proves that it would notice. Only the build for that test (DN_PLANTED_BUGS) has
// them; in every other build `planted` is a constant false and the compiler removes what hangs on it.
#pragma once

#include <cstdint>

namespace dn {

enum class Bug : std::uint8_t {
  None,
  TimeoutIsFailure,      // an unknown outcome is booked as a refusal
  CancelIsFinal,         // a cancel's reply closes the order without asking for its final fill
  DoubleBooking,         // a trade that is told twice is booked twice
  SendBeforeIntent,      // an order is sent that the journal does not hold
  PlaceBesideUnknown,    // an unknown order does not block its leg
  Resend,                // an order of unknown fate is sent again under its old id
  HedgeBeforeProof,      // the rebalance does not wait for the resting order's final fill
  HedgeWrongLeg,         // the leading leg is made to lead further
  ForgetOpenOrders,      // a restart takes orders that were open for closed
  DropPartialFill,       // the fills of a cancelled order are not read
  ReuseIds,              // the run epoch does not enter the ids
  IgnoreBaseFee,         // the hedge follows gross fills
  NeverArrivedTooEarly,  // one fruitless round proves absence, whatever the clock says
  IgnoreTotal,           // quotes are not capped by the total
  QuoteOnStaleBook,      // a quote is placed on a book that is older than max_book_age
  EndWithoutProof,       // COMPLETING does not wait for final fills
  SleepingGate,          // limits on values, prices and numbers of orders are not looked at
  KeepSlice,             // a volatile market is told and the slice stays what it was
  ForgetIntents,         // what a killed run promised and did not commit is not looked for
};
inline constexpr int kBugCount = 20;

class GatePass;
struct OrderRequest;

#ifdef DN_PLANTED_BUGS
extern Bug planted_bug;
inline bool planted(Bug b) { return planted_bug == b; }
#else
constexpr bool planted(Bug /*b*/) { return false; }
#endif
// A second pass for an order that was sent already; never called but by a planted bug.
GatePass planted_pass(const OrderRequest& order);

}  // namespace dn
