#include "faults.h"

#include <algorithm>
#include <array>

namespace dn::exchange {
namespace {

// Of requests. "slow" and "truncate" exist for pushes too; "what" decides.
constexpr std::array<std::string_view, 11> kOfRequests{"reset_before",      "reset_after",   "slow",     "late",  "truncate",  "http_500_accepted",
                                                       "http_503_accepted", "http_502_html", "html_403", "empty", "rate_limit"};
constexpr std::array<std::string_view, 6> kOfPushes{"duplicate", "reorder", "garbage", "drop_private", "slow", "truncate"};
constexpr std::array<std::string_view, 3> kAtOnce{"stall_stream", "drop_stream", "upgrade_notice"};
constexpr std::array<std::string_view, 8> kWhats{"place", "cancel", "query", "public", "session", "deadman", "stream", "any"};

template <class List>
bool among(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

std::string Faults::add(const Json& wish, std::vector<Fault>& now) {
  Fault f;
  const std::string venue = wish.str("venue");
  f.venue = venue_from(venue);
  if (!f.venue && !venue.empty() && venue != "any") return "venue: mexc_spot, gateio_spot, gateio_futures or any";
  f.fault = wish.str("fault");
  f.what = wish.str("what");
  f.count = wish.whole("count", 1);
  f.ms = wish.whole("ms", 1000);
  if (f.count < 1 || f.ms < 0) return "count is at least 1 and ms at least 0";
  if (among(kAtOnce, f.fault)) {
    now.push_back(f);
    return "";
  }
  const bool push_only = among(kOfPushes, f.fault) && !among(kOfRequests, f.fault);
  if (f.what.empty() || (push_only && f.what == "any")) f.what = push_only ? "stream" : "any";
  if (!among(kWhats, f.what)) return "what: place, cancel, query, public, session, deadman, stream or any";
  if (f.what == "stream" ? !among(kOfPushes, f.fault) : !among(kOfRequests, f.fault)) return "fault: not one for " + f.what;
  list_.push_back(f);
  return "";
}

template <class Hits>
std::optional<Fault> Faults::take(const Hits& hits) {
  const auto at = std::find_if(list_.begin(), list_.end(), hits);
  if (at == list_.end()) return std::nullopt;
  Fault out = *at;
  if (--at->count == 0) list_.erase(at);
  return out;
}

std::optional<Fault> Faults::for_request(Venue venue, std::string_view what) {
  return take([&](const Fault& f) { return (!f.venue || *f.venue == venue) && (f.what == what || f.what == "any"); });
}

std::optional<Fault> Faults::for_push(Venue venue, bool is_private) {
  return take([&](const Fault& f) { return (!f.venue || *f.venue == venue) && f.what == "stream" && (is_private || f.fault != "drop_private"); });
}

std::string Faults::left() const {
  Arr out;
  for (const Fault& f : list_) {
    Obj o;
    o.s("venue", f.venue ? name(*f.venue) : "any").s("what", f.what).s("fault", f.fault).n("count", f.count).n("ms", f.ms);
    out.raw(o.str());
  }
  return out.str();
}

}  // namespace dn::exchange
