// What a start asks Gate.io's USDT perpetuals: contract, book, account mode, margin, fees, position.
#pragma once

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

std::unique_ptr<Question<Outcome<VenueFacts>>> ask_futures_market(ContextPtr context);
std::unique_ptr<Question<Outcome<VenueFacts>>> ask_futures_account(ContextPtr context, VenueFacts facts);
// The user id, which private subscriptions name; kept in the context, and given as the answer.
std::unique_ptr<Question<Outcome<std::string>>> ask_user_id(const ContextPtr& context);

// Payments since then and the terms of the next settlement.
std::unique_ptr<Question<Outcome<FundingReport>>> ask_funding(ContextPtr context, Time since);
// Interval 0 where the contract does not tell when it settles.
FundingTerms read_funding_terms(const Element& contract);

Outcome<Instrument> read_contract(const Element& contract, const Symbol& symbol);
// nullopt: one-way mode, as needed. The remedy otherwise.
std::optional<Problem> mode_problem(const Element& account);

}  // namespace dn::venues::gateio
