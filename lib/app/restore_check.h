// Whether what [restore] says is filled holds the fills of the order that it takes over. They are booked from the order's trades, so they would be
// counted twice.
#pragma once

#include <string>
#include <vector>

#include "app/ground.h"

namespace dn::app {

struct RestoredTwice {
  Side leg = Side::Buy;
  Qty filled;         // by the order so far
  std::string proof;  // how it is known; empty: it may be so, and nothing that the venue tells shows it
};
// Of each leg whose order has filled something that `filled_quantity` is large enough to hold. `views` is what the venues show when the task begins.
// A part of a position bears no mark: it is known only where the whole of filled_quantity is the order's, by its average price, or where a
// perpetual's position is no more than filled_quantity.
std::vector<RestoredTwice> restored_twice(const TaskSpec& spec, const AccountViews& views);

}  // namespace dn::app
