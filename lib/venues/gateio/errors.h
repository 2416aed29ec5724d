// What Gate.io's error labels mean (Gate docs v4.106, "Errors"). Only what stands in these tables is known; texts are never read,
// except to tell a person more.
#pragma once

#include <optional>
#include <string_view>

#include "model/order.h"
#include "venues/venue.h"

namespace dn::venues::gateio {

// A label that proves that an order was not taken, and what that means; nullopt for any other: its fate is unknown.
std::optional<RejectClass> refusal_of(std::string_view label);

// The order named in the request is not known (any more). Says nothing about what it filled.
bool is_absent(std::string_view label);

// A cancel that came too late or for nothing.
bool is_gone(std::string_view label);

// The account is no unified account / does not answer as a classic one.
bool is_classic_only(std::string_view label);

// What a refusal of a question means to a person. `what` names the question: "the balances".
Problem problem_of(std::string_view label, std::string_view message, std::string_view what);

}  // namespace dn::venues::gateio
