// Orders and fills as the books hold them, and what a venue is asked and answers about them.
//
// Plain data, all quantities in base on every venue. Nothing here allocates except where a vector is named.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/fixed_string.h"
#include "base/time.h"
#include "model/instrument.h"
#include "model/side.h"
#include "model/units.h"

namespace dn {

using ClientOrderId = FixedString<32>;  // ours; legal on all venues
using VenueOrderId = FixedString<64>;   // the venue's; opaque text
using TradeId = FixedString<64>;        // the venue's; opaque text
using Code = FixedString<48>;           // a venue's or our own reason code
using Reason = FixedString<160>;        // one line for a person, already printable
using PaymentId = FixedString<64>;      // of a funding payment; the venue's, opaque text
using RequestId = FixedString<64>;      // a person's name for something to be done once

enum class OrderType : std::uint8_t { Limit, PostOnly, Ioc, Market };
std::string_view name(OrderType t);  // "limit", "post_only", "ioc", "market"
std::optional<OrderType> order_type_from(std::string_view text);

// Why the engine sent an order.
enum class Purpose : std::uint8_t {
  Quote,      // rests towards the leg's total
  Rebalance,  // market-like, on the lagging leg
  Reduce,     // market-like, against the leading leg: the escalation when the lagging leg cannot be traded
  Restored,   // not ours by id: taken over from a task file's [restore]
};
// The order that a fill names which stands for a position of [restore]: there is none, and nothing traded for it.
inline constexpr std::string_view kRestoredPosition = "restored-position";
std::string_view name(Purpose p);
std::optional<Purpose> purpose_from(std::string_view text);

// Life of an order. Only a venue's answer moves it to Closed (see engine/order_book.h).
enum class OrderStatus : std::uint8_t {
  Intent,   // durable, its one send under way or lost with a crash: no answer yet
  Open,     // the venue said that it took it; it may have ended meanwhile
  Unknown,  // the outcome of its send is not known
  Closed,   // ended, final fill proven; see CloseReason
};
std::string_view name(OrderStatus s);
std::optional<OrderStatus> order_status_from(std::string_view text);

enum class CloseReason : std::uint8_t {
  None,
  Filled,
  Cancelled,      // ended by us or by the venue with less than its quantity filled
  Refused,        // the venue refused it: nothing filled
  DeniedLocally,  // never left this process
  NeverArrived,   // UNKNOWN, then proven absent at the venue after its expiry
};
std::string_view name(CloseReason r);
std::optional<CloseReason> close_reason_from(std::string_view text);

struct OrderRequest {
  ClientOrderId id;
  Side leg = Side::Buy;   // the task's leg that the order belongs to
  Side side = Side::Buy;  // differs from `leg` only for Purpose::Reduce
  OrderType type = OrderType::Limit;
  Purpose purpose = Purpose::Quote;
  Price price;  // limit, or the collar of a market-like order
  Qty qty;
  bool reduce_only = false;
  Time created;
  Time expires;     // on the venue's clock: the venue refuses the request after this
  Price arrival{};  // mid of its book when it was decided, which its slippage is measured against; zero: not known
};

// An order with all that is known of it; one row of the database.
struct OrderRecord {
  OrderRequest request;
  OrderStatus status = OrderStatus::Intent;
  CloseReason close_reason = CloseReason::None;
  VenueOrderId venue_order_id;  // empty until the venue named it
  Qty filled;                   // the venue's cumulative amount, or the sum of its trades where that is more
  Money filled_quote;           // sum of price × quantity over booked trades
  Qty booked;                   // sum of booked trades; `filled` may run ahead of it
  bool cancel_requested = false;
  Code code;      // refusal code, or the evidence of a resolution
  Reason reason;  // the same for a person
  Time updated;
  RequestId person_request;  // the request that it carries out; empty for the engine's own
};

enum class Liquidity : std::uint8_t { Maker, Taker };
std::string_view name(Liquidity l);

struct Fill {
  TradeId trade_id;
  ClientOrderId order;
  VenueOrderId venue_order_id;
  Venue venue = Venue::MexcSpot;
  Side leg = Side::Buy;
  Side side = Side::Buy;
  Price price;
  Qty qty;
  Fee fee;
  Asset fee_asset;
  Liquidity liquidity = Liquidity::Maker;
  Time time;  // the venue's time of the trade
};

// ---- what a venue is asked, and its answers. Every request gets exactly one answer; the shell makes a timeout an answer.

enum class PlaceOutcome : std::uint8_t { Accepted, Refused, DeniedLocally, Unknown };

// What a refusal means for the task.
enum class RejectClass : std::uint8_t {
  Other,                // counts as an error; a few in a row halt the task
  InsufficientBalance,  // the leg stops
  WouldCross,           // a post-only order would have taken: price again
  RateLimited,          // wait `retry_after`
  Filter,               // tick, step, minimum or band: the rules changed or the price moved
  Halted,               // the symbol is not tradable
  Permission,           // the key may not: fatal
  Expired,              // arrived after its expiry
  Duplicate,            // the venue knows this id already: its fate must be asked for
};

struct PlaceReport {
  ClientOrderId id;
  PlaceOutcome outcome = PlaceOutcome::Unknown;
  RejectClass reject = RejectClass::Other;  // for Refused
  VenueOrderId venue_order_id;              // for Accepted
  Code code;
  Reason reason;
  Dur retry_after;  // for RateLimited
};

// A cancel is a question: whatever this says, the final fill is asked for.
struct CancelReport {
  ClientOrderId id;
  bool answered = false;  // false: timeout, cut, 5xx
  Code code;
};

// The steps that prove or disprove that an order exists, in the order they are asked.
enum class LookupStage : std::uint8_t { ById, OpenOrders, History };
std::string_view name(LookupStage s);

enum class LookupOutcome : std::uint8_t { Found, NotFound, Failed };

struct LookupReport {
  ClientOrderId id;
  LookupStage stage = LookupStage::ById;
  LookupOutcome outcome = LookupOutcome::Failed;
  VenueOrderId venue_order_id;  // for Found
  bool open = false;            // for Found: the venue may still fill it
  Qty filled;                   // for Found: cumulative
  Price price;                  // for Found: its limit price
  Qty qty;                      // for Found: its quantity
  Time venue_time;              // the venue's clock when it answered
  Code code;                    // for Failed
  Dur retry_after;              // for Failed
};

// Trades of one order, complete or not.
struct TradesReport {
  ClientOrderId id;
  bool answered = false;
  std::vector<Fill> fills;
};

// What a perpetual position received (+) or paid (-) at a settlement, in quote.
struct FundingPayment {
  PaymentId id;
  Venue venue = Venue::MexcSpot;
  Side leg = Side::Buy;
  Money amount;
  Time time;
};

// Payments of the account in the symbol since a time, complete or not, and what is told of the next one.
struct FundingReport {
  Venue venue = Venue::MexcSpot;
  bool answered = false;
  std::vector<FundingPayment> payments;
  FundingTerms terms;  // interval 0: not told
};

// Best prices of a venue. Sizes are visible quantities in base.
struct TopOfBook {
  Price bid;
  Price ask;
  Qty bid_qty;
  Qty ask_qty;
};

}  // namespace dn
