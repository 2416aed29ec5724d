// Alerts to a web server: the event as the body of a POST. Certificates are verified, redirects are not followed, time and reply are bounded.
#pragma once

#include <memory>
#include <string>

#include "app/alert_sink.h"

namespace dn::app {

// Why an address cannot be one of a webhook, without quoting it; "" when it can. https, or http on loopback.
std::string webhook_problem(const std::string& address);

class AlertWebhook final : public AlertSink {
 public:
  // An address without a problem.
  explicit AlertWebhook(const std::string& address, int most_millis = kMostMillis);
  ~AlertWebhook() override;
  AlertWebhook(const AlertWebhook&) = delete;
  AlertWebhook& operator=(const AlertWebhook&) = delete;
  std::string name() const override { return "the webhook " + base_; }
  std::string deliver(const std::string& json, const StopSignal& stop) override;

 private:
  struct Connection;

  std::string base_;    // scheme, host and port
  std::string target_;  // path and query: may be a secret
  int most_millis_;
  std::unique_ptr<Connection> connection_;  // of the thread that delivers
};

}  // namespace dn::app
