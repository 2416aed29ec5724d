#include "app/online.h"

#include <set>

#include "app/alert_webhook.h"
#include "app/credentials.h"
#include "app/live_ground.h"
#include "app/run_flags.h"

namespace dn::app {
namespace {

// False: there are none, and what is public can still be looked at.
bool give_keys(const CommonFlags& common, const Installation& place, const std::vector<TaskSource>& tasks, LiveOptions& live) {
  std::set<std::string> accounts;
  for (const TaskSource& t : tasks) {
    for (const Side leg : kSides) accounts.insert(venues::registered(*t.spec.leg[leg].exchange).account);
  }
  const auto keys = load_credentials(place.config, common.credentials, accounts);
  if (!keys) return false;
  for (auto& [venue, access] : live.access) {
    const auto at = keys->find(venues::registered(venue).account);
    if (at != keys->end()) access.credentials = at->second;
  }
  return true;
}

Expected<std::unique_ptr<Grounds>, ToolError> grounds_to_look(const CommonFlags& common, const Installation& place, const std::vector<TaskSource>& tasks) {
  RunFlags flags;
  flags.plan = true;
  CommonFlags all = common;
  all.all = true;  // only its venues are of interest here
  auto request = run_request(flags, all);
  if (!request) return Unexpected{request.error()};
  if (!request->live) return std::unique_ptr<Grounds>(std::make_unique<PaperGrounds>(request->paper));
  LiveOptions live = *request->live;
  live.orders = live.orders && give_keys(common, place, tasks, live);
  return std::unique_ptr<Grounds>(std::make_unique<LiveGrounds>(std::move(live)));
}

std::unique_ptr<AlertSink> webhook(const std::string& address) { return std::make_unique<AlertWebhook>(address); }

}  // namespace

const Online& online() {
  static constexpr Online kOnline{&grounds_to_look, &webhook, &ask_venues};
  return kOnline;
}

}  // namespace dn::app
