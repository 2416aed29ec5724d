// MEXC spot V3 by REST: how a call is signed and what an answer that is no success means.
// Facts: MEXC API docs of 2025-12 and 2026, with live captures where they differ.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "venues/json.h"
#include "venues/venue.h"

namespace dn::venues::mexc {

using Params = std::vector<std::pair<std::string, std::string>>;

// "BTCUSDT": how the venue writes a symbol.
std::string symbol_text(const Symbol& symbol);

// name=value&..., values percent-encoded with upper-case hex, in the order given.
std::string query_of(const Params& params);
// Lower-case hex HMAC-SHA256 over the query directly followed by the body.
std::string signature(std::string_view secret, std::string_view query, std::string_view body);

Call public_call(std::string_view path, const Params& params, int weight);
// How long after its stamp the venue takes a signed request.
constexpr Dur kReceiveWindow = Dur::millis(5000);
// Everything goes in the query, the body stays empty. `window`: shorter where a request must not arrive later.
Call signed_call(std::string_view method, std::string_view path, Params params, const Credentials& who, Time venue_now, Pool pool, int weight,
                 Dur window = kReceiveWindow);

// An answer, sorted. The venue's own code where the body has one, else the HTTP status.
struct Answer {
  enum class Kind : std::uint8_t {
    Ok,       // 2xx with JSON that is no refusal
    Refusal,  // the venue said no, with a code
    Nothing,  // timeout, cut, 5xx, HTML, unparsable: what happened is not known
  };
  Kind kind = Kind::Nothing;
  std::optional<JsonDocument> json;  // for Ok
  std::string code;                  // for Refusal; for Nothing what came instead
  std::string message;               // printable, for a person
  Dur retry_after;                   // for a Refusal by a rate limit: positive
};
Answer read_answer(const wire::HttpResponse& response);
// How long a 429, 418 or 403 asks to wait.
Dur retry_after(const wire::HttpResponse& response);

// What a refusal of an order means; nullopt: not in the table, so nothing is known.
std::optional<RejectClass> reject_class(std::string_view code, std::string_view message);
// Why a private call failed at the start.
Problem problem_of(const Answer& answer, std::string_view what);

}  // namespace dn::venues::mexc
