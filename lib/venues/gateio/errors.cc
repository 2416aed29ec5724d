#include "venues/gateio/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "venues/gateio/common.h"

namespace dn::venues::gateio {
namespace {

using R = RejectClass;
struct Refusal {
  std::string_view label;
  RejectClass meaning;
};

// Server errors (INTERNAL, SERVER_ERROR, TOO_BUSY, FAILED_RETRIEVE_ASSETS) are missing on purpose: after them an order may live.
constexpr std::array kRefusals{
    // money
    Refusal{"BALANCE_NOT_ENOUGH", R::InsufficientBalance},
    Refusal{"INSUFFICIENT_AVAILABLE", R::InsufficientBalance},
    Refusal{"MARGIN_BALANCE_NOT_ENOUGH", R::InsufficientBalance},
    Refusal{"FUTURES_BALANCE_NOT_ENOUGH", R::InsufficientBalance},
    Refusal{"INITIAL_MARGIN_TOO_LOW", R::InsufficientBalance},
    Refusal{"USER_NOT_FOUND", R::InsufficientBalance},  // the futures wallet does not exist before its first transfer
    // price and size
    Refusal{"POC_FILL_IMMEDIATELY", R::WouldCross},
    Refusal{"ORDER_POC_IMMEDIATE", R::WouldCross},
    Refusal{"INVALID_PARAM_VALUE", R::Filter},  // "Your order size 0.6 USDT is too small", "parameter `size` value: 0.001"
    Refusal{"INVALID_ARGUMENT", R::Filter},     // "invalid size"
    Refusal{"INVALID_PRECISION", R::Filter},
    Refusal{"AMOUNT_TOO_LITTLE", R::Filter},
    Refusal{"AMOUNT_TOO_MUCH", R::Filter},
    Refusal{"QUANTITY_NOT_ENOUGH", R::Filter},
    Refusal{"SIZE_TOO_LARGE", R::Filter},
    Refusal{"SIZE_TOO_SMALL", R::Filter},
    Refusal{"PRICE_TOO_DEVIATED", R::Filter},
    Refusal{"MARKET_PRICE_TOO_DEVIATED", R::Filter},
    Refusal{"PRICE_THRESHOLD_EXCEEDED", R::Filter},
    // the symbol
    Refusal{"INVALID_CURRENCY_PAIR", R::Halted},
    Refusal{"INVALID_CURRENCY", R::Halted},
    Refusal{"CONTRACT_NOT_FOUND", R::Halted},
    Refusal{"CONTRACT_IN_DELISTING", R::Halted},
    // the key
    Refusal{"INVALID_KEY", R::Permission},
    Refusal{"INVALID_CREDENTIALS", R::Permission},
    Refusal{"INVALID_SIGNATURE", R::Permission},
    Refusal{"MISSING_REQUIRED_HEADER", R::Permission},
    Refusal{"IP_FORBIDDEN", R::Permission},
    Refusal{"FORBIDDEN", R::Permission},
    Refusal{"READ_ONLY", R::Permission},
    Refusal{"ACCOUNT_LOCKED", R::Permission},
    Refusal{"SUB_ACCOUNT_LOCKED", R::Permission},
    // the moment. REQUEST_EXPIRED is said of the Timestamp header and, so it seems, of x-gate-exptime: not processed in both cases.
    Refusal{"TOO_MANY_REQUESTS", R::RateLimited},
    Refusal{"REQUEST_EXPIRED", R::Expired},
    Refusal{"REPEATED_CREATION", R::Duplicate},
    Refusal{"ORDER_EXISTS", R::Duplicate},
    Refusal{"DUPLICATE_REQUEST", R::Duplicate},
    // the rest: refused, and no trouble of its own
    Refusal{"TOO_MANY_ORDERS", R::Other},
    Refusal{"ORDER_BOOK_NOT_FOUND", R::Other},
    Refusal{"CONTRACT_NO_COUNTER", R::Other},
    Refusal{"FOK_NOT_FILL", R::Other},
    Refusal{"ORDER_FOK", R::Other},
    Refusal{"TRADE_RESTRICTED", R::Other},
    Refusal{"MIXED_ACCOUNT_TYPE", R::Other},
    Refusal{"AUTO_BORROW_TOO_MUCH", R::Other},
    Refusal{"MARGIN_NOT_SUPPORTED", R::Other},
    Refusal{"INCREASE_POSITION", R::Other},  // reduce-only, and nothing (left) to reduce
    Refusal{"REDUCE_EXCEEDED", R::Other},
    Refusal{"POSITION_EMPTY", R::Other},
    Refusal{"POSITION_DUAL_MODE", R::Other},
    Refusal{"POSITION_IN_LIQUIDATION", R::Other},
    Refusal{"POSITION_IN_CLOSE", R::Other},
    Refusal{"LIQUIDATE_IMMEDIATELY", R::Other},
    Refusal{"PRICE_OVER_LIQUIDATION", R::Other},
    Refusal{"PRICE_OVER_BANKRUPT", R::Other},
    Refusal{"RISK_LIMIT_EXCEEDED", R::Other},
    Refusal{"RISK_LIMIT_TOO_HIGH", R::Other},
    Refusal{"RISK_LIMIT_TOO_lOW", R::Other},  // spelt so by the venue
    Refusal{"RISK_LIMIT_NOT_MULTIPLE", R::Other},
    Refusal{"AUTHENTICATION_FAILED", R::Other},  // trading WebSocket: "Not login"
    Refusal{"MISSING_REQUIRED_PARAM", R::Other},
    Refusal{"INVALID_REQUEST_BODY", R::Other},
    Refusal{"INVALID_PROTOCOL", R::Other},
    Refusal{"INVALID_CONTENT_TYPE", R::Other},
    Refusal{"NOT_ACCEPTABLE", R::Other},
    Refusal{"METHOD_NOT_ALLOWED", R::Other},
    Refusal{"BAD_REQUEST", R::Other},
};

template <std::size_t N>
bool one_of(std::string_view label, const std::array<std::string_view, N>& all) {
  return std::find(all.begin(), all.end(), label) != all.end();
}

// The remedy for labels about the key; "" for others.
std::string_view key_remedy(std::string_view label, std::string_view message) {
  if (label == "INVALID_KEY" || label == "INVALID_CREDENTIALS")
    return "the API key is not known: check the credentials' `key` and that it is a key of this site (not of its testnet)";
  if (label == "INVALID_SIGNATURE") return "the signature is wrong: check the credentials' `secret`";
  if (label == "MISSING_REQUIRED_HEADER") return "the request came without its authentication headers";
  if (label == "IP_FORBIDDEN" || (label == "FORBIDDEN" && message.find("whitelist") != std::string_view::npos)) {
    return "this address is not on the key's IP whitelist: add it (changes take up to 5 minutes)";
  }
  if (label == "FORBIDDEN") return "the key has no right for this: give it Spot and Perpetual Futures (read-write), Wallet and Account (read)";
  if (label == "READ_ONLY") return "the key may only read: make its right read-write";
  if (label == "ACCOUNT_LOCKED" || label == "SUB_ACCOUNT_LOCKED") return "the account is locked";
  return {};
}

std::string_view config_remedy(std::string_view label) {
  if (label == "INVALID_CURRENCY_PAIR" || label == "INVALID_CURRENCY" || label == "CONTRACT_NOT_FOUND") return "the venue does not list this symbol";
  if (label == "USER_NOT_FOUND") return "the futures wallet does not exist yet: transfer USDT from spot to futures once";
  if (label == "POSITION_DUAL_MODE") return "the account is in dual (hedge) mode: switch futures to one-way mode (needs no positions and no open orders)";
  constexpr std::array<std::string_view, 8> kMalformed{"INVALID_PARAM_VALUE",  "INVALID_ARGUMENT", "INVALID_REQUEST_BODY", "MISSING_REQUIRED_PARAM",
                                                       "INVALID_CONTENT_TYPE", "NOT_ACCEPTABLE",   "METHOD_NOT_ALLOWED",   "NOT_FOUND"};
  if (one_of(label, kMalformed)) return "the venue does not take this question: its API may have changed";
  return {};
}

}  // namespace

std::optional<RejectClass> refusal_of(std::string_view label) {
  const auto* const found = std::find_if(kRefusals.begin(), kRefusals.end(), [&](const Refusal& r) { return r.label == label; });
  if (found == kRefusals.end()) return std::nullopt;
  return found->meaning;
}

bool is_absent(std::string_view label) { return label == "ORDER_NOT_FOUND" || label == "CLIENT_ID_NOT_FOUND"; }

bool is_gone(std::string_view label) { return is_absent(label) || label == "ORDER_CLOSED" || label == "ORDER_CANCELLED" || label == "ORDER_FINISHED"; }

bool is_classic_only(std::string_view label) {
  constexpr std::array<std::string_view, 3> kClassic{"INVALID_UNIFIED_ACCOUNT", "UNIFIED_ACCOUNT_NOT_ACTIVATED", "USER_NOT_FOUND"};
  return one_of(label, kClassic);
}

Problem problem_of(std::string_view label, std::string_view message, std::string_view what) {
  const std::string shown = told(fmt::format("{}{}{}", label, message.empty() ? "" : ": ", message));
  if (const auto remedy = key_remedy(label, message); !remedy.empty()) {
    return {Problem::Kind::Permission, fmt::format("Gate.io refuses {}: {} ({})", what, remedy, shown)};
  }
  if (label == "REQUEST_EXPIRED")
    return {Problem::Kind::Clock, fmt::format("Gate.io refuses {}: this machine's clock is more than 60 s off ({})", what, shown)};
  if (const auto remedy = config_remedy(label); !remedy.empty()) {
    return {Problem::Kind::Config, fmt::format("Gate.io refuses {}: {} ({})", what, remedy, shown)};
  }
  return {Problem::Kind::Unreachable, fmt::format("Gate.io refuses {} ({})", what, shown)};
}

}  // namespace dn::venues::gateio
