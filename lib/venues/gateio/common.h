// What Gate.io's spot and futures API share: requests, answers, numbers and times.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "venues/json.h"
#include "venues/survey.h"
#include "venues/venue.h"

namespace dn::venues::gateio {

// What every codec of one VenueApi needs. Shared with the questions and streams that it made.
struct Context {
  Venue venue = Venue::GateioSpot;
  Symbol symbol;
  Credentials credentials;
  std::string pair;  // "BTC_USDT": the spot pair and the contract have the same name
  Instrument instrument;
  std::string user_id;  // for futures' private streams; empty until the account was asked
  bool futures() const { return venue == Venue::GateioFutures; }
};
using ContextPtr = std::shared_ptr<Context>;

struct Request {
  std::string method = "GET";
  std::string path;   // without "/api/v4"; ids in it are percent-encoded
  std::string query;  // without '?', as signed
  std::string body;
  Pool pool = Pool::Account;
  bool is_signed = true;
  Time expires;  // zero: none
};
Call encode(const Request& request, const Context& context, Time venue_now);

// An HTTP answer, read. Elements live as long as it does.
struct Reply {
  int status = 0;
  std::optional<JsonDocument> document;  // of any status
  std::string label;                     // of an error that the venue named
  std::string message;
  std::string error;  // why there is no usable answer, for a person

  bool success() const { return status >= 200 && status < 300; }
  bool ok() const { return success() && document.has_value(); }
  // The venue says that it did nothing, and why.
  bool refused() const { return status >= 400 && status < 500 && !label.empty(); }
  const Element& root() const { return document->root(); }
  Code code() const;  // "ORDER_NOT_FOUND", "http_502", "no_answer"
};
Reply read(const wire::HttpResponse& response);

// The venue's clock at this answer (its X-In-Time or X-Out-Time header), else `otherwise`. A header that is ahead of `latest` by more
// than a minute is not believed: what is absent now would prove nothing for then.
Time venue_time(const wire::HttpResponse& response, Time otherwise, Time latest);
// How long to wait after a 429: until X-Gate-RateLimit-Reset-Timestamp or as Retry-After says; 1 s when neither does; at most a minute.
Dur retry_after(const wire::HttpResponse& response, Time venue_now);

Problem problem(const Reply& reply, std::string_view what);
Problem broken(std::string_view what, std::string_view why);

// Times come as int, float or text (Gate docs v4.106): exact to the microsecond.
std::optional<Time> seconds(std::string_view text);
std::optional<Time> milliseconds(std::string_view text);

// a × b within the bounds of an amount; nullopt beyond them.
std::optional<Decimal> product(const Decimal& a, const Decimal& b);

// Ids and codes that do not fit make an answer broken: a cut id names something else.
template <class Id>
std::optional<Id> fitting(std::string_view text) {
  if (text.empty() || !Id::fits(text)) return std::nullopt;
  return Id(text);
}

// Words of the venue for a person: printable, and not longer than a line.
std::string told(std::string_view text);

bool is_user_id(std::string_view text);  // a positive number

}  // namespace dn::venues::gateio
