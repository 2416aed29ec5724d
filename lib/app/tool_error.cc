#include "app/tool_error.h"

#include "app/wall_clock.h"
#include "base/json_writer.h"
#include "base/time.h"

namespace dn::app {

std::string advice(ExitCode code, std::string_view task) {
  constexpr std::string_view kPlaceholder = "NAME";
  std::string out(info(code).next);
  if (task.empty()) return out;
  for (std::size_t at = out.find(kPlaceholder); at != std::string::npos; at = out.find(kPlaceholder, at + task.size())) {
    out.replace(at, kPlaceholder.size(), task);
  }
  return out;
}

std::string next_step(const ToolError& e) { return e.next.empty() ? advice(e.code, e.task) : e.next; }

std::string exit_error_json(const ToolError& e) {
  const Time now = wall_clock();
  JsonWriter w;
  w.begin_object().field("schema", "dn.event/1").field("type", "exit_error").field("ts", rfc3339(now)).field("ts_us", now.us);
  if (!e.run_id.empty()) w.field("run_id", e.run_id);
  if (!e.task.empty()) w.field("task", e.task);
  w.field("code", std::int64_t{number(e.code)}).field("message", e.message).field("next", next_step(e)).end_object();
  return w.str();
}

}  // namespace dn::app
