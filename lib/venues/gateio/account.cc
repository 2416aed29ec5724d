#include "venues/gateio/account.h"

#include <fmt/format.h>

namespace dn::venues::gateio {

std::optional<Identity> read_identity(const Element& detail, const std::string& pair, std::vector<std::string>& warnings) {
  const auto id = text(detail, "user_id");
  if (!is_user_id(id)) return std::nullopt;
  Identity out{std::string(id), false};
  // 1: classic, 2: (legacy) unified.
  if (const auto key = member(detail, "key")) out.unified = whole(*key, "mode") == 2;
  if (const auto allowed = member(detail, "currency_pairs"); allowed && !array_of(*allowed).empty()) {
    bool listed = false;
    for (const Element& p : array_of(*allowed)) listed = listed || text_of(p) == pair;
    if (!listed) warnings.push_back(fmt::format("the Gate.io key is limited to some pairs, and {} is not among them", pair));
  }
  return out;
}

std::optional<Decimal> unified_free(const Element& accounts, Asset asset) {
  const auto balances = member(accounts, "balances");
  if (!balances || !balances->is_object()) return std::nullopt;
  const auto row = member(*balances, asset.view());
  if (!row) return Decimal();
  return fitted(text(*row, "available"));
}

Request account_detail() { return {"GET", "/account/detail", {}, {}, Pool::Account, true, {}}; }
Request unified_accounts() { return {"GET", "/unified/accounts", {}, {}, Pool::Account, true, {}}; }

}  // namespace dn::venues::gateio
