// Gate.io's books by REST, of both markets.
#pragma once

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

Request top_request(const Context& context);
// [["price","size"]] (spot) or [{"p":"price","s":size}] (futures, in contracts); nullopt when a level makes no sense.
std::optional<Depth> read_depth(const Element& book, const Context& context, const Instrument& instrument);
// Its best prices; nullopt when a side is empty.
std::optional<TopOfBook> read_top(const Element& book, const Context& context, const Instrument& instrument);

// The best prices of the context's market.
std::unique_ptr<Question<Outcome<TopOfBook>>> ask_top(const ContextPtr& context);
std::unique_ptr<Question<Outcome<Depth>>> ask_depth(const ContextPtr& context, int levels);

}  // namespace dn::venues::gateio
