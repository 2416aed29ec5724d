// Reading a list that comes in pages of bounded length, by windows of time: whatever order the venue sorts in, what a full page left
// out is asked for again from its edges, until nothing can hide behind it.
#pragma once

#include <cstddef>
#include <vector>

#include "base/time.h"

namespace dn::venues::mexc {

class Windows {
 public:
  struct Window {
    Time from;
    Time to;
  };

  explicit Windows(int most_full_pages = 40) : most_full_pages_(most_full_pages) {}
  // May be told more than one window.
  void begin(Time from, Time to) { open_.push_back({from, to}); }
  bool done() const { return open_.empty(); }
  const Window& current() const { return open_.back(); }

  // The current window brought a page, full or not, whose rows lie between `first` and `last`. False: what is left cannot be told,
  // because the rows have no times, or one moment fills the page alone, or there were too many pages.
  bool next(bool full, Time first, Time last) {
    const Window w = open_.back();
    open_.pop_back();
    if (!full) return true;
    // Windows are asked for in milliseconds; what rows say of themselves is whole seconds in places. The edges are asked for again.
    const Dur grain = is_whole_second(first) && is_whole_second(last) ? Dur::seconds(1) : Dur::millis(1);
    if (++full_pages_ > most_full_pages_ || first.us <= 0 || last - first < grain) return false;
    if (first > w.from) open_.push_back({w.from, first + grain});
    if (last < w.to) open_.push_back({last, w.to});
    return true;
  }

 private:
  static bool is_whole_second(Time t) { return t.us % 1'000'000 == 0; }

  int most_full_pages_;
  std::vector<Window> open_;
  int full_pages_ = 0;
};

}  // namespace dn::venues::mexc
