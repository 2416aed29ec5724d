// Client order ids: deterministic, legal on every venue, never used twice.
//
//   t-<task: 8 of base 36><b|s><run epoch, base 36>-<sequence in the run, base 36>
//
// At most 26 of [0-9a-z-]: Gate takes "t-" and 28 more of [0-9A-Za-z_.-], MEXC 32. The run epoch is durable
// before the run's first order, so a sequence number may start again with each run.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/order.h"

namespace dn {

// The task's part of its ids: the same for the same name on every machine.
std::string task_key(std::string_view task_name);

ClientOrderId make_client_order_id(std::string_view key, Side leg, std::uint32_t epoch, std::uint32_t seq);

struct ClientOrderIdParts {
  std::string key;
  Side leg = Side::Buy;
  std::uint32_t epoch = 0;
  std::uint32_t seq = 0;
};
// nullopt when the id is not one of ours.
std::optional<ClientOrderIdParts> parse_client_order_id(std::string_view id);

// The id under which an order from a task file's [restore] is kept: not sent anywhere.
ClientOrderId restored_order_id(std::string_view key, Side leg);

}  // namespace dn
