// MEXC spot: orders, their lookup and their trades.
#pragma once

#include "venues/mexc/rest.h"
#include "venues/survey.h"

namespace dn::venues::mexc {

// What an order call needs to know of its task.
struct Desk {
  Symbol symbol;
  Credentials who;
};

std::unique_ptr<Question<PlaceReport>> ask_place(const Desk& desk, const OrderRequest& request);
std::unique_ptr<Question<CancelReport>> ask_cancel(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id);
std::unique_ptr<Question<LookupReport>> ask_lookup(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id, LookupStage stage);
std::unique_ptr<Question<TradesReport>> ask_trades(const Desk& desk, const ClientOrderId& id, const VenueOrderId& venue_order_id);
std::unique_ptr<Question<Outcome<Survey>>> ask_survey(const Desk& desk, Time since);

// By a cancel of an order that there never was.
std::unique_ptr<Question<Outcome<void>>> ask_trade_right(const Desk& desk);

// Adds the parameter that names an order: by the venue's id where it is known.
void name_order(Params* params, const ClientOrderId& id, const VenueOrderId& venue_order_id);

// ---- the decoders of the answers
PlaceReport read_place(const ClientOrderId& id, const wire::HttpResponse& response);
CancelReport read_cancel(const ClientOrderId& id, const wire::HttpResponse& response);

// One order as a query shows it.
struct OrderRow {
  VenueOrderId venue_order_id;
  ClientOrderId client_order_id;  // empty when the order has none, or one that is not ours
  bool open = false;
  Qty filled;
  Qty qty;
  std::optional<Side> side;
  Price price;
  bool has_good_price = true;  // false: there is one, and it is no amount
  std::string text;            // of whoever placed it, printable and bounded
  Time created;                // zero where the row does not tell
  Time updated;                // likewise
};
// nullopt: something essential is missing or unknown, so the row proves nothing.
std::optional<OrderRow> read_order(const Element& row);
// A row of myTrades; nullopt likewise. `leg` is not set.
std::optional<Fill> read_trade(const Element& row);

}  // namespace dn::venues::mexc
