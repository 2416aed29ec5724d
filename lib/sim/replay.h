// A recording of real books and trades as a market feed.
//
// Reads CSV: orderbooks_BASE_QUOTE.csv (columns timestamp, bid_price_i, bid_size_i, ask_price_i, ask_size_i for level
// i = 0, 1, ...; a row is a whole snapshot) and trades_BASE_QUOTE.csv (timestamp, price, size, side = the taker's).
// Columns are found by name, others are ignored. `timestamp` is in seconds with decimals, the receiver's clock; rows
// that went back in time are put in order. At one time trades come before books: they happened against the older book.
// Both legs see every event.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/expected.h"
#include "sim/instruments.h"
#include "sim/market.h"

namespace dn::sim {

struct ReplayError {
  enum class Kind : std::uint8_t {
    NotFound,  // no such directory or file
    BadData,   // a file that cannot be read as a recording
  };
  Kind kind = Kind::BadData;
  std::string message;  // "file:line:column: what is wrong"
};

class ReplayFeed final : public MarketFeed {
 public:
  // Reads both files whole; a bad row anywhere is found here.
  static Expected<std::unique_ptr<ReplayFeed>, ReplayError> open(const std::string& directory, const Symbol& symbol);

  const RecordingFacts& facts() const { return facts_; }
  std::optional<MarketEvent> next() override;

 private:
  ReplayFeed() = default;

  std::vector<MarketEvent> events_;
  std::size_t at_ = 0;
  RecordingFacts facts_;
};

}  // namespace dn::sim
