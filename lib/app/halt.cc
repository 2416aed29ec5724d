#include "app/halt.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>

#include "app/control.h"
#include "app/halt_files.h"
#include "app/portfolio_status.h"
#include "app/wall_clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "store/task_lock.h"

namespace dn::app {
namespace {

constexpr int kMostLockLooks = 300;  // at a lock that the halted run still holds: it cancels and proves
constexpr auto kBetween = std::chrono::milliseconds(100);

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

bool trades_on(const TaskSpec& spec, Venue venue) { return spec.leg.buy.exchange == venue || spec.leg.sell.exchange == venue; }

// The tasks that a command is about; of ended ones those that are named, where it is about what they hold.
Expected<std::vector<TaskRecord>, ToolError> concerned(const RunRequest& run, std::optional<Venue> exchange, bool ended) {
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
    if (exchange && !trades_on(t.spec, *exchange)) continue;
    if (named ? ended || t.verdict == Verdict::None : run.names.empty() && t.verdict == Verdict::None) out.push_back(std::move(t));
  }
  return out;
}

std::vector<std::string> names_of(const std::vector<TaskRecord>& tasks) {
  std::vector<std::string> out;
  for (const TaskRecord& t : tasks) out.push_back(t.spec.name);
  return out;
}

// Tasks that were halted because of a venue are known by its file's name in their reason, whether the file or the command was first.
std::string mark_of(Venue venue) { return halt_file_of("HALT", venue); }

Expected<void, ToolError> check_choice(const RunRequest& run, std::optional<Venue> exchange) {
  if (!exchange || run.names.empty()) return {};
  return Unexpected{
      ToolError{ExitCode::Usage, "--exchange and --task do not go together: --exchange is about everything that trades there", "give one of them"}};
}

// A run that was just halted cancels and proves before it lets go of its task.
void wait_for_lock(const std::string& db, const std::string& task) {
  for (int i = 0; i < kMostLockLooks; ++i) {
    const auto lock = TaskLock::acquire(lock_directory(db), task);
    if (lock || !lock.error().held) return;
    std::this_thread::sleep_for(kBetween);
  }
}

// What is told on the way: at once for a person and as NDJSON, as one document at the end with --json.
class Report {
 public:
  Report(std::string_view verb, Output& output) : verb_(verb), output_(output) {}

  void say(const std::string& task, const std::string& message) {
    if (!output_.options().json) return tell(output_, task, message);
    told_ += fmt::format("{}{{\"task\":\"{}\",\"message\":\"{}\"}}", told_.empty() ? "" : ",", json_escaped(task), json_escaped(message));
  }
  void add(const RunOutcome& outcome) {
    ends_.insert(ends_.end(), outcome.json.begin(), outcome.json.end());
    if (output_.options().json || output_.options().ndjson) return;
    for (const std::string& text : outcome.text) output_.data(text);
  }
  ExitCode end(ExitCode code) {
    if (output_.options().json) {
      output_.data(
          fmt::format("{{\"schema\":\"dn.{}/1\",\"exit_code\":{},\"messages\":[{}],\"outcome\":[{}]}}", verb_, number(code), told_, fmt::join(ends_, ",")));
    }
    output_.flush();
    return code;
  }

 private:
  std::string_view verb_;
  Output& output_;
  std::string told_;
  std::vector<std::string> ends_;
};

// A perpetual position that an ended task has opened and not closed. Coins that it moved between spot accounts are no position.
bool holds_position(const TaskRecord& t) {
  if (t.verdict == Verdict::None || t.spec.direction == Direction::Close) return false;
  return std::ranges::any_of(kSides, [&](Side leg) { return *t.spec.leg[leg].exchange == Venue::GateioFutures && !t.leg[leg].net.is_zero(); });
}

// A flatten is about what is under way; what ended tasks hold is named, so that nobody takes it for closed.
ExitCode name_held(const HaltRequest& request, Report& report) {
  if (!request.flatten || !request.run.names.empty()) return ExitCode::Ok;
  auto store = Store::open(request.run.session.db, Store::Mode::ReadOnly);
  if (!store) return ExitCode::Ok;  // said before
  const auto tasks = (*store)->tasks();
  if (!tasks) return ExitCode::Ok;
  std::map<std::string, Qty> position;  // by symbol: another task may have closed what one opened
  for (const TaskRecord& t : *tasks) {
    for (const Side leg : kSides) {
      if (*t.spec.leg[leg].exchange == Venue::GateioFutures) position[t.spec.symbol.str()] += leg == Side::Buy ? t.leg[leg].net : -t.leg[leg].net;
    }
  }
  ExitCode code = ExitCode::Ok;
  for (const TaskRecord& t : *tasks) {
    if (position[t.spec.symbol.str()].is_zero()) continue;
    if (!holds_position(t) || (request.exchange && !trades_on(t.spec, *request.exchange))) continue;
    const bool buys = *t.spec.leg.buy.exchange == Venue::GateioFutures;
    report.say(t.spec.name,
               fmt::format("task {0} has ended and holds {1}{2} {3} of {4}, which stays: dn-recover halt --flatten --task {0} closes it", t.spec.name,
                           buys ? "" : "-", t.leg[buys ? Side::Buy : Side::Sell].net.str(), t.spec.symbol.base.view(), name(Venue::GateioFutures)));
    code = ExitCode::Imbalanced;
  }
  return code;
}

// What a halt leaves to do: cancel and prove, or close as well, task by task.
Expected<ExitCode, ToolError> clear_away(const HaltRequest& request, const std::vector<TaskRecord>& tasks, Output& output, Report& report) {
  ExitCode code = ExitCode::Ok;
  const bool live = request.run.live && request.run.live->orders;
  for (const TaskRecord& t : tasks) {
    if (t.live != live) {
      report.say(t.spec.name, fmt::format("task {} was begun {}: left out (--mode {})", t.spec.name, t.live ? "live" : "on paper", t.live ? "live" : "paper"));
      if (t.live) code = worse(code, ExitCode::Config);  // what was asked for its money is not done
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
    report.add(*done);
  }
  return code;
}

// A person who resumes has seen to what was asked before: a wish to halt that nobody has carried out yet is over.
Expected<void, ToolError> withdraw_halts(Store& store, const std::string& task, Time now) {
  auto pending = store.pending_requests(task);
  if (!pending) return Unexpected{store_failure(pending.error())};
  for (const ControlRequest& r : *pending) {
    if (r.verb != ControlRequest::Verb::Halt) continue;
    if (auto done = store.mark_done(r.id, "withdrawn by resume", now); !done) return Unexpected{store_failure(done.error())};
  }
  return {};
}

// The reason of the halt that it lifted; empty: it was not halted any more.
Expected<std::string, ToolError> lift(const std::string& db, const std::string& name) {
  auto lock = TaskLock::acquire(lock_directory(db), name);
  if (!lock) return Unexpected{lock_failure(lock.error(), name)};
  auto store = Store::open(db, Store::Mode::ReadWrite);
  if (!store) return Unexpected{store_failure(store.error())};
  auto stored = (*store)->load_task(name);
  if (!stored) return Unexpected{store_failure(stored.error())};
  TaskRecord& r = stored->task;
  if (r.mode != TaskMode::Halted) return std::string();
  std::string why = r.reason.empty() ? "no reason is known" : r.reason;
  if (r.guards.unwinding) why += " (what it was closing is dropped: dn-rebalance --flatten closes it)";
  r.mode = TaskMode::Active;
  r.reason.clear();
  // What was counted in a row counts anew, and what was being closed is traded again.
  r.guards.rejects_in_row = {};
  r.guards.escalations_in_row = 0;
  r.guards.unwinding = false;
  r.updated = present_of(r);
  if (auto done = withdraw_halts(**store, name, r.updated); !done) return Unexpected{done.error()};
  JournalBatch batch;
  batch.task = true;
  batch.events.push_back(
      {r.updated, Alerted{AlertKind::Alert, AlertLevel::Warning, Code("resumed"), Reason("by dn-recover resume; it was halted: " + why), {}, {}}});
  if (auto done = (*store)->commit(r, batch); !done) return Unexpected{journal_failure(done.error(), name)};
  return why;
}

// The files that the command takes away: none where it is about named tasks alone.
std::vector<HaltFile> files_to_remove(const ResumeRequest& request) {
  if (!request.run.names.empty()) return {};
  std::vector<HaltFile> out = halts_there(request.run.halt_files);
  if (request.exchange) std::erase_if(out, [&](const HaltFile& f) { return f.venue != request.exchange; });
  return out;
}

bool is_meant(const TaskRecord& t, std::optional<Venue> exchange) {
  return t.mode == TaskMode::Halted && (!exchange || t.reason.find(mark_of(*exchange)) != std::string::npos);
}

ToolError ask_for_yes(const ResumeRequest& request, const std::vector<TaskRecord>& tasks, const std::vector<HaltFile>& files,
                      const std::vector<std::string>& portfolios) {
  std::string what;
  for (const std::string& p : portfolios) what += "\n  " + p;
  for (const TaskRecord& t : tasks) {
    if (is_meant(t, request.exchange)) what += fmt::format("\n  task {}, halted: {}", t.spec.name, printable(t.reason));
  }
  for (const HaltFile& f : files) what += fmt::format("\n  {} is taken away{}", printable(f.path), f.reason.empty() ? "" : ": " + f.reason);
  if (what.empty()) return {ExitCode::Usage, "nothing is halted that this would resume", "nothing; dn-run resume NAME ends a pause"};
  return {ExitCode::Usage, "lifting a halt needs --yes; this would resume:" + what, "read the reasons first (dn-status show NAME), then add --yes"};
}

// What still halts a task that was resumed by its name.
void warn_of_files(const ResumeRequest& request, const TaskSpec& spec, Report& report) {
  for (const HaltFile& f : halts_there(request.run.halt_files)) {
    if (f.venue && !trades_on(spec, *f.venue)) continue;
    const std::string how = f.venue ? fmt::format("--exchange {}", name(*f.venue)) : "--all";
    report.say(spec.name,
               fmt::format("task {}: {} is still there and halts its next run: dn-recover resume {} --yes takes it away", spec.name, printable(f.path), how));
  }
}

}  // namespace

Expected<std::optional<Venue>, ToolError> venue_of_flag(const std::string& text) {
  if (text.empty()) return std::optional<Venue>();
  const auto venue = venue_from(text);
  if (venue) return venue;
  return Unexpected{ToolError{ExitCode::Usage, fmt::format("--exchange {} {}", printable_excerpt(text), no_venue(text)), "write --exchange with one of them"}};
}

Expected<ExitCode, ToolError> halt_tasks(const HaltRequest& request, Output& output) {
  if (auto fine = check_choice(request.run, request.exchange); !fine) return Unexpected{fine.error()};
  if (request.run.live && request.run.live->orders) output.never_wait();
  Report report("halt", output);
  const std::string& db = request.run.session.db;
  std::string reason = request.reason.empty() ? "halted by a person" : printable(request.reason);
  // First what stops everything, also where the database cannot be read.
  if (request.run.names.empty()) {
    const std::string& all = request.run.halt_files[0];
    const std::string file = request.exchange ? halt_file_of(all, *request.exchange) : all;
    if (auto done = write_halt_file(file, reason); !done) return Unexpected{done.error()};
    report.say("", fmt::format("{} is written: {} stops trading now", printable(file),
                               request.exchange ? fmt::format("what trades on {}", name(*request.exchange)) : "every run of this state directory"));
  }
  if (request.exchange) reason = fmt::format("{}: {}", mark_of(*request.exchange), reason);
  auto tasks = concerned(request.run, request.exchange, request.flatten);
  if (!tasks) return Unexpected{tasks.error()};
  if (tasks->empty()) report.say("", "no task is under way");
  const std::vector<std::string> names = names_of(*tasks);
  Alerts alerts(request.run.alerts, db);
  alerts.mark_idle(names, output);
  for (const TaskRecord& t : *tasks) {
    if (t.mode == TaskMode::Halted) report.say(t.spec.name, fmt::format("task {}: is halted already: {}", t.spec.name, printable(t.reason)));
    if (t.mode == TaskMode::Halted || t.verdict != Verdict::None) continue;
    auto done = ask_of_task(db, ControlRequest::Verb::Halt, t.spec.name, {reason});
    if (!done) return Unexpected{done.error()};
    report.say(t.spec.name, *done);
  }
  if (!request.cancel_all && !request.flatten) {
    alerts.deliver_idle(names, output);
    return report.end(request.at_least);
  }
  const auto code = clear_away(request, *tasks, output, report);
  if (!code) return code;
  return report.end(worse(*code, name_held(request, report)));
}

Expected<ExitCode, ToolError> halt_without_venues(HaltRequest request, const CommonFlags& flags, const ToolError& why, Output& output) {
  request.run = RunRequest{};
  request.run.names = flags.tasks;
  if (const auto place = installation(flags)) {
    request.run.session.db = place->db;
    request.run.halt_files = place->halt_files;
  } else if (!flags.db.empty()) {
    request.run.session.db = flags.db;
    request.run.halt_files = {(std::filesystem::path(flags.db).parent_path() / "HALT").string()};
  } else {
    return Unexpected{ToolError{why.code, why.message + "\nnothing is halted: without dn.toml the state directory is not known",
                                "touch HALT in the state directory: that stops every run; or give --db"}};
  }
  const bool undone = request.cancel_all || request.flatten;
  output.message(fmt::format("{}\n{}", why.message, undone ? "nothing is cancelled or closed before that is mended" : "the halt needs none of that"));
  request.cancel_all = request.flatten = false;
  if (undone) request.at_least = why.code;
  return halt_tasks(request, output);
}

Expected<ExitCode, ToolError> resume_tasks(const ResumeRequest& request, Output& output) {
  const RunRequest& run = request.run;
  if (auto fine = check_choice(run, request.exchange); !fine) return Unexpected{fine.error()};
  if (request.yes && run.names.empty() && !request.exchange && !run.all) {
    return Unexpected{ToolError{ExitCode::Usage, "resume without --task would lift every halt", "name the task (--task NAME), or write --all"}};
  }
  auto tasks = concerned(run, request.exchange, false);
  if (!tasks) return Unexpected{tasks.error()};
  if (tasks->empty() && !run.names.empty()) {
    return Unexpected{ToolError{ExitCode::Refused, fmt::format("task {} has ended", run.names[0]),
                                "dn-run FILE --restart begins a new round; dn-recover resume --all --yes takes the files of the kill switch away"}};
  }
  const std::vector<HaltFile> files = files_to_remove(request);
  const bool everything = run.names.empty() && !request.exchange;
  const auto portfolios = resume_portfolios(run.session.db, !request.yes || !everything);
  if (!portfolios) return Unexpected{portfolios.error()};
  if (!request.yes) return Unexpected{ask_for_yes(request, *tasks, files, everything ? *portfolios : std::vector<std::string>{})};
  const std::vector<std::string> names = names_of(*tasks);
  Alerts alerts(run.alerts, run.session.db);
  alerts.mark_idle(names, output);
  Report report("resume", output);
  for (const std::string& p : *portfolios) {
    report.say("", p + (everything ? "; resumed, losses count anew from here" : "; its tasks halt again until dn-recover resume --all --yes lifts that"));
  }
  for (const TaskRecord& t : *tasks) {
    const std::string& name = t.spec.name;
    if (t.mode == TaskMode::Halted && !is_meant(t, request.exchange)) {
      report.say(name, fmt::format("task {}: stays halted, for another reason: {}", name, printable(t.reason)));
      continue;
    }
    const auto why = is_meant(t, request.exchange) ? lift(run.session.db, name) : Expected<std::string, ToolError>(std::string());
    if (!why) return Unexpected{why.error()};
    report.say(name, why->empty() ? fmt::format("task {}: not halted, nothing to do", name)
                                  : fmt::format("task {}: resumed; it was halted: {}", name, printable(*why)));
    if (!run.names.empty()) warn_of_files(request, t.spec, report);
  }
  for (const HaltFile& f : files) {
    // An empty directory of that name halts as well.
    if (unlink(f.path.c_str()) != 0 && !(errno == EISDIR && rmdir(f.path.c_str()) == 0) && errno != ENOENT) {
      return Unexpected{ToolError{ExitCode::Io, fmt::format("{}: {}", printable(f.path), std::strerror(errno)),
                                  "remove it by hand: until then it halts every run it is for"}};
    }
    report.say("", fmt::format("{} is removed", printable(f.path)));
  }
  if (tasks->empty() && files.empty() && portfolios->empty()) report.say("", "nothing is halted");
  alerts.deliver_idle(names, output);
  return report.end(ExitCode::Ok);
}

}  // namespace dn::app
