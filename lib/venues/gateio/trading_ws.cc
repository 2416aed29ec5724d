#include "venues/gateio/trading_ws.h"

#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "venues/gateio/errors.h"
#include "venues/gateio/futures_orders.h"
#include "venues/gateio/sign.h"
#include "venues/gateio/spot_orders.h"

namespace dn::venues::gateio {
namespace {

std::string_view prefix(const Context& c) { return c.futures() ? "futures." : "spot."; }

// `param` and `header` are JSON texts.
wire::Frame message(const Context& c, std::string_view what, std::string_view request_id, std::string_view param, std::string_view header, Time now) {
  return {false, fmt::format(R"({{"time":{},"channel":"{}{}","event":"api","payload":{{"req_id":"{}",{}"req_param":{}}}}})", now.us / 1'000'000, prefix(c),
                             what, json_escaped(request_id), header, param)};
}

std::string order_param(const Context& c, const ClientOrderId& id, const VenueOrderId& venue_order_id) {
  JsonWriter w;
  w.begin_object().field("order_id", venue_order_id.empty() ? id.view() : venue_order_id.view());
  if (!c.futures()) w.field("currency_pair", std::string_view(c.pair));
  w.end_object();
  return w.str();
}

std::optional<Order> read_order(const Context& c, const Element& row) {
  return c.futures() ? read_futures_order(row, c.instrument, Shape::Compact) : read_spot_order(row, c.instrument);
}

// The rate limit's end, in milliseconds; the documentation spells it in two ways.
Dur wait_of(const Element& header, Time now) {
  for (const std::string_view key : {"x_gate_ratelimit_reset_timestamp", "x_gat_ratelimit_reset_timestamp"}) {
    const auto reset = milliseconds(text(header, key));
    if (reset && *reset > now) return std::min(*reset - now, Dur::minutes(1));
  }
  return Dur::seconds(1);
}

struct Parts {
  int status = 0;
  bool ack = false;
  std::string_view label;
  std::string_view message;
  std::optional<Element> result;
  bool success() const { return status >= 200 && status < 300 && label.empty() && result; }
  bool refused() const { return status >= 400 && status < 500 && !label.empty(); }
  Code code() const { return Code(label.empty() ? fmt::format("ws_{}", status) : printable(label)); }
};

Parts parts_of(const Element& root, const Element& header) {
  Parts p;
  const auto status = whole(header, "status");
  p.status = status && *status >= 100 && *status < 600 ? static_cast<int>(*status) : 0;
  p.ack = boolean(root, "ack").value_or(false);
  if (const auto data = member(root, "data")) {
    p.result = member(*data, "result");
    if (const auto errs = member(*data, "errs")) {
      p.label = text(*errs, "label");
      p.message = text(*errs, "message");
    }
  }
  return p;
}

void read_place(const Parts& p, const Element& header, const ClientOrderId& id, Time now, WsAnswer& out) {
  out.kind = WsAnswer::Kind::Place;
  if (p.success()) {
    out.place = accepted_place(id, *p.result);
  } else if (p.refused() || p.status == 429) {
    out.place = refused_place(id, p.status, p.label, p.message, wait_of(header, now));
  } else {
    out.place.id = id;
    out.place.code = p.code();
    out.place.reason = Reason(printable(p.message));
  }
}

void read_status(const Context& c, const Parts& p, const Element& header, const ClientOrderId& id, Time now, WsAnswer& out) {
  out.kind = WsAnswer::Kind::Status;
  LookupReport& r = out.status;
  r.id = id;
  const auto in = whole(header, "x_in_time");
  r.venue_time = in && *in > 0 && Time{*in} < now + Dur::minutes(1) ? Time{*in} : now;
  if (p.refused() && is_absent(p.label)) {
    r.outcome = LookupOutcome::NotFound;
    return;
  }
  const auto order = p.success() ? read_order(c, *p.result) : std::nullopt;
  const auto told = order ? text(*p.result, "text") : std::string_view();
  if (!order || (!told.empty() && told != id.view())) {
    r.code = p.success() ? Code("bad_answer") : p.code();
    if (p.status == 429) r.retry_after = wait_of(header, now);
    return;
  }
  r.outcome = LookupOutcome::Found;
  r.venue_order_id = order->id;
  r.open = order->open;
  r.filled = order->filled;
  r.price = order->price;
  r.qty = order->qty;
}

void read_login(const Parts& p, WsAnswer& out) {
  const auto uid = p.success() ? text(*p.result, "uid") : std::string_view();
  if (!is_user_id(uid)) {
    out.kind = WsAnswer::Kind::LoginFailed;
    out.problem = problem_of(p.label, p.message, "the login");
    return;
  }
  out.kind = WsAnswer::Kind::LoggedIn;
  out.user_id = uid;
}

}  // namespace

wire::Frame ws_login(const Context& c, std::string_view request_id, Time now) {
  const std::string time = std::to_string(now.us / 1'000'000);
  const std::string channel = std::string(prefix(c)) + "login";
  JsonWriter w;
  w.begin_object().field("time", now.us / 1'000'000).field("channel", std::string_view(channel)).field("event", "api").key("payload").begin_object();
  w.field("req_id", request_id).field("api_key", c.credentials.key.reveal()).field("timestamp", std::string_view(time));
  w.field("signature", std::string_view(login_signature(c.credentials.secret.reveal(), channel, "", time))).end_object().end_object();
  return {false, w.str()};
}

wire::Frame ws_place(const Context& c, const OrderRequest& r, std::string_view request_id, Time now) {
  std::string header;
  if (r.expires.us > 0 && !r.expires.is_never()) header = fmt::format(R"("req_header":{{"x-gate-exptime":"{}"}},)", r.expires.us / 1000);
  return message(c, "order_place", request_id, c.futures() ? futures_order_body(c, r) : spot_order_body(c, r), header, now);
}

wire::Frame ws_cancel(const Context& c, const ClientOrderId& id, const VenueOrderId& venue_order_id, std::string_view request_id, Time now) {
  return message(c, "order_cancel", request_id, order_param(c, id, venue_order_id), "", now);
}

wire::Frame ws_status(const Context& c, const ClientOrderId& id, const VenueOrderId& venue_order_id, std::string_view request_id, Time now) {
  return message(c, "order_status", request_id, order_param(c, id, venue_order_id), "", now);
}

std::string ws_request_id(const wire::Frame& frame) {
  if (frame.binary) return {};
  const auto document = JsonDocument::parse(frame.payload);
  return document ? std::string(text(document->root(), "request_id")) : std::string();
}

WsAnswer ws_answer(const Context& c, const wire::Frame& frame, const ClientOrderId& id, Time now) {
  WsAnswer out;
  if (frame.binary) return out;
  const auto document = JsonDocument::parse(frame.payload);
  if (!document) return out;
  const Element& root = document->root();
  const auto header = member(root, "header");
  if (!header) return out;
  std::string_view channel = text(*header, "channel");
  if (channel.substr(0, prefix(c).size()) != prefix(c)) return out;
  channel.remove_prefix(prefix(c).size());
  const Parts p = parts_of(root, *header);
  out.request_id = text(root, "request_id");
  if (channel == "login") {
    read_login(p, out);
  } else if (channel == "order_place" && p.ack && p.success()) {
    out.kind = WsAnswer::Kind::Ack;
  } else if (channel == "order_place") {
    read_place(p, *header, id, now, out);
  } else if (channel == "order_cancel") {
    out.kind = WsAnswer::Kind::Cancel;
    out.cancel = p.success() ? CancelReport{id, true, Code("cancelled")} : CancelReport{id, p.refused() && is_gone(p.label), p.code()};
  } else if (channel == "order_status") {
    read_status(c, p, *header, id, now, out);
  }
  return out;
}

}  // namespace dn::venues::gateio
