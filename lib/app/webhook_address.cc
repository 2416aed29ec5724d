#include "app/webhook_address.h"

#include <fmt/format.h>

#include "net/url.h"

namespace dn::app {

std::string webhook_problem(const std::string& address) {
  const auto url = net::parse_url(address);
  if (!url || (url->scheme != "https" && url->scheme != "http")) return "is not an address; write https://HOST/PATH";
  if (url->scheme == "http" && !net::is_loopback(url->host)) return "must be https: what an alert says is for its receiver only";
  return "";
}

WebhookAddress webhook_address(const std::string& address) {
  const auto url = net::parse_url(address);
  if (!url) return {};
  return {fmt::format("{}://{}:{}", url->scheme, net::host_in_url(url->host), url->port), url->path};
}

}  // namespace dn::app
