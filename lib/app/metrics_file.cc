#include "app/metrics_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "app/metrics.h"
#include "app/replace_file.h"
#include "app/side_thread.h"
#include "base/text.h"
#include "store/files.h"

namespace dn::app {
namespace {

constexpr std::chrono::seconds kBetweenTexts(15);

}  // namespace

Expected<void, ToolError> check_metrics_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const std::string directory = parent_directory(path);
  const std::string shown = fmt::format("--metrics-file {}", printable(path));
  if (!fs::is_directory(directory, ignored)) {
    return Unexpected{ToolError{ExitCode::NotFound, fmt::format("{}: there is no directory {}", shown, printable(directory)), "make the directory"}};
  }
  const fs::file_status there = fs::symlink_status(path, ignored);
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    return Unexpected{
        ToolError{ExitCode::Usage, shown + " is not a regular file, and the file is replaced as a whole", "name a file, usually one that ends with .prom"}};
  }
  if (access(directory.c_str(), W_OK | X_OK) != 0) {
    return Unexpected{ToolError{ExitCode::Io, fmt::format("{}: no file may be made in {}", shown, printable(directory)),
                                "let this user write there; the file is made beside its old one and then takes its place"}};
  }
  return {};
}

MetricsFile::MetricsFile(std::string path, std::string db) : path_(std::move(path)), db_(std::move(db)) {}

MetricsFile::~MetricsFile() { stop(); }

void MetricsFile::watch(const std::vector<std::string>& tasks) {
  if (path_.empty() || tasks.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& t : tasks) {
      if (std::ranges::find(tasks_, t) == tasks_.end()) tasks_.push_back(t);
    }
    fresh_ = true;
    changed_.notify_one();
  }
  if (!thread_.joinable()) thread_ = side_thread([this] { run(); });
}

void MetricsFile::tell(Output& output) {
  std::string why;
  {
    const std::lock_guard lock(mutex_);
    why = std::exchange(trouble_, {});
  }
  if (!why.empty()) output.error(fmt::format("the metrics cannot be written: {}; the run goes on, and it is tried again", why));
}

void MetricsFile::settle(Output& output) {
  if (!thread_.joinable()) return;
  stop();
  tell(output);
}

void MetricsFile::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  thread_.join();
  note(write_now(tasks_));
}

void MetricsFile::note(std::string why) {
  const bool was_failing = std::exchange(failing_, !why.empty());
  if (was_failing || why.empty()) return;
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(why);
}

void MetricsFile::run() {
  stand_behind();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    fresh_ = false;
    const std::vector<std::string> tasks = tasks_;
    lock.unlock();
    note(write_now(tasks));
    lock.lock();
    changed_.wait_for(lock, kBetweenTexts, [this] { return stopping_ || fresh_; });
  }
}

std::string MetricsFile::write_now(const std::vector<std::string>& tasks) const {
  auto store = Store::open(db_, Store::Mode::ReadOnly);
  if (!store) return store.error().message;
  const auto read = read_metrics(**store, db_, tasks);
  if (!read) return read.error().message;
  return replace_file(path_, metrics_text(*read), FileMode::Kept);
}

}  // namespace dn::app
