// What dn-status does over the network: ask the venues, send an alert. dn-status itself is linked without it (see app/status_tool.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/alert_sink.h"
#include "app/audit_online.h"
#include "app/ground.h"
#include "app/task_file.h"
#include "app/tool.h"

namespace dn::app {

struct Online {
  // Where tasks can be looked at, with the account's keys where they are there. Errors: Config, NotFound, BadData.
  Expected<std::unique_ptr<Grounds>, ToolError> (*grounds)(const CommonFlags& common, const Installation& place, const std::vector<TaskSource>& tasks);
  // Of an address without a problem.
  std::unique_ptr<AlertSink> (*webhook)(const std::string& address);
  decltype(&ask_venues) ask;
};
const Online& online();

}  // namespace dn::app
