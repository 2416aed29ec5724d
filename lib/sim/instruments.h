// The rules under which paper venues trade.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "model/instrument.h"

namespace dn::sim {

// The instrument of a venue as paper knows it; nullopt when the venue does not list the symbol.
std::optional<Instrument> paper_instrument(Venue venue, const Symbol& symbol);
// What paper_instrument knows, in alphabetical order.
std::vector<Symbol> paper_symbols(Venue venue);

// What a recording tells of the rules it was made under.
struct RecordingFacts {
  int price_places = 0;  // most decimals of any price
  int size_places = 0;   // most decimals of any size
  std::int64_t books = 0;
  std::int64_t trades = 0;
  std::int64_t skipped_books = 0;  // crossed, or empty on one side
  Time first;
  Time last;
};
// Rules for a symbol that only a recording knows: tick and step by its decimals, minimums and fees by the venue's habit.
Instrument instrument_like_recording(Venue venue, const Symbol& symbol, const RecordingFacts& facts);

}  // namespace dn::sim
