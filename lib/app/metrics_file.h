// `dn-run --metrics-file`: the metrics of a run's tasks in a file, for node_exporter's textfile collector.
//
// A thread of its own reads the database on a connection of its own, as the alerts do, so that nothing of it is on the way of an order; the
// last text is written by whoever ends the run. Thread rule: all functions are for the run's thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/output.h"
#include "app/tool_error.h"

namespace dn::app {

class MetricsFile {
 public:
  // `path` empty: nothing is done. `db` is the database of the tasks.
  MetricsFile(std::string path, std::string db);
  ~MetricsFile();  // as `settle`, and says nothing
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

  // The file tells of these tasks as well from now on: at once, every 15 s, and at the end.
  void watch(const std::vector<std::string>& tasks);
  // Says what goes wrong, once until it goes well again. Cheap: for between two steps.
  void tell(Output& output);
  // The runs are over, and what became of them is in the database: the last text.
  void settle(Output& output);

 private:
  void run();
  // "" when the file is written.
  std::string write_now(const std::vector<std::string>& tasks) const;
  void note(std::string why);
  void stop();

  std::string path_;
  std::string db_;
  std::mutex mutex_;  // of the next group
  std::condition_variable changed_;
  std::vector<std::string> tasks_;
  std::string trouble_;  // not told yet
  bool fresh_ = false;   // tasks came
  bool stopping_ = false;

  bool failing_ = false;  // of whoever writes: the last text could not be written
  std::thread thread_;
};

// Whether a file can be written there: before anything begins. Errors: Usage (no regular file), NotFound (no directory), Io.
Expected<void, ToolError> check_metrics_file(const std::string& path);

}  // namespace dn::app
