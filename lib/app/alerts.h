// Alerts that reach a person: what a run's tasks store of limits, alerts and halts goes to a command and to a webhook.
//
// All of it is done by threads of its own (app/alert_mail.h), one for each receiver, that start with the first task and only where a
// receiver is given. The run's thread starts them, prints what they have to say, and waits for them at the end, for kMostAtEnd in all.
// What is not delivered then, or was not when the process was killed, goes out at the task's next run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/alert_mail.h"
#include "app/alert_options.h"
#include "app/output.h"
#include "app/tool_error.h"

namespace dn::app {

class Alerts {
 public:
  static constexpr Dur kMostAtEnd = Dur::seconds(5);

  // `db` is the database of the tasks; the files lie with their locks.
  Alerts(const AlertOptions& options, std::string db);
  ~Alerts();

  // These tasks' alerts are delivered from now on. They are in the database, and their locks are held until `settle` came back.
  void watch(const std::vector<std::string>& tasks, Output& output);
  // Prints what there is to say. Cheap: for between two steps.
  void tell(Output& output);
  // The tasks' runs are over: waits for what is outstanding, for a while; a signal ends the wait.
  void settle(Output& output);
  // For a command that stores events of tasks which nobody runs: before it, where alerts begin; after it, what is outstanding. Tasks that
  // another process holds are left to it.
  void mark_idle(const std::vector<std::string>& tasks, Output& output);
  void deliver_idle(const std::vector<std::string>& tasks, Output& output);
  // The tool ends with this error.
  void tell_error(const ToolError& error, Output& output);

 private:
  struct Receiver {
    AlertMail mail;
    std::string suffix;  // of its files
  };
  std::string path(std::string_view task, const Receiver& receiver) const;
  std::vector<AlertBox> open(const std::vector<std::string>& tasks, Receiver& receiver, Output& output) const;
  void wait_until_idle();

  AlertOptions options_;
  std::string db_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  Dur left_ = kMostAtEnd;
};

}  // namespace dn::app
