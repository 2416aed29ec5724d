// Where a webhook is, without speaking to it.
#pragma once

#include <string>

namespace dn::app {

// Why an address cannot be one of a webhook, without quoting it; "" when it can. https, or http on loopback.
std::string webhook_problem(const std::string& address);

struct WebhookAddress {
  std::string base;    // scheme, host and port
  std::string target;  // path and query: may be a secret

  // For a person.
  std::string name() const { return "the webhook " + base; }
};
// Of an address without a problem.
WebhookAddress webhook_address(const std::string& address);

}  // namespace dn::app
