// Gate futures: orders changed, and many at once.
#include "gate.h"

namespace dn::exchange {
namespace {

GateAnswer bad_list(const char* what) { return gate_error(400, "INVALID_REQUEST_BODY", what); }

// An item's outcome: the order, or why not.
std::string item_json(const GateAnswer& a) {
  if (!a.good()) return Obj().b("succeeded", false).s("label", a.label).s("detail", a.message).str();
  return gate_joined(Obj().b("succeeded", true).str(), a.body);
}

}  // namespace

// The new size is signed like the old one and counts what is filled; at or below that it ends the order.
GateAnswer GateFutures::amend(const std::string& id, const Json& change, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  if (!change.is(Json::Kind::Object)) return gate_error(400, "INVALID_REQUEST_BODY", "Invalid request body");
  GateAnswer why_not;
  Order* o = find(id, why_not);
  if (o == nullptr) return why_not;
  if (!o->open) return gate_error(400, "ORDER_FINISHED");
  if (!change.has("size") && !change.has("price")) return gate_missing("size");
  NewOrder w;
  w.market = o->market;
  w.reduce_only = o->reduce_only;
  const std::string size = change.has("size") ? change.str("size") : gate_signed_size(*o).str();
  const std::string price = change.has("price") ? change.str("price") : o->price.str();
  const Json whole = *Json::parse(Obj().s("size", size).s("price", price).s("tif", o->tif).str());
  if (auto bad = check_size(whole, w, change.has("size") ? context : GateContext{false, true}); !bad.good()) return bad;
  if (w.side != o->side) return gate_invalid("size", size);
  if (auto bad = check_price(whole, w); !bad.good()) return bad;
  if (w.qty == o->qty && w.price == o->price) return gate_error(400, "NO_CHANGE");
  const Placed p = site_.exchange.amend(*o, w.price, w.qty, change.str("amend_text"));
  if (p.order == nullptr) return refused(p, w);
  return gate_ok(gate_futures_order(*o, context.by_ws ? OrderShape::Compact : OrderShape::Rest, context.decimal_sizes, site_.gate.uid));
}

// What is malformed fails all of them, before the first is placed.
GateAnswer GateFutures::place_batch(const Json& list, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  if (!list.is(Json::Kind::Array) || list.items.empty() || list.items.size() > 10) return bad_list("1 to 10 orders");
  for (const Json& item : list.items) {
    if (item.str("contract").empty()) return gate_missing("contract");
    if (!decimal_from(item.str("size"))) return gate_invalid("size", item.str("size"));
  }
  Arr out;
  for (const Json& item : list.items) out.raw(item_json(place(item, context)));
  return gate_ok(out.str());
}

GateAnswer GateFutures::amend_batch(const Json& list, const GateContext& context) {
  if (auto none = wallet(); !none.good()) return none;
  if (!list.is(Json::Kind::Array) || list.items.empty() || list.items.size() > 10) return bad_list("1 to 10 orders");
  Arr out;
  for (const Json& item : list.items) out.raw(item_json(amend(item.has("text") ? item.str("text") : item.str("order_id"), item, context)));
  return gate_ok(out.str());
}

GateAnswer GateFutures::cancel_batch(const Json& ids) {
  if (!ids.is(Json::Kind::Array) || ids.items.empty() || ids.items.size() > 20) return gate_error(400, "INVALID_REQUEST_BODY", "1 to 20 ids");
  Arr out;
  for (const Json& id : ids.items) {
    const GateAnswer a = id.is(Json::Kind::String) ? cancel(id.text, {}) : gate_error(400, "INVALID_PARAM_VALUE");
    Obj o;
    o.s("id", id.text).raw("user_id", site_.gate.uid).b("succeeded", a.good());
    out.raw(o.s("message", a.label).str());
  }
  return gate_ok(out.str());
}

}  // namespace dn::exchange
