// MEXC spot: the rules of a symbol, first prices, the account.
#pragma once

#include "venues/mexc/rest.h"

namespace dn::venues::mexc {

// `exchangeInfo` of one symbol. The venue answers -1121 or an empty list for one that it does not know.
Outcome<Instrument> read_instrument(const wire::HttpResponse& response, const Symbol& symbol);
// `ticker/bookTicker` of one symbol; a dead book is an error.
Outcome<TopOfBook> read_top(const wire::HttpResponse& response);

std::unique_ptr<Question<Outcome<Time>>> ask_time();
std::unique_ptr<Question<Outcome<TopOfBook>>> ask_top(const Symbol& symbol);
// `depth`: a broken level makes it unusable.
std::unique_ptr<Question<Outcome<Depth>>> ask_depth(const Symbol& symbol, int levels);
std::unique_ptr<Question<Outcome<VenueFacts>>> ask_market(const Symbol& symbol);
std::unique_ptr<Question<Outcome<VenueFacts>>> ask_account(const Symbol& symbol, const Credentials& who, VenueFacts facts);

}  // namespace dn::venues::mexc
