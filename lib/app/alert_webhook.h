// Alerts to a web server: the event as the body of a POST. Certificates are verified, redirects are not followed, time and reply are bounded.
#pragma once

#include <memory>
#include <string>

#include "app/alert_sink.h"
#include "app/webhook_address.h"

namespace dn::app {

class AlertWebhook final : public AlertSink {
 public:
  // An address without a problem.
  explicit AlertWebhook(const std::string& address, int most_millis = kMostMillis);
  ~AlertWebhook() override;
  AlertWebhook(const AlertWebhook&) = delete;
  AlertWebhook& operator=(const AlertWebhook&) = delete;
  std::string name() const override { return address_.name(); }
  std::string deliver(const std::string& json, const StopSignal& stop) override;

 private:
  struct Connection;

  WebhookAddress address_;
  int most_millis_;
  std::unique_ptr<Connection> connection_;  // of the thread that delivers
};

}  // namespace dn::app
