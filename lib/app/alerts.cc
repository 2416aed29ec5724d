#include "app/alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/alert_command.h"
#include "app/alert_event.h"
#include "app/alert_file.h"
#include "app/alert_webhook.h"
#include "app/control.h"
#include "app/signals.h"
#include "app/wall_clock.h"
#include "store/files.h"
#include "store/task_lock.h"

namespace dn::app {
namespace {

constexpr Dur kMostForError = Dur::seconds(2);  // also where the tasks' alerts took all the time
constexpr std::int64_t kLookUs = 5'000;         // between two looks whether all is delivered

}  // namespace

Alerts::Alerts(const AlertOptions& options, std::string db) : options_(options), db_(std::move(db)) {
  const auto add = [&](std::unique_ptr<AlertSink> sink, const char* suffix) {
    receivers_.push_back(std::unique_ptr<Receiver>(new Receiver{AlertMail(std::move(sink), options_, db_), suffix}));
  };
  if (!options_.command.empty()) add(std::make_unique<AlertCommand>(options_.command), "alerts-command");
  if (!options_.webhook.empty()) add(std::make_unique<AlertWebhook>(options_.webhook), "alerts-webhook");
}

Alerts::~Alerts() = default;

std::string Alerts::path(std::string_view task, const Receiver& receiver) const { return fmt::format("{}/{}.{}", lock_directory(db_), task, receiver.suffix); }

std::vector<AlertBox> Alerts::open(const std::vector<std::string>& tasks, Receiver& receiver, Output& output) const {
  std::vector<AlertBox> out;
  auto store = Store::open(db_, Store::Mode::ReadOnly);
  if (!store) {
    output.message(fmt::format("alerts are not delivered: {}", store.error().message));
    return out;
  }
  std::vector<std::string> notes;
  for (const std::string& task : tasks) out.emplace_back(**store, task, path(task, receiver), receiver.mail.receiver(), wall_clock(), notes);
  for (const std::string& n : notes) output.message(n);
  return out;
}

void Alerts::watch(const std::vector<std::string>& tasks, Output& output) {
  if (tasks.empty()) return;
  for (auto& r : receivers_) {
    if (const std::string why = r->mail.sink().unusable(); !why.empty()) {
      output.message(fmt::format("{} cannot be used ({}): alerts are not delivered by it", r->mail.receiver(), why));
    }
    for (AlertBox& box : open(tasks, *r, output)) r->mail.watch(std::move(box));
  }
}

void Alerts::mark_idle(const std::vector<std::string>& tasks, Output& output) {
  for (const std::string& task : tasks) {
    if (receivers_.empty()) return;
    const auto lock = TaskLock::acquire(lock_directory(db_), task);
    if (!lock) continue;
    for (auto& r : receivers_) (void)open({task}, *r, output);
  }
}

void Alerts::deliver_idle(const std::vector<std::string>& tasks, Output& output) {
  if (receivers_.empty()) return;
  std::vector<TaskLock> locks;
  std::vector<std::string> idle;
  for (const std::string& task : tasks) {
    auto lock = TaskLock::acquire(lock_directory(db_), task);
    if (!lock) continue;
    locks.push_back(std::move(*lock));
    idle.push_back(task);
  }
  watch(idle, output);
  settle(output);
}

void Alerts::tell(Output& output) {
  for (auto& r : receivers_) {
    for (const std::string& n : r->mail.take_notes()) output.message(n);
    for (const std::string& t : r->mail.take_troubles()) output.error(t);
  }
}

void Alerts::wait_until_idle() {
  const auto idle = [&] { return std::ranges::all_of(receivers_, [](const auto& r) { return r->mail.idle(); }); };
  const auto begin = std::chrono::steady_clock::now();
  const auto spent = [&] { return Dur::micros(std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count()); };
  SignalReader signals;
  while (!idle() && spent() < left_) {
    const auto came = signals.wait(kLookUs);
    if (std::ranges::any_of(came, [](int s) { return s != SIGHUP; })) break;
  }
  left_ = std::max(left_ - spent(), Dur{});
  for (auto& r : receivers_) r->mail.end();
}

void Alerts::settle(Output& output) {
  if (receivers_.empty()) return;
  for (auto& r : receivers_) r->mail.drain();
  wait_until_idle();
  tell(output);
}

void Alerts::tell_error(const ToolError& error, Output& output) {
  if (receivers_.empty() || !reaches(level_of(error), options_.level)) return;
  (void)make_private_directory(lock_directory(db_));
  struct Told {
    Receiver* receiver;
    AlertLedger ledger;
    std::int64_t events;
  };
  std::vector<Told> told;
  for (auto& r : receivers_) {
    auto known = read_alert_ledger(path(".error", *r));
    AlertLedger ledger = known && *known ? std::move(**known) : AlertLedger{};
    if (const auto failed = std::exchange(ledger.failed, 0); failed > 0) {
      output.message(fmt::format("errors of earlier runs that could not be told to {}: {}", r->mail.receiver(), failed));
    }
    const auto due = AlertThrottle(AlertBounds{options_.interval}).offer_at_once(ledger, wall_clock(), fmt::format("exit_{}", number(error.code)));
    if (due) {
      r->mail.post(with_suppressed(exit_error_json(error), due->suppressed, due->mixed));
      told.push_back({r.get(), std::move(ledger), due->events()});
    } else {
      (void)write_alert_ledger(path(".error", *r), ledger);
    }
  }
  left_ = std::max(left_, kMostForError);
  wait_until_idle();
  for (Told& t : told) {
    if (!t.receiver->mail.posted()) t.ledger.failed += t.events;
    (void)write_alert_ledger(path(".error", *t.receiver), t.ledger);
  }
  tell(output);
}

}  // namespace dn::app
