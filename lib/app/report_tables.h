// The texts and tables of the report's page, as HTML; everything that comes from outside is escaped. Pure.
#pragma once

#include <string>

#include "app/report_data.h"

namespace dn::app {

// One task in the overview; `linked`: the page has a section of it.
std::string overview_row(const TaskReport& r, bool linked);
std::string overview_table(const std::string& rows);

std::string task_head(const TaskReport& r);  // what it trades, how it stands, what to do
std::string tiles(const TaskReport& r);      // key figures
std::string profit_table(const TaskReport& r);
std::string latency_table(const TaskReport& r);
std::string told_table(const TaskReport& r);      // errors, limits and alerts by code
std::string tradable_table(const TaskReport& r);  // how the time was spent
std::string books_table(const TaskReport& r);     // sums beside sums

}  // namespace dn::app
