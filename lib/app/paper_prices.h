// A paper market that is only watched.
#pragma once

#include <memory>

#include "app/ground.h"
#include "app/paper.h"

namespace dn::app {

std::unique_ptr<Prices> paper_prices(PaperMarket market);

}  // namespace dn::app
