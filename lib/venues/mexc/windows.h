// Reading a list that comes in pages of bounded length, by windows of time: whatever order the venue sorts in, what a full page left
// out is asked for again, until nothing can hide behind it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/time.h"

namespace dn::venues::mexc {

class Windows {
 public:
  struct Window {
    Time from;
    Time to;
    friend bool operator==(const Window&, const Window&) = default;
  };

  explicit Windows(int most_full_pages = 40) : most_full_pages_(most_full_pages) {}
  // May be told more than one window. Whole milliseconds.
  void begin(Time from, Time to) { open_.push_back({from, to}); }
  bool done() const { return open_.empty(); }
  const Window& current() const { return open_.back(); }

  // The current window brought a page, full or not, whose rows lie between `first` and `last`. False: what is left cannot be told,
  // because the rows have no times, or one moment fills the page alone, or there were too many pages.
  bool next(bool full, Time first, Time last) {
    const Window w = open_.back();
    open_.pop_back();
    if (!full) return true;
    if (++full_pages_ > most_full_pages_ || first.us <= 0) return false;
    // Windows are asked for in milliseconds; what rows say of themselves is whole seconds in places. So the edges are asked for again.
    const Dur grain = is_whole_second(first) && is_whole_second(last) ? Dur::seconds(1) : Dur::millis(1);
    const Window older{w.from, std::min(w.to, first + grain)};
    const Window newer{std::max(w.from, last), w.to};
    if (older == w || newer == w) return divide(w, first, first + grain);
    open_.push_back(older);
    open_.push_back(newer);
    return true;
  }

 private:
  static bool is_whole_second(Time t) { return t.us % 1'000'000 == 0; }

  // Where the edges are of the same second: at its begin or its end, then by halves, since the venue may choose by the millisecond all the same.
  bool divide(const Window& w, Time begin, Time end) {
    const auto inside = [&w](Time t) { return w.from < t && t < w.to; };
    const Time middle = w.from + Dur::millis((w.to - w.from).us / 2'000);
    const Time at = inside(begin) ? begin : inside(end) ? end : middle;
    if (!inside(at)) return false;
    open_.push_back({w.from, at});
    open_.push_back({at, w.to});
    return true;
  }

  int most_full_pages_;
  std::vector<Window> open_;
  int full_pages_ = 0;
};

}  // namespace dn::venues::mexc
