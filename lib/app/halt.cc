#include "app/halt.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "app/control.h"
#include "base/text.h"
#include "store/task_lock.h"

namespace dn::app {
namespace {

constexpr int kMostLooks = 300;  // at a lock that the halted run still holds: it cancels and proves
constexpr auto kBetween = std::chrono::milliseconds(100);

Time wall_clock() { return Time{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }

// The file that every run looks for before each step. Whatever is there already stays: a halt is a halt.
Expected<void, ToolError> write_halt_file(const std::string& path, const std::string& reason) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return Unexpected{ToolError{ExitCode::Io, fmt::format("{}: {}", printable(path), std::strerror(errno)), "touch it by hand: any file of this name halts"}};
  const std::string line = fmt::format("{} {}\n", rfc3339(wall_clock()), reason);
  const bool written = write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  close(fd);
  (void)written;  // its being there is what counts
  return {};
}

// The tasks that a command is about; of ended ones those that are named, where it is about what they hold.
Expected<std::vector<TaskRecord>, ToolError> concerned(const RunRequest& run, bool ended) {
  std::vector<TaskRecord> out;
  if (!std::filesystem::exists(run.session.db) && run.names.empty()) return out;
  auto store = Store::open(run.session.db, Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  auto tasks = (*store)->tasks();
  if (!tasks) return Unexpected{store_failure(tasks.error())};
  for (const std::string& name : run.names) {
    if (std::ranges::any_of(*tasks, [&](const TaskRecord& t) { return t.spec.name == name; })) continue;
    return Unexpected{no_such_task(name, run.session.db)};
  }
  for (TaskRecord& t : *tasks) {
    const bool named = std::ranges::find(run.names, t.spec.name) != run.names.end();
    if (named ? ended || t.verdict == Verdict::None : run.names.empty() && t.verdict == Verdict::None) out.push_back(std::move(t));
  }
  return out;
}

std::vector<std::string> names_of(const std::vector<TaskRecord>& tasks) {
  std::vector<std::string> out;
  for (const TaskRecord& t : tasks) out.push_back(t.spec.name);
  return out;
}

// A run that was just halted cancels and proves before it lets go of its task.
void wait_for_lock(const std::string& db, const std::string& task) {
  for (int i = 0; i < kMostLooks; ++i) {
    const auto lock = TaskLock::acquire(lock_directory(db), task);
    if (lock || !lock.error().held) return;
    std::this_thread::sleep_for(kBetween);
  }
}

}  // namespace

Expected<ExitCode, ToolError> halt_tasks(const HaltRequest& request, Output& output) {
  const std::string reason = request.reason.empty() ? "halted by a person" : printable(request.reason);
  const bool everything = request.run.names.empty();
  // First what stops everything, also where the database cannot be read.
  if (everything) {
    if (auto done = write_halt_file(request.run.halt_files[0], reason); !done) return Unexpected{done.error()};
    output.message(fmt::format("{} is written: every run of this state directory stops trading now", request.run.halt_files[0]));
  }
  auto tasks = concerned(request.run, request.flatten);
  if (!tasks) return Unexpected{tasks.error()};
  if (tasks->empty()) tell(output, "", "no task is under way");
  const std::vector<std::string> names = names_of(*tasks);
  Alerts alerts(request.run.alerts, request.run.session.db);
  alerts.mark_idle(names, output);
  for (const TaskRecord& t : *tasks) {
    if (t.mode == TaskMode::Halted) tell(output, t.spec.name, fmt::format("task {}: is halted already: {}", t.spec.name, printable(t.reason)));
    if (t.mode == TaskMode::Halted || t.verdict != Verdict::None) continue;
    auto done = control_task(request.run.session.db, ControlRequest::Verb::Halt, t.spec.name, {reason}, output);
    if (!done) return done;
  }
  if (!request.cancel_all && !request.flatten) {
    alerts.deliver_idle(names, output);
    return ExitCode::Ok;
  }
  ExitCode code = ExitCode::Ok;
  for (const TaskRecord& t : *tasks) {
    const bool live = request.run.live && request.run.live->orders;
    if (t.live != live) {
      output.message(fmt::format("task {} was begun {}: left out (--mode {})", t.spec.name, t.live ? "live" : "on paper", t.live ? "live" : "paper"));
      continue;
    }
    wait_for_lock(request.run.session.db, t.spec.name);
    RunRequest r = request.run;
    r.names = {t.spec.name};
    r.all = false;
    r.halt_files.clear();  // what is left to do is what a halt is for
    r.session.errand = Errand{};
    if (request.flatten) r.session.errand->kind = Errand::Kind::Flatten;
    const auto done = carry_out(r, output);
    if (!done) return Unexpected{done.error()};
    code = worse(code, done->code);
    if (!output.options().json && !output.options().ndjson) output.data(done->text[0]);
  }
  return code;
}

Expected<ExitCode, ToolError> resume_tasks(const RunRequest& run, Output& output) {
  auto tasks = concerned(run, false);
  if (!tasks) return Unexpected{tasks.error()};
  if (tasks->empty() && !run.names.empty()) {
    return Unexpected{ToolError{ExitCode::Refused, fmt::format("task {} has ended", run.names[0]),
                                "dn-run FILE --restart begins a new round; dn-recover resume --all --yes takes the file HALT away"}};
  }
  const std::vector<std::string> names = names_of(*tasks);
  Alerts alerts(run.alerts, run.session.db);
  alerts.mark_idle(names, output);
  for (const TaskRecord& t : *tasks) {
    const std::string& name = t.spec.name;
    auto lock = TaskLock::acquire(lock_directory(run.session.db), name);
    if (!lock) return Unexpected{lock_failure(lock.error(), name)};
    auto store = Store::open(run.session.db, Store::Mode::ReadWrite);
    if (!store) return Unexpected{store_failure(store.error())};
    auto stored = (*store)->load_task(name);
    if (!stored) return Unexpected{store_failure(stored.error())};
    TaskRecord& r = stored->task;
    if (r.mode != TaskMode::Halted) {
      tell(output, name, fmt::format("task {}: not halted, nothing to do", name));
      continue;
    }
    const std::string why = r.reason;
    r.mode = TaskMode::Active;
    r.reason.clear();
    r.updated = present_of(r);
    JournalBatch batch;
    batch.task = true;
    batch.events.push_back(
        {r.updated, Alerted{AlertKind::Alert, AlertLevel::Warning, Code("resumed"), Reason("by dn-recover resume; it was halted: " + why), {}, {}}});
    if (auto done = (*store)->commit(r, batch); !done) return Unexpected{journal_failure(done.error(), name)};
    tell(output, name, fmt::format("task {}: resumed; it was halted: {}", name, printable(why)));
  }
  for (const std::string& file : run.halt_files) {
    if (unlink(file.c_str()) == 0) {
      tell(output, "", fmt::format("{} is removed", file));
    } else if (errno != ENOENT) {
      return Unexpected{ToolError{ExitCode::Io, fmt::format("{}: {}", printable(file), std::strerror(errno)), "remove it by hand: until then every run halts"}};
    }
  }
  alerts.deliver_idle(names, output);
  return ExitCode::Ok;
}

}  // namespace dn::app
