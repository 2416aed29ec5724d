// Who is told of alerts while nobody looks, and how often.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/task_event.h"

namespace dn::app {

struct AlertOptions {
  std::vector<std::string> command;  // program and arguments; empty: none
  std::string webhook;               // its address: may hold a token, never printed; empty: none
  AlertLevel level = AlertLevel::Warning;
  Dur interval = Dur::seconds(60);  // real time in which a task's code is delivered once at most

  bool asked() const { return !command.empty() || !webhook.empty(); }
};

}  // namespace dn::app
