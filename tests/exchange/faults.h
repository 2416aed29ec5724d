// Faults that a test asked for: which requests and pushes go wrong, how, and how often.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json.h"
#include "model/instrument.h"

namespace dn::exchange {

struct Fault {
  std::optional<Venue> venue;  // none: all
  std::string what;            // "place", "cancel", "query", "public", "session", "stream", "any"
  std::string fault;
  std::int64_t count = 1;
  std::int64_t ms = 0;
};

class Faults {
 public:
  // "" when it was understood, else what is wrong. Faults that act at once are returned in `now`.
  std::string add(const Json& wish, std::vector<Fault>& now);
  void clear() { list_.clear(); }
  // The fault that hits this request, counted down.
  std::optional<Fault> for_request(Venue venue, std::string_view what);
  // The fault that hits this push, counted down.
  std::optional<Fault> for_push(Venue venue, bool is_private);
  std::string left() const;  // as JSON

 private:
  template <class Hits>
  std::optional<Fault> take(const Hits& hits);

  std::vector<Fault> list_;
};

}  // namespace dn::exchange
