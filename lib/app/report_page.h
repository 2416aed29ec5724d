// The report as one page that needs nothing else: no script, no font, no network. Pure.
//
// The page stays below kMostPageBytes: sections of tasks that do not fit are left out, and the page says which.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "app/report_plots.h"

namespace dn::app {

inline constexpr std::size_t kMostPageBytes = 1'900'000;

// Made task by task, so that only one task's data are in memory at a time.
class ReportPage {
 public:
  // `now`: when the report is made.
  explicit ReportPage(Time now) : now_(now) {}
  void add(const TaskReport& r);
  std::string finish() const;

 private:
  Time now_;
  std::string title_ = "dn report";
  std::string rows_;  // of the overview
  std::string sections_;
  std::vector<std::string> left_out_;
  std::size_t tasks_ = 0;
};

// One plot as an SVG file.
std::string plot_file(PlotKind kind, const TaskReport& r);

}  // namespace dn::app
