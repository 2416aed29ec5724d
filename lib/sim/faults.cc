#include "sim/faults.h"

namespace dn::sim {
namespace {

constexpr std::array<std::string_view, kFaultCount> kFaultNames{
    "lost_request",  "lost_reply", "late_request", "late_reply", "error_after_accept", "reject",       "rate_limit",  "denied_locally", "duplicate_event",
    "reorder_event", "drop_event", "stream_stall", "venue_away", "venue_cancel",       "late_visible", "late_trades", "crash"};

}  // namespace

std::string_view name(Fault f) { return kFaultNames[static_cast<std::size_t>(f)]; }

}  // namespace dn::sim
