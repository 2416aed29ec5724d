// Alerts to a program of the user: the event as one line of JSON on its standard input, one process for each.
//
// No shell is between. What the program prints is thrown away. Its environment is a short list of names: a secret of ours is in none of
// them. It gets no descriptor of ours, and a process group of its own, which is killed when its time is over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/alert_sink.h"
#include "base/expected.h"

namespace dn::app {

// Program and arguments: divided at blanks; what stands in '...' or "..." is taken as it is, there are no escapes. The error is the reason.
Expected<std::vector<std::string>, std::string> split_command(std::string_view text);

class AlertCommand final : public AlertSink {
 public:
  // `argv` is not empty.
  explicit AlertCommand(std::vector<std::string> argv, int most_millis = kMostMillis) : argv_(std::move(argv)), most_millis_(most_millis) {}
  std::string name() const override;
  std::string unusable() const override;
  std::string deliver(const std::string& json, const StopSignal& stop) override;

 private:
  std::vector<std::string> argv_;
  int most_millis_;
};

}  // namespace dn::app
