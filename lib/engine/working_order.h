// One order that is not closed, and the questions about it that are under way.
//
// The protocol (spec section 5), in the order in which an order lives it:
//   Intent   durable, sent once. Its answer moves it on; after a restart it counts as Unknown.
//   Open     the venue took it. Whatever ends it (a fill, a cancel, the venue) is proven by a lookup and by trades
//            that add up to the venue's cumulative amount; status words decide nothing.
//   Unknown  looked up by id, among open orders, in the history; again and again until it is found, or until one
//            whole round that began after its expiry plus `kArrivalMargin` on the venue's clock found nothing.
//   Closed   final fill proven. It leaves the leg; late trades are still booked (and reported as a contradiction).
#pragma once

#include "model/order.h"

namespace dn {

// How long after its expiry an order may still turn up at a venue (replies lag behind the matching engine).
inline constexpr Dur kArrivalMargin = Dur::seconds(10);
// A request is refused by the venue after this; see OrderRequest::expires.
inline constexpr Dur kRequestLifetime = Dur::seconds(5);
// A run that ends asks at least so often for an order that no list shows yet.
inline constexpr Dur kLookWhileStopping = Dur::seconds(1);
// An open order is looked up at least this often.
inline constexpr Dur kSyncInterval = Dur::seconds(5);

struct WorkingOrder {
  OrderRecord record;
  bool sending = false;           // its place request is not answered
  bool cancelling = false;        // a cancel request is not answered
  bool cancel_sent = false;       // a cancel request left at least once
  bool looking_up = false;        // a lookup is not answered
  bool asking_trades = false;     // a trades query is not answered
  bool doubt = false;             // something happened that only a lookup can settle
  bool doubt_again = false;       // ... and again while a lookup was under way, whose answer may be older than that
  bool ended = false;             // the venue said that nothing more will fill; `record.filled` is final
  bool needs_trades = false;      // its trades must be read once more, whatever the amounts say
  bool traded = false;            // a stream told of a trade that is not read yet
  bool asked_since_start = true;  // false: of an earlier run and not answered for yet
  bool absent_proof = false;      // the lookup round under way began late enough to prove absence
  LookupStage stage = LookupStage::ById;
  int tries = 0;        // failed or fruitless questions in a row
  Time next_try;        // no new question before this
  Time last_proof;      // when a lookup last found it
  Time unproven_since;  // Unknown: since when
  Reason cancel_reason;

  void cast_doubt() {
    doubt = true;
    doubt_again = looking_up;
  }
  bool is_unknown() const { return record.status == OrderStatus::Unknown; }
  // Some answer is outstanding, or known to be needed: nothing is decided about its leg's quotes now.
  bool is_busy() const {
    return sending || cancelling || looking_up || asking_trades || doubt || ended || needs_trades || is_unknown() || record.cancel_requested ||
           !asked_since_start;
  }
  // What it may still add to its leg, at full size while its fate is not known.
  Qty exposure() const { return ended ? Qty{} : record.request.qty - record.filled; }
};

}  // namespace dn
