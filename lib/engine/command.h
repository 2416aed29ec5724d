// What the engine asks of its shell, as one step: first make `journal` durable, then carry out `sends` in order.
// When the journal fails, nothing is sent. Of some steps the intents alone must be durable first: see model/intents.h.
#pragma once

#include <variant>
#include <vector>

#include "engine/gate.h"
#include "model/order.h"
#include "model/task_record.h"

namespace dn {

// Only what the gate let through becomes one.
struct PlaceOrder {
  PlaceOrder(Venue at, GatePass pass) : venue(at), request(std::move(pass.order_)) {}
  Venue venue;
  OrderRequest request;
};
struct CancelOrder {
  Venue venue = Venue::MexcSpot;
  ClientOrderId id;
  VenueOrderId venue_order_id;  // empty when the venue has not named it
};
struct LookupOrder {
  Venue venue = Venue::MexcSpot;
  ClientOrderId id;
  VenueOrderId venue_order_id;
  LookupStage stage = LookupStage::ById;
};
struct QueryTrades {
  Venue venue = Venue::MexcSpot;
  ClientOrderId id;
  VenueOrderId venue_order_id;
};

// The account's funding in the symbol since then, and the terms of the next settlement.
struct QueryFunding {
  Venue venue = Venue::MexcSpot;
  Time since;
};

// Each is sent at most once and answered exactly once; the shell turns a timeout into an answer.
using Send = std::variant<CancelOrder, PlaceOrder, LookupOrder, QueryTrades, QueryFunding>;

struct Commands {
  JournalBatch journal;
  std::vector<Send> sends;

  bool empty() const { return journal.empty() && sends.empty(); }
  void clear() {
    journal.clear();
    sends.clear();
  }
};

}  // namespace dn
