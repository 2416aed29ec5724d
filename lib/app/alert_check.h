// Whether alerts would reach anybody.
#pragma once

#include "app/alert_options.h"
#include "app/online.h"
#include "app/preflight.h"

namespace dn::app {

// A row for each receiver. `send`: null, or each is given one alert of level INFO and code "test", whatever alert_level says; takes as long as they take,
// AlertSink::kMostMillis each at most.
void check_alerts(Checks& to, const AlertOptions& options, const Online* send);

}  // namespace dn::app
