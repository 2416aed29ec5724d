// Paper trading on the real venues' prices: their public streams move a simulated exchange in real time. No key, no signature.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/ground.h"
#include "app/paper.h"
#include "live/venues.h"

namespace dn::app {

std::unique_ptr<Ground> paper_on_live_prices(MarketView view, std::vector<venues::VenueFacts> facts, live::Venues& venues, const PaperOptions& options,
                                             std::function<void(live::Link&)> hook);

}  // namespace dn::app
