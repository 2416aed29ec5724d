// Rows of orders, fills and events, in the form that was asked for. They are read and printed page by page: a database of millions answers at once,
// and no reader that is slow to take them holds a snapshot of the database.
#pragma once

#include <cstdio>
#include <map>
#include <string_view>
#include <vector>

#include "app/status.h"
#include "app/table.h"
#include "app/task_view.h"

namespace dn::app {

// How many rows people are shown where --last does not say.
inline constexpr std::int64_t kRowsForPeople = 1'000;

class RowPrinter {
 public:
  // `out` takes the rows; what is left out is told on stderr.
  RowPrinter(const StatusRequest& request, Store& store, std::FILE* out) : request_(request), store_(store), out_(out) {}

  // Errors: those of the store.
  Expected<void, ToolError> orders(const std::vector<TaskView>& tasks);
  Expected<void, ToolError> fills(const std::vector<TaskView>& tasks);
  Expected<void, ToolError> events(const std::vector<TaskView>& tasks);
  // The events that were not printed yet; how many those were.
  Expected<std::int64_t, ToolError> more_events(const std::vector<TaskView>& tasks);

 private:
  bool machine() const { return request_.output.json || request_.output.ndjson; }
  std::int64_t most() const;  // rows to print; 0: all
  Expected<std::int64_t, ToolError> first_after(RowKind kind, const std::vector<TaskView>& tasks);
  template <class Form>
  Expected<void, ToolError> rows(const std::vector<TaskView>& tasks, const Form& form);
  template <class Form, class Row>
  void page(const TaskRecord& task, const Form& form, const std::vector<Numbered<Row>>& rows, Table& table);
  void one_event(const std::string& task, const StoredEvent& event);

  const StatusRequest& request_;
  Store& store_;
  std::FILE* out_;
  std::map<std::int64_t, std::int64_t> last_event_;  // by task row
  std::string_view comma_;                           // before the next row of a document
  bool has_begun_ = false;                           // something was printed
};

}  // namespace dn::app
