// What both markets' accounts are asked: identity, fees, unified balances.
#pragma once

#include "venues/gateio/common.h"

namespace dn::venues::gateio {

// GET /account/detail.
struct Identity {
  std::string user_id;
  bool unified = false;
};
std::optional<Identity> read_identity(const Element& detail, const std::string& pair, std::vector<std::string>& warnings);

// Spendable amount of `asset` in /unified/accounts; zero when the account holds none; nullopt when the answer is broken.
std::optional<Decimal> unified_free(const Element& accounts, Asset asset);

Request account_detail();
Request unified_accounts();

}  // namespace dn::venues::gateio
