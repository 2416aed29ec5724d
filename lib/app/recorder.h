// Writes the public prices of venues as recordings that --replay reads: DIR/<venue>/orderbooks_BASE_QUOTE.csv, and a trades file beside it
// that holds its header only, since the streams that a task follows tell no trades.
//
// A row holds the best bid and ask. `timestamp` is when it was heard here, in seconds; `exchange_timestamp` the same moment on the venue's
// clock as measured, in milliseconds. A recording goes on at the end of the files that are there. Rows are kept in memory until `flush`,
// which writes whole rows only. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "app/tool_error.h"
#include "base/expected.h"
#include "model/order.h"

namespace dn::app {

class Recorder {
 public:
  explicit Recorder(std::string directory) : directory_(std::move(directory)) {}
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Makes the files of a venue's symbol. Errors: Io.
  Expected<void, ToolError> begin(Venue venue, const Symbol& symbol);
  void top(Venue venue, const Symbol& symbol, const TopOfBook& top, Time heard, Time venue_time);
  // The reason when a file cannot be written any more (a full disk): its recording has ended, trading goes on.
  std::string flush();

 private:
  struct Book {
    int fd = -1;
    std::int64_t sequence = 0;
    std::string rows;  // not written yet
  };

  std::string directory_;
  std::map<std::pair<Venue, std::string>, Book> books_;  // by venue and symbol
};

}  // namespace dn::app
