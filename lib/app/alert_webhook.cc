#include "app/alert_webhook.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "net/http_client.h"
#include "net/loop.h"

namespace dn::app {
namespace {

constexpr std::size_t kMostReply = 8U << 20U;               // nobody reads it; a receiver that talks much has been told all the same
constexpr std::chrono::milliseconds kBetweenStopLooks(50);  // for the end of the run

}  // namespace

struct AlertWebhook::Connection {
  explicit Connection(const std::string& base) : client(loop, {base, "", kMostReply, 1}) {}
  net::Loop loop;
  net::HttpClient client;
};

AlertWebhook::AlertWebhook(const std::string& address, int most_millis) : address_(webhook_address(address)), most_millis_(most_millis) {}

AlertWebhook::~AlertWebhook() = default;

std::string AlertWebhook::deliver(const std::string& json, const StopSignal& stop) {
  if (!connection_) connection_ = std::make_unique<Connection>(address_.base);
  std::optional<wire::HttpResponse> reply;
  connection_->client.send({"POST", address_.target, {{"Content-Type", "application/json"}}, json}, std::chrono::milliseconds(most_millis_),
                           [&reply](wire::HttpResponse r) { reply = std::move(r); });
  while (!reply && !stop.raised()) connection_->loop.run_one_until(std::chrono::steady_clock::now() + kBetweenStopLooks);
  if (!reply) {
    connection_.reset();  // drops the request, whose callback knows this frame
    return "was not done when the run ended";
  }
  if (reply->status == 0) return fmt::format("cannot be reached: {}", reply->error);
  return reply->status >= 200 && reply->status < 300 ? "" : fmt::format("answers with HTTP status {}", reply->status);
}

}  // namespace dn::app
