#include "app/status_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/session.h"
#include "app/status_json.h"
#include "app/table.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::int64_t kRowsAtOnce = 1'000;

template <class Row>
std::vector<Numbered<Row>> numbered_rows(std::vector<Row> rows) {
  std::vector<Numbered<Row>> out;
  out.reserve(rows.size());
  for (Row& r : rows) out.push_back({0, std::move(r)});
  return out;
}

// How rows of a kind are read and written.
struct OrderForm {
  static constexpr RowKind kKind = RowKind::Orders;
  static constexpr std::string_view kKey = "orders";
  static constexpr std::string_view kNone = "no such orders";
  static std::vector<std::string> columns() { return order_columns(); }
  static std::vector<std::string> cells(const TaskRecord& t, const OrderRecord& o) { return order_cells(t.spec.name, t.spec, o); }
  static void write(JsonWriter& w, const TaskRecord& t, const OrderRecord& o) { write_order(w, t.spec.name, t.spec, o); }

  OrderFilter filter;
  bool is_filtered() const { return filter.open || filter.unknown; }
  // The few that are not closed come all at once.
  Expected<std::vector<Numbered<OrderRecord>>, StoreError> read(Store& store, std::int64_t task, std::int64_t after) const {
    if (!is_filtered()) return store.orders_after(task, after, kRowsAtOnce);
    auto few = store.orders(task, filter);
    if (!few) return Unexpected{few.error()};
    return numbered_rows(std::move(*few));
  }
};

struct FillForm {
  static constexpr RowKind kKind = RowKind::Fills;
  static constexpr std::string_view kKey = "fills";
  static constexpr std::string_view kNone = "no fills";
  static std::vector<std::string> columns() { return fill_columns(); }
  static std::vector<std::string> cells(const TaskRecord& t, const Fill& f) { return fill_cells(t.spec.name, f); }
  static void write(JsonWriter& w, const TaskRecord& t, const Fill& f) { write_fill(w, t.spec.name, f); }
  static bool is_filtered() { return false; }
  static Expected<std::vector<Numbered<Fill>>, StoreError> read(Store& store, std::int64_t task, std::int64_t after) {
    return store.fills_after(task, after, kRowsAtOnce);
  }
};

// The fields of an event that are its own, without the head that every event has.
std::string brief(const std::string& json) {
  const auto task = json.find("\"task\":");
  const auto comma = task == std::string::npos ? task : json.find("\",", task + 7);
  if (comma == std::string::npos) return json;
  std::string out = json.substr(comma + 2);
  if (!out.empty() && out.back() == '}') out.pop_back();
  return out;
}

}  // namespace

std::int64_t RowPrinter::most() const {
  if (request_.last) return *request_.last;
  return machine() || request_.csv ? 0 : kRowsForPeople;
}

// Where the rows that are wanted begin.
Expected<std::int64_t, ToolError> RowPrinter::first_after(RowKind kind, const std::vector<TaskView>& tasks) {
  if (most() == 0) return 0;
  std::vector<std::int64_t> ids;
  ids.reserve(tasks.size());
  for (const TaskView& v : tasks) ids.push_back(v.task.id);
  std::ranges::sort(ids);
  const auto after = store_.before_newest(kind, ids, most());
  if (!after) return Unexpected{store_failure(after.error())};
  if (*after > 0 && !request_.last && !request_.output.quiet) {
    fmt::print(stderr, "the newest {} rows; --last N shows more, --last 0 all of them, as do --csv, --json and --ndjson\n", most());
  }
  return *after;
}

template <class Form, class Row>
void RowPrinter::page(const TaskRecord& task, const Form& form, const std::vector<Numbered<Row>>& rows, Table& table) {
  for (const Numbered<Row>& n : rows) {
    if (request_.csv) {
      fmt::print(out_, "{}", csv_line(form.cells(task, n.row)));
    } else if (!machine()) {
      table.add(form.cells(task, n.row));
    } else {
      JsonWriter w;
      form.write(w, task, n.row);
      fmt::print(out_, "{}{}{}", request_.output.json ? std::exchange(comma_, ",") : "", w.str(), request_.output.json ? "" : "\n");
    }
  }
  has_begun_ = has_begun_ || !rows.empty();
}

template <class Form>
Expected<void, ToolError> RowPrinter::rows(const std::vector<TaskView>& tasks, const Form& form) {
  std::int64_t first = 0;
  if (!form.is_filtered()) {
    const auto from = first_after(Form::kKind, tasks);
    if (!from) return Unexpected{from.error()};
    first = *from;
  }
  if (request_.output.json) fmt::print(out_, "{{\"schema\":\"dn.status/1\",\"{}\":[", Form::kKey);
  if (request_.csv) fmt::print(out_, "{}", csv_line(Form::columns()));
  Table table(Form::columns());
  // For people, a table of every so many rows.
  const auto show = [&](std::size_t from_size) {
    if (table.size() < from_size) return;
    fmt::print(out_, "{}", table.text());
    table = Table(Form::columns());
  };
  for (const TaskView& v : tasks) {
    for (std::int64_t after = first;;) {
      const auto read = form.read(store_, v.task.id, after);
      if (!read) return Unexpected{store_failure(read.error())};
      page(v.task, form, *read, table);
      show(kRowsAtOnce);
      if (form.is_filtered() || static_cast<std::int64_t>(read->size()) < kRowsAtOnce) break;
      after = read->back().id;
    }
  }
  show(1);
  if (request_.output.json) fmt::print(out_, "]}}\n");
  if (!has_begun_ && !machine() && !request_.csv) fmt::print(out_, "{}\n", Form::kNone);
  return {};
}

Expected<void, ToolError> RowPrinter::orders(const std::vector<TaskView>& tasks) { return rows(tasks, OrderForm{request_.orders}); }
Expected<void, ToolError> RowPrinter::fills(const std::vector<TaskView>& tasks) { return rows(tasks, FillForm{}); }

Expected<void, ToolError> RowPrinter::events(const std::vector<TaskView>& tasks) {
  if (request_.output.json) fmt::print(out_, "{{\"schema\":\"dn.status/1\",\"events\":[");
  auto more = more_events(tasks);
  while (more && *more > 0) more = more_events(tasks);
  if (request_.output.json) fmt::print(out_, "]}}\n");
  return more ? Expected<void, ToolError>() : Expected<void, ToolError>(Unexpected{more.error()});
}

Expected<std::int64_t, ToolError> RowPrinter::more_events(const std::vector<TaskView>& tasks) {
  if (!has_begun_) {
    has_begun_ = true;
    const auto from = first_after(RowKind::Events, tasks);
    if (!from) return Unexpected{from.error()};
    for (const TaskView& v : tasks) last_event_[v.task.id] = *from;
    if (request_.csv) fmt::print(out_, "{}", csv_line({"ts", "task", "type", "json"}));
  }
  std::int64_t printed = 0;
  for (const TaskView& v : tasks) {
    std::int64_t& after = last_event_[v.task.id];
    const auto events = store_.events(v.task.id, after, kRowsAtOnce);
    if (!events) return Unexpected{store_failure(events.error())};
    for (const StoredEvent& e : *events) {
      after = e.id;
      ++printed;
      one_event(v.task.spec.name, e);
    }
  }
  return printed;
}

void RowPrinter::one_event(const std::string& task, const StoredEvent& e) {
  if (request_.output.json) {
    fmt::print(out_, "{}{}\n", std::exchange(comma_, ","), e.json);
  } else if (request_.output.ndjson) {
    fmt::print(out_, "{}\n", e.json);
  } else if (request_.csv) {
    fmt::print(out_, "{}", csv_line({rfc3339(e.ts), task, e.type, e.json}));
  } else {
    fmt::print(out_, "{}  {}  {:<9}  {}\n", rfc3339(e.ts), printable(task), printable(e.type), printable(brief(e.json)));
  }
}

}  // namespace dn::app
