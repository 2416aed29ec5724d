// What every venue's survey of an account does alike: texts made safe, each order and each trade kept once, the oldest told first.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "venues/venue.h"

namespace dn::venues {

// An order's text, whoever wrote it: printable and bounded.
std::string shown_text(std::string_view text);
// "t-...", and short enough to be a client id.
bool is_ours(std::string_view text);
// Some venues tell no finer times.
inline Time whole_second(Time t) { return Time{t.us / 1'000'000 * 1'000'000}; }

class SurveyBook {
 public:
  // Lists are read one after the other, so an order may be in two of them: what ended stays ended, what filled stays filled.
  void add(SeenOrder order);
  void add(Fill trade);
  // Orders that a trade names and that no list held: they began after the list was read, or before the time that it goes by.
  std::vector<VenueOrderId> unlisted() const;
  // `since`: where the trades begin.
  Survey told(Time since, Time venue_time) const;

 private:
  std::map<VenueOrderId, SeenOrder> orders_;
  std::map<TradeId, Fill> trades_;
};

// Of orders that are asked for by id, since no list held them.
inline constexpr std::size_t kMostUnlisted = 500;

}  // namespace dn::venues
