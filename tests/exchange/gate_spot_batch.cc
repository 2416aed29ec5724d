// Gate spot: orders changed, and many at once.
#include <set>

#include "gate.h"

namespace dn::exchange {
namespace {

constexpr Venue kSpot = Venue::GateioSpot;

GateAnswer bad_list(const char* what) { return gate_error(400, "INVALID_REQUEST_BODY", what); }

// An item's outcome: the order, or why not.
std::string item_json(const GateAnswer& a, const std::string& text) {
  if (!a.good()) return Obj().s("text", text).b("succeeded", false).s("label", a.label).s("message", a.message).str();
  const std::string id = Json::parse(a.body)->str("id");
  return gate_joined(Obj().s("order_id", id).b("succeeded", true).s("label", "").s("message", "").str(), a.body);
}

}  // namespace

// The new amount counts what is filled; at or below that it ends the order.
GateAnswer GateSpot::amend(const std::string& id, const Json& change) {
  if (!change.is(Json::Kind::Object)) return gate_error(400, "INVALID_REQUEST_BODY", "Invalid request body");
  GateAnswer why_not;
  Order* o = find(id, change.str("currency_pair"), why_not);
  if (o == nullptr) return why_not;
  if (change.has("account") && change.str("account") != "spot") return gate_invalid("account", change.str("account"));
  if (!o->open) return gate_ended(*o);
  if (!change.has("amount") && !change.has("price")) return gate_missing("amount");
  NewOrder w;
  w.market = o->market;
  w.side = o->side;
  w.type = o->type;
  w.tif = o->tif;
  const std::string amount = change.has("amount") ? change.str("amount") : o->amount.str();
  const std::string price = change.has("price") ? change.str("price") : o->price.str();
  if (auto bad = check_amounts(*Json::parse(Obj().s("amount", amount).s("price", price).str()), w); !bad.good()) return bad;
  if (w.qty == o->qty && w.price == o->price) return gate_error(400, "NO_CHANGE", "nothing changes");
  const Placed p = site_.exchange.amend(*o, w.price, w.qty, change.str("amend_text"));
  return p.order == nullptr ? refused(p) : gate_ok(gate_spot_order(*o));
}

GateAnswer GateSpot::place_batch(const Json& list, const GateContext& context) {
  if (!list.is(Json::Kind::Array) || list.items.empty()) return bad_list("a list of orders");
  std::map<std::string, int> pairs;
  for (const Json& item : list.items) {
    if (item.str("text").empty()) return gate_missing("text");
    if (++pairs[item.str("currency_pair")] > 10) return gate_error(400, "TOO_MANY_ORDERS", "at most 10 orders for a currency pair");
    if (item.str("account") != list.items[0].str("account")) return gate_error(400, "MIXED_ACCOUNT_TYPE", "one account type only");
  }
  if (pairs.size() > 4) return gate_error(400, "TOO_MANY_CURRENCY_PAIRS", "at most 4 currency pairs");
  Arr out;
  for (const Json& item : list.items) out.raw(item_json(place(item, context), item.str("text")));
  return gate_ok(out.str());
}

GateAnswer GateSpot::amend_batch(const Json& list) {
  if (!list.is(Json::Kind::Array) || list.items.empty() || list.items.size() > 5) return bad_list("1 to 5 orders");
  Arr out;
  for (const Json& item : list.items) {
    const Order* o = site_.exchange.find(kSpot, item.str("order_id"));
    out.raw(item_json(amend(item.str("order_id"), item), o == nullptr ? "" : o->text));
  }
  return gate_ok(out.str());
}

GateAnswer GateSpot::cancel_batch(const Json& list) {
  if (!list.is(Json::Kind::Array) || list.items.empty() || list.items.size() > 20) return gate_error(400, "INVALID_REQUEST_BODY", "1 to 20 orders");
  Arr out;
  for (const Json& item : list.items) {
    const std::string id = item.str("id");
    const GateAnswer a = cancel(id, item.str("currency_pair"));
    Obj o;
    o.s("currency_pair", item.str("currency_pair")).s("id", id).s("text", id).b("succeeded", a.good());
    if (a.good()) {
      o.null("label").null("message");
    } else {
      o.s("label", a.label).s("message", a.message);
    }
    out.raw(o.s("account", "spot").str());
  }
  return gate_ok(out.str());
}

}  // namespace dn::exchange
