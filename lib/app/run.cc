#include "app/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "app/plan_run.h"
#include "app/runner.h"
#include "app/standing.h"

namespace dn::app {

ToolError rescue(const RunRequest& request, ToolError e, Output& output, Alerts& alerts) {
  const std::array<ExitCode, 4> lasting{ExitCode::VenueDown, ExitCode::Config, ExitCode::Refused, ExitCode::Contradiction};
  const bool lasts = std::ranges::find(lasting, e.code) != lasting.end();
  if (!request.live || !request.live->orders || request.session.errand || !lasts) return e;
  RunRequest prove = request;
  prove.names = tasks_with_orders(request);
  if (prove.names.empty()) return e;
  prove.files.clear();
  prove.from_flags.clear();
  prove.settings.clear();
  prove.all = false;
  prove.session = SessionOptions{};
  prove.session.db = request.session.db;
  prove.session.errand = Errand{};
  output.message(fmt::format("{}\nthe run does not begin; what an earlier one left is cancelled and proven where that can be done", e.message));
  const auto done = Runner(prove, output, alerts).run();
  const std::vector<std::string> left = tasks_with_orders(request);
  for (const std::string& task : left) e.message += fmt::format("\norders of task {} are not proven yet: dn-status orders {} --open", task, task);
  if (done && done->code != ExitCode::VenueDown) e.code = worse(e.code, done->code);
  return e;
}

Expected<RunOutcome, ToolError> carry_out(const RunRequest& request, Output& output) {
  Alerts alerts(request.alerts, request.session.db);
  auto done = Runner(request, output, alerts).run();
  if (done) return done;
  ToolError e = rescue(request, done.error(), output, alerts);
  alerts.tell_error(e, output);
  return Unexpected{std::move(e)};
}

Expected<ExitCode, ToolError> run_tasks(const RunRequest& request, Output& output) {
  if (request.plan) return plan_tasks(request, output);
  const auto done = carry_out(request, output);
  if (!done) return Unexpected{done.error()};
  if (output.options().json) {
    output.data(fmt::format("{{\"schema\":\"dn.run/1\",\"exit_code\":{},\"tasks\":[{}]}}", number(done->code), fmt::join(done->json, ",")));
  } else if (output.options().quiet) {
    for (const std::string& text : done->trouble) output.error(text);
  } else if (!output.options().ndjson) {
    for (const std::string& text : done->text) output.data(text);
  }
  output.flush();
  return done->code;
}

}  // namespace dn::app
