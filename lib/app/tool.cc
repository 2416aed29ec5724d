#include "app/tool.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstring>

#include "base/json_writer.h"
#include "base/time.h"

namespace dn::app {
namespace {

// Known before the flags are parsed, since a usage error must come in the form that was asked for.
bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0 || std::strcmp(argv[i], "--ndjson") == 0) return true;
    if (std::strcmp(argv[i], "--") == 0) return false;
  }
  return false;
}

int fail(const std::string& tool, bool json, const ToolError& e) {
  const std::string next = e.next.empty() ? std::string(info(e.code).next) : e.next;
  if (json) {
    const Time now{std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
    JsonWriter w;
    w.begin_object().field("schema", "dn.event/1").field("type", "exit_error").field("ts", rfc3339(now)).field("ts_us", now.us);
    w.field("code", std::int64_t{number(e.code)}).field("message", e.message).field("next", next).end_object();
    fmt::print("{}\n", w.str());
    std::fflush(stdout);
  } else {
    fmt::print(stderr, "{}: {}\n  next: {}\n", tool, e.message, next);
  }
  return number(e.code);
}

}  // namespace

void add_common_flags(CLI::App& app, CommonFlags& f) {
  app.add_option("--config", f.config, "installation file (default: ~/.config/dn/dn.toml, /etc/dn/dn.toml)")->type_name("FILE");
  app.add_option("--db", f.db, "database (default: <state_dir>/dn.db)")->type_name("FILE");
  app.add_option("--credentials", f.credentials, "keys for live trading; paper needs none")->type_name("FILE");
  app.add_option("--mode", f.mode, "paper (default) or live")->check(CLI::IsMember({"paper", "live"}))->type_name("MODE");
  app.add_option("--task", f.tasks, "a task of the database; repeatable")->type_name("NAME")->expected(1)->take_all();
  app.add_flag("--all", f.all, "all tasks of the database");
  auto* json = app.add_flag("--json", f.json, "one JSON document on stdout at the end");
  app.add_flag("--ndjson", f.ndjson, "one JSON object a line on stdout")->excludes(json);
  app.add_flag("--plain", f.plain, "plain ASCII");
  app.add_flag("--quiet", f.quiet, "errors only");
  app.add_flag("--verbose", f.verbose, "every order and state");
  app.add_flag("--no-color", f.no_color, "no colours");
  app.add_option("--log-file", f.log_file, "append messages to a file instead of stderr")->type_name("FILE");
  app.set_version_flag("--version", std::string("dn ") + DN_VERSION);
}

Expected<Installation, ToolError> installation(const CommonFlags& f) {
  auto config = load_config(f.config.empty() ? std::nullopt : std::optional<std::string>(f.config));
  if (!config) return Unexpected{config.error()};
  Installation i{std::move(*config), f.db, {}};
  if (!f.mode.empty()) i.config.mode = f.mode == "live" ? TradingMode::Live : TradingMode::Paper;
  if (i.db.empty()) i.db = i.config.state_dir + "/dn.db";
  i.halt_file = i.config.state_dir + "/HALT";
  return i;
}

int tool_main(int argc, char** argv, CLI::App& app, const CommonFlags& flags, const std::function<Expected<ExitCode, ToolError>()>& body) {
  const std::string tool = app.get_name();
  const bool json = wants_json(argc, argv);
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away must not end a run
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help and --version
    return fail(tool, json, {ExitCode::Usage, e.what(), fmt::format("{} --help", tool)});
  }
  if (!flags.log_file.empty() && std::freopen(flags.log_file.c_str(), "ae", stderr) == nullptr) {
    std::fputs("the log file cannot be opened\n", stdout);
    return number(ExitCode::Io);
  }
  try {
    const auto result = body();
    std::fflush(stdout);
    return result ? number(*result) : fail(tool, json, result.error());
  } catch (const std::exception& e) {
    return fail(tool, json, {ExitCode::Internal, e.what(), ""});
  }
}

}  // namespace dn::app
