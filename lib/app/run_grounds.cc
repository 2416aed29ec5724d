#include <fmt/format.h>

#include <set>

#include "app/control.h"
#include "app/credentials.h"
#include "app/preflight_local.h"
#include "app/run.h"
#include "store/files.h"

namespace dn::app {

Expected<std::unique_ptr<Grounds>, ToolError> make_grounds(const RunRequest& request, const std::vector<TaskSource>& tasks, Output& output,
                                                           std::function<std::optional<ExitCode>()> stop) {
  if (!request.live) return std::unique_ptr<Grounds>(std::make_unique<PaperGrounds>(request.paper));
  LiveOptions live = *request.live;
  live.paper = request.paper;
  if (live.orders) {
    const bool sends = !request.session.errand || request.session.errand->kind != Errand::Kind::Prove;
    std::set<std::string> accounts;
    for (const TaskSource& source : tasks) {
      for (const Side leg : kSides) accounts.insert(venues::registered(*source.spec.leg[leg].exchange).account);
      if (!sends || source.spec.risk.max_order_notional) continue;
      Problems problems;
      problems.add(source.place_of("risk.max_order_notional"), "risk.max_order_notional",
                   fmt::format("task \"{}\": live trading needs this limit; write max_order_notional = VALUE under [risk], the most that one order may be "
                               "worth in {}",
                               source.spec.name, source.spec.symbol.quote.view()));
      return Unexpected{problems.error()};
    }
    // A way out is never barred.
    if (!request.session.errand) {
      if (auto ours = refuse_state_of_others(request.session.db, request.halt_files); !ours) return Unexpected{ours.error()};
    }
    auto keys = load_credentials(request.config, request.credentials_file, accounts);
    if (!keys) return Unexpected{keys.error()};
    for (auto& [venue, access] : live.access) access.credentials = (*keys)[venues::registered(venue).account];
  }
  // Where the request budgets lie. When they cannot, the run goes on and says so.
  for (const auto& [venue, access] : live.access) (void)make_private_directory(access.budget_directory);
  if (!output.options().quiet) live.note = [&output](const std::string& note) { output.message(note); };
  live.stop = std::move(stop);
  live.leave_orders = request.session.leave_orders;
  live.halt_files = request.halt_files;
  return std::unique_ptr<Grounds>(std::make_unique<LiveGrounds>(std::move(live)));
}

}  // namespace dn::app
