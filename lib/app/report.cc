#include "app/report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "app/replace_file.h"
#include "app/report_csv.h"
#include "app/report_page.h"
#include "app/session.h"
#include "app/verify.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::int64_t kEventsAtATime = 1'000;

class Reporter {
 public:
  Reporter(const ReportRequest& request, Store& store) : request_(request), store_(store) {}

  Expected<std::string, ToolError> make(std::optional<PlotKind> plot) {
    auto records = wanted();
    if (!records) return Unexpected{records.error()};
    tasks_ = records->size();
    if (plot && !request_.csv) return one_plot(*plot, *records);
    if (request_.csv) {
      std::string out = report_csv_head();
      auto done = each(*records, [&](const TaskReport& r) { out += report_csv(r, plot); });
      return done ? Expected<std::string, ToolError>(std::move(out)) : Unexpected{done.error()};
    }
    ReportPage page(wall_clock());
    auto done = each(*records, [&](const TaskReport& r) { page.add(r); });
    return done ? Expected<std::string, ToolError>(page.finish()) : Unexpected{done.error()};
  }
  std::size_t tasks() const { return tasks_; }

 private:
  Expected<std::vector<TaskRecord>, ToolError> wanted() {
    auto records = request_.rounds ? store_.rounds() : store_.tasks();
    if (!records) return Unexpected{store_failure(records.error())};
    for (const std::string& task : request_.tasks) {
      if (std::ranges::none_of(*records, [&](const TaskRecord& t) { return t.spec.name == task; })) return Unexpected{no_such_task(task, request_.db)};
    }
    if (!request_.tasks.empty()) {
      std::erase_if(*records, [&](const TaskRecord& t) { return std::ranges::find(request_.tasks, t.spec.name) == request_.tasks.end(); });
    }
    return std::move(*records);
  }

  Expected<std::string, ToolError> one_plot(PlotKind plot, const std::vector<TaskRecord>& records) {
    if (records.empty()) return Unexpected{ToolError{ExitCode::NotFound, printable(request_.db) + " holds no task yet", "dn-run FILE makes one"}};
    if (records.size() > 1) {
      return Unexpected{ToolError{ExitCode::Usage, fmt::format("--svg shows one task, and there are {} here", records.size()),
                                  request_.rounds ? "name one with --task NAME, without --rounds" : "name one with --task NAME"}};
    }
    std::string out;
    auto done = each(records, [&](const TaskReport& r) { out = plot_file(plot, r); });
    return done ? Expected<std::string, ToolError>(std::move(out)) : Unexpected{done.error()};
  }

  Expected<void, ToolError> each(const std::vector<TaskRecord>& records, const std::function<void(const TaskReport&)>& use) {
    for (const TaskRecord& t : records) {
      auto report = read(t);
      if (!report) return Unexpected{report.error()};
      use(*report);
    }
    return {};
  }

  // A task that runs meanwhile is read in one snapshot; rounds that are over stand still.
  Expected<StoredTask, ToolError> stored(const TaskRecord& t) {
    if (!request_.rounds) {
      auto whole = store_.load_task(t.spec.name);
      return whole ? Expected<StoredTask, ToolError>(std::move(*whole)) : Unexpected{store_failure(whole.error())};
    }
    auto orders = store_.orders(t.id, {});
    if (!orders) return Unexpected{store_failure(orders.error())};
    auto fills = store_.fills(t.id);
    if (!fills) return Unexpected{store_failure(fills.error())};
    auto fundings = store_.fundings(t.id);
    if (!fundings) return Unexpected{store_failure(fundings.error())};
    return StoredTask{t, std::move(*orders), std::move(*fills), std::move(*fundings)};
  }

  Expected<TaskReport, ToolError> read(const TaskRecord& record) {
    auto view = view_of(store_, request_.db, record);
    if (!view) return Unexpected{view.error()};
    auto whole = stored(view->task);
    if (!whole) return Unexpected{whole.error()};
    if (const auto odd = beyond_reckoning(*whole)) {
      return Unexpected{ToolError{ExitCode::Contradiction, "the books contradict themselves: " + printable(*odd), std::string(kMakeBooksAnew)}};
    }
    view->task = whole->task;
    view->figures = kpi(view->task);
    HistoryReader reader;
    for (std::int64_t after = 0;;) {
      auto events = store_.events(view->task.id, after, kEventsAtATime);
      if (!events) return Unexpected{store_failure(events.error())};
      if (events->empty()) break;
      for (const StoredEvent& e : *events) reader.add(e);
      after = events->back().id;
    }
    History history = reader.finish(view->held, view->task.updated);
    return make_report(std::move(*view), *whole, std::move(history));
  }

  const ReportRequest& request_;
  Store& store_;
  std::size_t tasks_ = 0;
};

bool to_stdout(const ReportRequest& r) { return r.file.empty() || r.file == "-"; }

// What cannot be meant; nullopt when all is well.
std::optional<ToolError> refusal_of(const ReportRequest& r) {
  if (!r.plot.empty() && !plot_from(r.plot)) {
    std::vector<std::string> known;
    known.reserve(all_plots().size());
    for (const PlotKind k : all_plots()) known.emplace_back(name(k));
    const std::string near = closest(r.plot, known);
    return ToolError{ExitCode::Usage, fmt::format("there is no plot {}{}", printable_excerpt(r.plot), near.empty() ? "" : "; did you mean " + near + "?"),
                     "the plots: " + plot_list()};
  }
  if (to_stdout(r)) {
    if (r.output.json || r.output.ndjson)
      return ToolError{ExitCode::Usage, "with --json, stdout tells what was written, and the report needs a file", "add -o FILE"};
    if (r.plot.empty() && !r.csv && isatty(STDOUT_FILENO) == 1) {
      return ToolError{ExitCode::Usage, "the report is a page for a browser, not for a terminal", "add -o FILE.html, or send stdout to a file"};
    }
    return std::nullopt;
  }
  for (const char* part : {"", "-wal", "-shm"}) {
    std::error_code none;
    if (std::filesystem::equivalent(r.file, r.db + part, none)) {
      return ToolError{ExitCode::Usage, printable(r.file) + " is the database itself", "give -o another file"};
    }
  }
  return std::nullopt;
}

Expected<void, ToolError> save(const ReportRequest& r, const std::string& text) {
  const std::string why = replace_file(r.file, text, FileMode::Private);
  if (why.empty()) return {};
  return Unexpected{ToolError{ExitCode::Io, why, "give -o a file in a directory that is there, that has space and that you may write to"}};
}

void tell_written(const ReportRequest& r, std::size_t tasks, std::size_t bytes) {
  if (r.output.json || r.output.ndjson) {
    JsonWriter w;
    w.begin_object().field("schema", "dn.report/1").field("file", r.file).field("tasks", static_cast<std::int64_t>(tasks));
    w.field("bytes", static_cast<std::int64_t>(bytes)).field("exit_code", std::int64_t{number(ExitCode::Ok)}).end_object();
    write_out(w.str() + "\n");
  } else if (!r.output.quiet) {
    write_out(fmt::format("{}: {} {}, {} bytes\n", printable(r.file), tasks, tasks == 1 ? "task" : "tasks", bytes));
  }
}

}  // namespace

Expected<ExitCode, ToolError> write_report(const ReportRequest& request) {
  if (const auto refused = refusal_of(request)) return Unexpected{*refused};
  auto store = Store::open(request.db, Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  Reporter reporter(request, **store);
  const auto text = reporter.make(plot_from(request.plot));
  if (!text) return Unexpected{text.error()};
  if (to_stdout(request)) {
    write_out(*text);
    return ExitCode::Ok;
  }
  if (auto saved = save(request, *text); !saved) return Unexpected{saved.error()};
  tell_written(request, reporter.tasks(), text->size());
  return ExitCode::Ok;
}

}  // namespace dn::app
