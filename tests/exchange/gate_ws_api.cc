// Gate's trading API over a WebSocket: log in once, then ask without signatures.
#include <fmt/format.h>

#include <algorithm>

#include "digest.h"
#include "gate.h"

namespace dn::exchange {
namespace {

// What REST has in its query, the trading API has in an object.
Params params_of(const Json& param) {
  Params p;
  for (const auto& [key, value] : param.members) p.put(key, value.text);
  return p;
}

bool places(const std::string& channel) { return channel == "order_place" || channel == "order_batch_place"; }
bool amends(const std::string& channel) { return channel == "order_amend"; }
bool cancels(const std::string& channel) { return channel.rfind("order_cancel", 0) == 0; }

}  // namespace

std::string GateWsApi::frame(const Call& c, int status, const std::string& data, bool ack) const {
  const Time now = gate_.site.exchange.venue_now();
  Obj h;
  h.s("response_time", std::to_string(now.us / 1000)).s("status", std::to_string(status));
  h.s("channel", (venue_ == Venue::GateioSpot ? "spot." : "futures.") + c.channel).s("event", "api").s("client_id", "127.0.0.1-0xc0" + connection_id_);
  h.n("x_in_time", c.arrived.us).n("x_out_time", now.us).s("conn_id", connection_id_).s("trace_id", sha512(connection_id_ + c.req_id).substr(0, 32));
  if ((places(c.channel) || amends(c.channel)) && c.standing.limit > 0) {
    if (c.standing.remain > 0) h.n("x_gate_ratelimit_requests_remain", c.standing.remain);
    h.n("x_gate_ratelimit_limit", c.standing.limit).n("x_gate_ratelimit_reset_timestamp", (now + c.standing.until_free).us / 1000);
  }
  Obj o;
  o.s("request_id", c.req_id);
  if (ack) {
    o.b("ack", true);
  } else if (places(c.channel) && venue_ == Venue::GateioFutures) {
    o.b("ack", false);
  }
  return o.raw("header", h.str()).raw("data", data).str();
}

std::string GateWsApi::error(const Call& c, const GateAnswer& a) const { return frame(c, a.status, Obj().raw("errs", a.error_json()).str(), false); }

GateAnswer GateWsApi::login(const Json& payload) {
  Site& site = gate_.site;
  const std::string stamp = payload.str("timestamp");
  const auto time = whole_from(stamp);
  const std::int64_t now = site.exchange.venue_now().us / 1'000'000;
  if (!time || std::abs(*time - now) > 60) {
    site.exchange.count("bad_timestamps");
    return gate_error(401, "REQUEST_EXPIRED", "timestamp is off by more than 60 seconds");
  }
  site.exchange.count("logins");
  if (!same(payload.str("api_key"), site.gate.key)) {
    site.exchange.count("bad_signatures");
    return gate_error(401, "INVALID_KEY", "Invalid key provided");
  }
  // The source of req_param as it was sent, null included; nothing when it was not.
  std::string raw;
  for (const auto& [key, value] : payload.members) {
    if (key == "req_param") raw = value.raw;
  }
  const char* channel = venue_ == Venue::GateioSpot ? "spot.login" : "futures.login";
  if (!same(hmac_sha512(site.gate.secret, fmt::format("api\n{}\n{}\n{}", channel, raw, stamp)), payload.str("signature"))) {
    site.exchange.count("bad_signatures");
    return gate_error(401, "INVALID_SIGNATURE", "Signature mismatch");
  }
  logged_in_ = true;
  return gate_ok(Obj().s("api_key", site.gate.key).s("uid", site.gate.uid).str());
}

// False when the limit is reached.
bool GateWsApi::count(Call& c) {
  Site& site = gate_.site;
  const bool futures = venue_ == Venue::GateioFutures;
  if (places(c.channel) || amends(c.channel)) {
    c.standing = gate_count_place(site, venue_, c.param, "");
  } else if (cancels(c.channel)) {
    c.standing = futures ? site.limit("gate futures place", 100, Dur::seconds(1)) : site.limit("gate spot cancel", 200, Dur::seconds(1));
  } else {
    c.standing = site.limit("gate ws " + c.channel, 200, Dur::seconds(10));
  }
  return c.standing.good;
}

GateAnswer GateWsApi::run_spot(const Call& c) {
  const std::string pair = c.param.str("currency_pair");
  if (c.channel == "order_place") return c.param.is(Json::Kind::Array) ? gate_.spot.place_batch(c.param, context_) : gate_.spot.place(c.param, context_);
  if (c.channel == "order_amend") return gate_.spot.amend(c.param.str("order_id"), c.param);
  if (c.channel == "order_cancel") return gate_.spot.cancel(c.param.str("order_id"), pair);
  if (c.channel == "order_cancel_ids") return gate_.spot.cancel_batch(c.param);
  if (c.channel == "order_cancel_cp") return pair.empty() ? gate_missing("currency_pair") : gate_.spot.cancel_all(pair, c.param.str("side"));
  if (c.channel == "order_status") return gate_.spot.get(c.param.str("order_id"), pair);
  if (c.channel == "order_list") return gate_.spot.list(params_of(c.param));
  return gate_error(400, "INVALID_ARGUMENT", "unknown channel");
}

GateAnswer GateWsApi::run_futures(const Call& c) {
  const std::string contract = c.param.str("contract");
  if (c.channel == "order_place") return gate_.futures.place(c.param, context_);
  if (c.channel == "order_batch_place") return gate_.futures.place_batch(c.param, context_);
  if (c.channel == "order_amend") return gate_.futures.amend(c.param.str("order_id"), c.param, context_);
  if (c.channel == "order_cancel") return gate_.futures.cancel(c.param.str("order_id"), context_);
  if (c.channel == "order_cancel_ids") return gate_.futures.cancel_batch(c.param);
  if (c.channel == "order_cancel_cp") return contract.empty() ? gate_missing("contract") : gate_.futures.cancel_all(contract, c.param.str("side"), context_);
  if (c.channel == "order_status") return gate_.futures.get(c.param.str("order_id"), context_);
  if (c.channel == "order_list") return gate_.futures.list(params_of(c.param), context_);
  return gate_error(400, "INVALID_ARGUMENT", "unknown channel");
}

GateAnswer GateWsApi::run(const Call& c) {
  if (places(c.channel) || amends(c.channel) || cancels(c.channel)) {
    if (!gate_.site.exchange.settings().gate_key_trades) return gate_error(403, "READ_ONLY", "the key is read-only");
    const std::string until = c.header.str("x-gate-exptime");
    const auto at = whole_from(until);
    if (!until.empty() && !at) return gate_invalid("x-gate-exptime", until);
    if (at && gate_.site.exchange.venue_now().us / 1000 > *at) {
      gate_.site.exchange.count("expired_requests");
      return gate_error(400, "REQUEST_EXPIRED", "request expired");
    }
  }
  return venue_ == Venue::GateioSpot ? run_spot(c) : run_futures(c);
}

void GateWsApi::carry_out(const Call& c, const std::optional<Fault>& fault, const std::function<void(const std::string&)>& say,
                          const std::function<void()>& reset) {
  const std::string what = fault ? fault->fault : "";
  if (what == "reset_before") return reset();
  if (what == "rate_limit") return say(error(c, gate_error(429, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded (211)")));
  if (what == "html_403" || what == "http_502_html") return;  // a gateway that swallows the request
  if (places(c.channel)) {
    Obj echo;
    echo.s("req_id", c.req_id).raw("req_header", c.header.raw.empty() ? "null" : c.header.raw).raw("req_param", c.param.raw);
    if (venue_ == Venue::GateioSpot) echo.s("api_key", "").s("timestamp", "").s("signature", "");
    say(frame(c, 200, Obj().raw("result", echo.str()).str(), true));
  }
  const GateAnswer a = run(c);
  if (what == "reset_after") return reset();
  if (what == "empty" || what == "truncate") return;  // the result is lost
  std::string answer = a.good() ? frame(c, 200, Obj().raw("result", a.body).str(), false) : error(c, a);
  if (what == "http_500_accepted" || what == "http_503_accepted") {
    answer = error(c, gate_error(what == "http_500_accepted" ? 500 : 503, "SERVER_ERROR", "Internal server error"));
  }
  gate_.site.after(Dur::millis(what == "slow" ? fault->ms : 0), [say, answer] { say(answer); });
}

void GateWsApi::request(const Json& message, const std::function<void(const std::string&)>& say, const std::function<void()>& reset) {
  Site& site = gate_.site;
  site.exchange.count("requests");
  const std::string prefix = venue_ == Venue::GateioSpot ? "spot." : "futures.";
  const std::string channel = message.str("channel");
  Call c;
  c.arrived = site.exchange.venue_now();
  c.channel = channel.rfind(prefix, 0) == 0 ? channel.substr(prefix.size()) : channel;
  const Json none;
  const Json* payload = message.find("payload");
  if (payload == nullptr) payload = &none;
  c.req_id = payload->str("req_id");
  if (const Json* param = payload->find("req_param")) c.param = *param;
  if (const Json* header = payload->find("req_header")) c.header = *header;
  if (c.param.raw.empty()) c.param.raw = "null";
  if (c.channel == "login") {
    const GateAnswer a = login(*payload);
    return say(a.good() ? frame(c, 200, Obj().raw("result", a.body).str(), false) : error(c, a));
  }
  if (!logged_in_) return say(error(c, gate_error(400, "AUTHENTICATION_FAILED", "Not login")));
  if (!count(c)) {
    return say(error(
        c, gate_error(429, "TOO_MANY_REQUESTS", venue_ == Venue::GateioSpot ? "Request Rate limit Exceeded (211)" : "Request Rate limit Exceeded (311)")));
  }
  const auto fault = site.faults.for_request(venue_, places(c.channel) || amends(c.channel) ? "place" : cancels(c.channel) ? "cancel" : "query");
  const bool late = fault && fault->fault == "late";
  site.after(Dur::millis(late ? fault->ms : 0), [this, c, fault, say, reset, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) carry_out(c, fault, say, reset);
  });
}

}  // namespace dn::exchange
