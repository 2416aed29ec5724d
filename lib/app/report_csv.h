// The data behind the plots, exact and not thinned, as CSV. Pure.
#pragma once

#include <optional>
#include <string>

#include "app/report_plots.h"

namespace dn::app {

// One line with the names of the columns.
std::string report_csv_head();
// Lines of one task: of one plot, or of all. `x` is a time (RFC 3339) or the name of a part, `y` an exact decimal; of a stretch of time
// `x` is its begin and `y` its end.
std::string report_csv(const TaskReport& r, std::optional<PlotKind> only);

}  // namespace dn::app
