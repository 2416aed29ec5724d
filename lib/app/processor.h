// Which processors this process may run on, and staying on one.
#pragma once

#include <string>
#include <vector>

namespace dn::app {

// By number, ascending.
std::vector<int> usable_processors();

// The calling thread stays on it from now on. One of the usable ones; what cannot be done is left.
void pin_to(int processor);

}  // namespace dn::app
