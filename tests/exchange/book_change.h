// What changed between two books, for streams that push differences.
#pragma once

#include "sim/market.h"

namespace dn::exchange {

// Levels that are new or of another size, with their size now, and 0 for those that went away; the first `levels` of each
// side are looked at, the order within a side is that of the books.
sim::Book book_change(const sim::Book& from, const sim::Book& to, std::size_t levels);
bool is_empty(const sim::Book& change);
// The first `levels` of each side.
sim::Book book_top(const sim::Book& book, std::size_t levels);

}  // namespace dn::exchange
