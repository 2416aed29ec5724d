#include "venues/gateio/common.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "venues/gateio/errors.h"
#include "venues/gateio/sign.h"

namespace dn::venues::gateio {
namespace {

constexpr std::string_view kPrefix = "/api/v4";

// text × `per_unit` microseconds.
std::optional<Time> time_of(std::string_view text, std::int64_t per_unit) {
  const auto d = Decimal::parse(text);
  if (!d || d->is_negative() || *d >= Decimal(std::int64_t{1'000'000'000'000'000} / per_unit * 100)) return std::nullopt;
  const Decimal us = (d->rounded(6, Rounding::Zero) * Decimal(per_unit)).rounded(0, Rounding::Zero).normalized();
  return Time{static_cast<std::int64_t>(us.mantissa())};
}

// Limit resets are in seconds on REST, in milliseconds on the trading WebSocket.
std::optional<Time> reset_time(std::string_view text) { return text.size() > 11 ? milliseconds(text) : seconds(text); }

}  // namespace

Call encode(const Request& r, const Context& context, Time venue_now) {
  Call call;
  call.pool = r.pool;
  call.http.method = r.method;
  const std::string path = std::string(kPrefix) + r.path;
  call.http.target = r.query.empty() ? path : path + "?" + r.query;
  call.http.body = r.body;
  call.http.headers = {{"Accept", "application/json"}};
  if (!r.body.empty()) call.http.headers.emplace_back("Content-Type", "application/json");
  // Sizes of contracts as exact text, fractions included, instead of cut integers.
  if (r.path.rfind("/futures/", 0) == 0) call.http.headers.emplace_back("X-Gate-Size-Decimal", "1");
  if (r.expires.us > 0 && !r.expires.is_never()) call.http.headers.emplace_back("x-gate-exptime", std::to_string(r.expires.us / 1000));
  if (!r.is_signed) return call;
  const std::string timestamp = std::to_string(venue_now.us / 1'000'000);
  call.http.headers.emplace_back("KEY", context.credentials.key.reveal());
  call.http.headers.emplace_back("Timestamp", timestamp);
  call.http.headers.emplace_back("SIGN", rest_signature(context.credentials.secret.reveal(), {r.method, path, r.query, r.body, timestamp}));
  return call;
}

Code Reply::code() const {
  if (!label.empty()) return Code(printable(label));
  if (status == 0) return Code("no_answer");
  return Code(success() ? "bad_answer" : fmt::format("http_{}", status));
}

Reply read(const wire::HttpResponse& response) {
  Reply r;
  r.status = response.status;
  if (response.status == 0) {
    r.error = response.error.empty() ? "no answer" : response.error;
    return r;
  }
  auto parsed = JsonDocument::parse(response.body);
  if (!parsed) {
    r.error = fmt::format("HTTP {} with a body that is not JSON", response.status);
    return r;
  }
  r.document = std::move(*parsed);
  if (r.success()) return r;
  r.label = text(r.root(), "label");
  r.message = text(r.root(), "message");
  if (r.message.empty()) r.message = text(r.root(), "detail");
  r.error = fmt::format("HTTP {}", response.status);
  return r;
}

Time venue_time(const wire::HttpResponse& response, Time otherwise, Time latest) {
  // The arrival comes first: what was absent then was absent before anything that arrived later.
  for (const std::string_view name : {"x-in-time", "x-out-time"}) {
    const auto us = amount_of(wire::header(response, name));
    if (!us || !us->is_positive() || us->scale() != 0 || !us->within(18, 0)) continue;
    const Time t{static_cast<std::int64_t>(us->mantissa())};
    if (latest.us < INT64_MAX - 60'000'000 && t > latest + Dur::minutes(1)) continue;
    return t;
  }
  return otherwise;
}

Dur retry_after(const wire::HttpResponse& response, Time venue_now) {
  Dur wait;
  if (const auto reset = reset_time(wire::header(response, "x-gate-ratelimit-reset-timestamp")); reset && *reset > venue_now) wait = *reset - venue_now;
  if (const auto s = seconds(wire::header(response, "retry-after"))) wait = std::max(wait, Dur::micros(s->us));
  if (wait.us <= 0) wait = Dur::seconds(1);
  return std::min(wait, Dur::minutes(1));
}

Problem problem(const Reply& reply, std::string_view what) {
  if (reply.refused() && reply.status != 429) return problem_of(reply.label, reply.message, what);
  if (reply.success()) return broken(what, reply.document ? "an unexpected shape" : reply.error);
  const std::string label = reply.label.empty() ? "" : " " + reply.label;
  return {Problem::Kind::Unreachable, told(fmt::format("Gate.io does not answer for {}: {}{}", what, reply.error, label))};
}

Problem broken(std::string_view what, std::string_view why) {
  return {Problem::Kind::Unreachable, told(fmt::format("Gate.io's answer for {} is not usable: {}", what, why))};
}

std::optional<Time> seconds(std::string_view text) { return time_of(text, 1'000'000); }
std::optional<Time> milliseconds(std::string_view text) { return time_of(text, 1000); }

std::optional<Decimal> product(const Decimal& a, const Decimal& b) {
  if (!a.within(19, 14) || !b.within(19, 14)) return std::nullopt;
  const Decimal p = (a.normalized() * b.normalized()).normalized();
  if (!p.within(19, 14)) return std::nullopt;
  return p;
}

std::string told(std::string_view text) { return printable(text.substr(0, 160)); }

bool is_user_id(std::string_view text) {
  return !text.empty() && text.size() <= 20 && text != "0" && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace dn::venues::gateio
