#include "app/tool_error.h"

#include "app/wall_clock.h"
#include "base/json_writer.h"
#include "base/time.h"

namespace dn::app {

std::string next_step(const ToolError& e) { return e.next.empty() ? std::string(info(e.code).next) : e.next; }

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
