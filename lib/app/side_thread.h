// Threads beside the one that trades.
#pragma once

#include <functional>
#include <thread>

namespace dn::app {

// Signals are for the thread that trades: none reaches this one.
std::thread side_thread(std::function<void()> work);

// Called by such a thread: on a machine without a core to spare, it and the programs that it starts stand behind the one that trades.
void stand_behind();

}  // namespace dn::app
