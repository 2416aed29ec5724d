#include "app/preflight_local.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "app/control.h"
#include "app/credentials.h"
#include "app/halt_files.h"
#include "app/session.h"
#include "app/task_view.h"
#include "app/verify.h"
#include "base/text.h"
#include "store/files.h"

namespace dn::app {
namespace {

// The mode of what is there; false when nothing is.
bool check_mode(Checks& to, const std::string& path, bool is_directory) {
  struct stat s {};
  if (stat(path.c_str(), &s) != 0) return false;
  const std::string shown = printable(path);
  const std::string fix = fmt::format("chmod {} {}", is_directory ? 700 : 600, shown);
  const auto told = fmt::format("its mode is {:04o}", s.st_mode & 07777U);
  const bool sticky = (s.st_mode & S_ISVTX) != 0;  // as /tmp: others add to it and change nothing of ours
  if (s.st_uid != geteuid() && s.st_uid != 0) {
    add_failure(to, "state", shown, {ExitCode::Permission, "belongs to another user", "run this as its owner, or choose another state_dir or --db"});
  } else if ((s.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky) {
    add_failure(to, "state", shown, {ExitCode::Permission, "can be changed by others: " + told, fix});
  } else if ((s.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    add_warning(to, "state", shown, "can be read by others: " + told, sticky ? "choose a state_dir or --db of your own" : fix);
  } else {
    add_ok(to, "state", shown, told);
  }
  return true;
}

void check_health(Checks& to, const TaskView& v) {
  const TaskRecord& task = v.task;
  const ExitCode code = health(v);
  const std::string standing = fmt::format("{}, {}", name(task.state), name(task.mode));
  if (code == ExitCode::Ok) return add_ok(to, "task", task.spec.name, standing);
  const std::string why = v.deserted            ? "its last run was killed, and nobody works on it"
                          : v.frozen            ? "its run holds it and does not move"
                          : task.reason.empty() ? std::string(info(code).meaning)
                                                : printable(task.reason);
  if (code == ExitCode::Waiting) return add_warning(to, "task", task.spec.name, fmt::format("{}: {}", standing, why), next_step(v));
  const bool of_view = code == ExitCode::Halted || code == ExitCode::Imbalanced || v.deserted || v.frozen;
  const std::string next = of_view ? next_step(v) : advice(code, task.spec.name);
  add_failure(to, "task", task.spec.name, {code, fmt::format("{}: {}", standing, why), next});
}

}  // namespace

void check_state(Checks& to, const Installation& place, const std::vector<TaskSource>& tasks) {
  const std::string directory = parent_directory(place.db);
  if (!check_mode(to, directory, true)) add_ok(to, "state", printable(directory), "is not there yet; dn-run makes it");
  check_mode(to, place.db, false);
  const std::vector<HaltFile> halts = halts_there(place.halt_files);
  if (halts.empty()) add_ok(to, "halt", "", "no HALT file");
  constexpr std::string_view kNext = "remove the file when it has done its work";
  for (const HaltFile& file : halts) {
    const auto stops = [&file](const TaskSource& t) { return t.spec.leg.buy.exchange == file.venue || t.spec.leg.sell.exchange == file.venue; };
    if (file.venue && std::ranges::none_of(tasks, stops)) {
      add_warning(to, "halt", printable(file.path), fmt::format("what trades on {} is halted", name(*file.venue)), std::string(kNext));
      continue;
    }
    const std::string what = file.venue ? fmt::format("the kill switch of {} is on, and a task trades there", name(*file.venue)) : "the kill switch is on";
    add_failure(to, "halt", printable(file.path), {ExitCode::Halted, what + ": nothing new is sent", std::string(kNext)});
  }
}

Expected<void, ToolError> refuse_state_of_others(const std::string& db, const std::vector<std::string>& halt_files) {
  Checks found;
  check_mode(found, parent_directory(db), true);
  check_mode(found, lock_directory(db), true);
  check_mode(found, db, false);
  for (const std::string& file : halt_files) check_mode(found, parent_directory(file), true);
  for (const Check& c : found) {
    if (c.status == CheckStatus::Fail) return Unexpected{ToolError{c.code, fmt::format("{}: {}", c.of, c.message), c.next}};
  }
  return {};
}

std::vector<TaskRecord> check_database(Checks& to, const Installation& place, const std::set<std::string>& wanted) {
  const std::string shown = printable(place.db);
  if (access(place.db.c_str(), F_OK) != 0) {
    add_ok(to, "database", shown, "is not there yet; dn-run makes it");
    return {};
  }
  auto store = Store::open(place.db, Store::Mode::ReadOnly);
  if (!store) {
    add_failure(to, "database", shown, store_failure(store.error()));
    return {};
  }
  const bool whole = !is_large(place.db);
  const auto damage = whole ? (*store)->damage() : Expected<std::vector<std::string>, StoreError>(std::vector<std::string>{});
  const auto tasks = (*store)->tasks();
  if (!damage || !tasks) {
    add_failure(to, "database", shown, store_failure(damage ? tasks.error() : damage.error()));
    return {};
  }
  if (!damage->empty()) {
    add_failure(to, "database", shown, {ExitCode::Io, "is damaged: " + printable(damage->front()), std::string(kMakeBooksAnew)});
    return {};
  }
  if (whole) {
    add_ok(to, "database", shown, fmt::format("sound, {} tasks", tasks->size()));
  } else {
    add_warning(to, "database", shown, fmt::format("{} tasks; it is large: its pages and the books of its tasks were not read over", tasks->size()),
                "dn-recover verify reads all of it; do that now and then");
  }
  std::vector<TaskRecord> out;
  for (const TaskRecord& t : *tasks) {
    if (!wanted.empty() ? !wanted.contains(t.spec.name) : t.verdict != Verdict::None) continue;
    auto view = view_of(**store, place.db, t);
    if (view) {
      check_health(to, *view);
    } else {
      add_failure(to, "task", t.spec.name, view.error());
    }
    out.push_back(t);
    if (!whole) continue;
    const auto stored = (*store)->load_task(t.spec.name);
    const auto sound = stored ? check_books(*stored) : Expected<void, ToolError>(Unexpected{store_failure(stored.error())});
    if (!sound) add_failure(to, "books", t.spec.name, sound.error());
  }
  return out;
}

void check_credentials(Checks& to, const Installation& place, const std::string& file, const std::vector<TaskSource>& tasks, bool run_command) {
  if (place.config.mode != TradingMode::Live && file.empty()) return add_ok(to, "credentials", "", "trading on paper needs no keys");
  std::set<std::string> accounts;
  for (const TaskSource& t : tasks) {
    for (const Side leg : kSides) {
      if (t.spec.leg[leg].exchange) accounts.insert(venues::registered(*t.spec.leg[leg].exchange).account);
    }
  }
  if (!run_command && credentials_by_command(place.config, file)) {
    return add_ok(to, "credentials", "credential_command", "prints them; with --online it is run");
  }
  const auto keys = load_credentials(place.config, file, accounts);
  if (!keys) return add_failure(to, "credentials", printable(file), keys.error());
  std::string sections;
  for (const auto& [section, c] : *keys) sections += (sections.empty() ? "" : ", ") + section;
  add_ok(to, "credentials", printable(file), fmt::format("keys for {}, read by nobody else", sections));
}

void check_limits(Checks& to, const Installation& place, const TaskSource& task) {
  if (place.config.mode != TradingMode::Live) return;
  if (task.spec.risk.max_order_notional) {
    return add_ok(to, "limits", task.spec.name,
                  fmt::format("max_order_notional {} {}", task.spec.risk.max_order_notional->str(), task.spec.symbol.quote.view()));
  }
  add_failure(to, "limits", task.spec.name, {ExitCode::Config, "live trading needs max_order_notional", "write max_order_notional = VALUE under [risk]"});
}

}  // namespace dn::app
