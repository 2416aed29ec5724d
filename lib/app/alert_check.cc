#include "app/alert_check.h"

#include <fmt/format.h>

#include <memory>

#include "app/alert_command.h"
#include "app/alert_event.h"
#include "app/wall_clock.h"
#include "app/webhook_address.h"
#include "base/json_writer.h"

namespace dn::app {
namespace {

std::string test_alert() {
  const Time at = wall_clock();
  JsonWriter w;
  w.begin_object().field("schema", "dn.event/1").field("type", "alert").field("ts", rfc3339(at)).field("ts_us", at.us).field("run_id", "").field("task", "");
  w.field("level", name(AlertLevel::Info)).field("code", "test").field("message", "a test of the alerts; nothing happened").end_object();
  return w.str();
}

void add_told(Checks& to, const std::string& receiver) { add_ok(to, "alerts", "", fmt::format("{} is told; with --test-alert it gets one now", receiver)); }

void check_receiver(Checks& to, AlertSink& sink, bool send) {
  if (const std::string why = sink.unusable(); !why.empty()) {
    return add_failure(to, "alerts", "",
                       {ExitCode::Config, fmt::format("{} cannot be used: {}", sink.name(), why), "correct alert_command or alert_webhook in dn.toml"});
  }
  if (!send) return add_told(to, sink.name());
  const std::string why = sink.deliver(test_alert(), StopSignal());
  if (why.empty()) return add_ok(to, "alerts", "", fmt::format("{} took a test", sink.name()));
  add_failure(to, "alerts", "", {ExitCode::VenueDown, fmt::format("{}: {}", sink.name(), why), "see what the receiver says, then try again"});
}

}  // namespace

void check_alerts(Checks& to, const AlertOptions& options, const Online* send) {
  if (!options.asked()) {
    constexpr std::string_view kNobody = "nobody is told when something goes wrong";
    if (send) return add_failure(to, "alerts", "", {ExitCode::Config, std::string(kNobody), "write alert_command or alert_webhook into dn.toml"});
    return add_ok(to, "alerts", "", fmt::format("{}; alert_command or alert_webhook in dn.toml changes that", kNobody));
  }
  if (!options.command.empty()) {
    AlertCommand command(options.command);
    check_receiver(to, command, send != nullptr);
  }
  if (options.webhook.empty()) return;
  if (send == nullptr) return add_told(to, webhook_address(options.webhook).name());
  check_receiver(to, *send->webhook(options.webhook), true);
}

}  // namespace dn::app
