// What a start asks Gate.io spot: clock, pair, book, fees, balances.
#pragma once

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

// GET /spot/time: the clock of both markets.
std::unique_ptr<Question<Outcome<Time>>> ask_server_time(const ContextPtr& context);
std::unique_ptr<Question<Outcome<VenueFacts>>> ask_spot_market(ContextPtr context);
std::unique_ptr<Question<Outcome<VenueFacts>>> ask_spot_account(ContextPtr context, VenueFacts facts);
// POST .../countdown_cancel_all for the symbol; answers with the moment it strikes. Zero disarms, less than 5 s becomes 5 s.
std::unique_ptr<Question<Outcome<Time>>> ask_countdown(const ContextPtr& context, Dur timeout);

Outcome<Instrument> read_pair(const Element& pair, const Symbol& symbol, Time now, std::vector<std::string>& warnings);

}  // namespace dn::venues::gateio
