#include "app/backup.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/session.h"
#include "app/signals.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "store/files.h"
#include "store/store.h"

namespace dn::app {
namespace {

void print_backup(const BackupCounts& c, const std::string& file, const OutputOptions& options) {
  if (options.json || options.ndjson) {
    JsonWriter w;
    w.begin_object().field("schema", "dn.backup/1").field("file", file).field("bytes", c.bytes).field("rounds", c.rounds);
    w.field("orders", c.orders).field("fills", c.fills).field("events", c.events).end_object();
    write_out(w.str() + "\n");
  } else if (!options.quiet) {
    write_out(fmt::format("{}: {} rounds of tasks, {} orders, {} fills, {} events, {} bytes; read again and found whole\n", printable(file), c.rounds, c.orders,
                          c.fills, c.events, c.bytes));
  }
}

}  // namespace

Expected<ExitCode, ToolError> back_up(const std::string& db, const std::string& file, const OutputOptions& options) {
  const std::string directory = parent_directory(file);
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory, ignored)) {
    return Unexpected{ToolError{ExitCode::NotFound, fmt::format("{}: there is no directory {}", printable(file), printable(directory)),
                                "make the directory, or give another file"}};
  }
  auto store = Store::open(db, Store::Mode::ReadOnly);
  if (!store) return Unexpected{store_failure(store.error())};
  SignalReader signals;
  ExitCode stopped = ExitCode::Ok;
  const auto counts = (*store)->backup(file, [&] {
    for (const int signal : signals.wait(0)) {
      if (signal != SIGHUP) stopped = signal == SIGINT ? ExitCode::Interrupted : ExitCode::Terminated;
    }
    return stopped != ExitCode::Ok;
  });
  if (!counts) {
    ToolError e = store_failure(counts.error());
    // The database is there: what is not found is the place of the copy.
    if (counts.error().kind == StoreError::Kind::NotFound) e = {ExitCode::Io, e.message, "name a file in a directory where this user may write"};
    if (stopped != ExitCode::Ok) e.code = stopped;
    return Unexpected{std::move(e)};
  }
  print_backup(*counts, file, options);
  return ExitCode::Ok;
}

}  // namespace dn::app
