// What can go wrong between a task and its venues, drawn from a seed.
//
// Every rate is in per mille of the occasions it applies to (requests of one kind, pushed events, seconds of time).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace dn::sim {

enum class Fault : std::uint8_t {
  LostRequest,       // a request never reaches the venue; the client times out
  LostReply,         // it reaches the venue, the answer does not come back
  LateRequest,       // it reaches the venue after the client gave up, perhaps after its expiry
  LateReply,         // the answer takes long, but comes
  ErrorAfterAccept,  // the venue carries it out and answers with a 5xx
  Reject,            // the venue refuses an order for no fault of ours
  RateLimit,         // the venue answers 429
  DeniedLocally,     // the request cannot even be sent
  DuplicateEvent,    // a pushed event comes twice
  ReorderEvent,      // a pushed event is overtaken by later ones
  DropEvent,         // a pushed event never comes
  StreamStall,       // per second: a venue's streams stand still for a while, then reconnect
  VenueAway,         // per second: a venue answers nothing for a while
  VenueCancel,       // per second: the venue ends one of our resting orders
  LateVisible,       // an accepted order is not shown by lookups for some seconds
  LateTrades,        // an order's newest trades are not listed for some seconds
  Crash,             // per step that sends something: our process dies at any point of it
};
inline constexpr std::size_t kFaultCount = 17;
std::string_view name(Fault f);  // as in a faults file: "lost_request"

struct FaultPlan {
  std::array<std::int64_t, kFaultCount> per_mille{};
  Time until = Time::never();  // no fault begins after this

  std::int64_t& operator[](Fault f) { return per_mille[static_cast<std::size_t>(f)]; }
  std::int64_t operator[](Fault f) const { return per_mille[static_cast<std::size_t>(f)]; }
};

}  // namespace dn::sim
