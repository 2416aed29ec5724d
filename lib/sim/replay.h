// A recording of real books and trades as a market feed.
//
// Reads CSV: orderbooks_BASE_QUOTE.csv (columns timestamp, bid_price_i, bid_size_i, ask_price_i, ask_size_i for level
// i = 0, 1, ...; a row is a whole snapshot) and trades_BASE_QUOTE.csv (timestamp, price, size, side = the taker's).
// Columns are found by name, others are ignored. `timestamp` is in seconds with decimals, the receiver's clock; rows
// that went back in time are put in order. Both legs see every event.
//
// At one time trades come before books. A trade happened against the book that stood before it, and the snapshot of the
// same time may show its effect already: the other way round the same trade would shorten a queue twice.
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

  const RecordingFacts& facts() const { return recording_.facts; }
  std::optional<MarketEvent> next() override;

  // A recording in memory: eight bytes a number, where an event with its levels takes eighty. A number is its digits
  // as an integer × 16 + how many of them stand behind the point.
  struct Row {
    Time at;
    std::size_t first = 0;   // of its numbers: price and size of each bid, then of each ask; or of the trade
    std::uint32_t bids = 0;  // how many levels; none for a trade
    std::uint32_t asks = 0;
    Side taker = Side::Buy;  // of a trade
  };
  struct Recording {
    std::vector<Row> rows;
    std::vector<std::int64_t> numbers;
    RecordingFacts facts;
  };

 private:
  explicit ReplayFeed(Recording recording) : recording_(std::move(recording)) {}

  Recording recording_;
  std::size_t at_ = 0;
};

}  // namespace dn::sim
