#include "app/tool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "app/halt_files.h"
#include "app/tool_help.h"
#include "app/tool_interface.h"
#include "app/usage_error.h"
#include "base/text.h"

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

// What cannot be written is lost: there is nobody to tell.
void write(std::FILE* stream, const std::string& text) {
  if (!Output::can_write(fileno(stream))) return;
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

int fail(const std::string& tool, bool json, const ToolError& e) {
  if (json) {
    write(stdout, exit_error_json(e) + "\n");
  } else {
    write(stderr, fmt::format("{}: {}\n  next: {}\n", tool, e.message, next_step(e)));
  }
  return number(e.code);
}

// A stream that was closed before the start leaves its number to the next file that is opened, and what is said would go
// into that file.
void hold_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) (void)open("/dev/null", O_RDWR);  // takes the lowest free number: this one
  }
}

// Sends messages to the end of a file. The reason when it cannot.
std::string log_to(const std::string& path) {
  // A pipe that nobody reads would hold the start up for ever; everything else is written as ever.
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
  if (fd < 0) return errno == ENXIO ? "a pipe that nobody reads" : std::strerror(errno);
  const bool done = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0 && dup2(fd, STDERR_FILENO) >= 0;
  std::string why = done ? "" : std::strerror(errno);
  close(fd);
  return why;
}

// Whether data was lost on stdout although its reader still wants it, as on a full disk.
bool stdout_lost() {
  if (Output::lost_data()) return true;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return false;
  pollfd p{STDOUT_FILENO, POLLOUT, 0};
  return poll(&p, 1, 0) < 0 || (p.revents & (POLLERR | POLLHUP)) == 0;
}

ToolError output_lost() {
  return {ExitCode::Io, "the output could not be written", "make sure that what stdout goes to has space and is read; dn-status shows what was done"};
}

// For CLI11's formatter. `name` is the tool and perhaps its verb.
std::string help_text(const CLI::App* app, std::string name, CLI::AppFormatMode mode) {
  if (app->get_parent() != nullptr) return verb_help(name.substr(0, name.find(' ')), interface_of(*app).top);
  return mode == CLI::AppFormatMode::All ? long_help(interface_of(*app)) : short_help(interface_of(*app));
}

int run_body(const std::string& tool, bool json, const std::function<Expected<ExitCode, ToolError>()>& body) {
  try {
    const auto result = body();
    const bool lost = stdout_lost();
    if (!result) return fail(tool, json, result.error());
    if (!lost) return number(*result);
    (void)fail(tool, false, output_lost());
    return number(worse(*result, ExitCode::Io));
  } catch (const std::system_error& e) {
    if (e.code() == std::errc::broken_pipe) return number(ExitCode::Ok);  // the reader has seen enough
    if (std::ferror(stdout) != 0) return fail(tool, false, output_lost());
    return fail(tool, json, {ExitCode::Internal, e.what(), ""});
  } catch (const std::exception& e) {
    return fail(tool, json, {ExitCode::Internal, e.what(), ""});
  } catch (...) {
    return fail(tool, json, {ExitCode::Internal, "an exception of an unknown kind", ""});
  }
}

}  // namespace

std::string not_empty(const std::string& value) { return value.empty() ? "the value is empty; leave the flag out, or check the variable" : ""; }

void add_common_flags(CLI::App& app, CommonFlags& f) {
  app.formatter(std::make_shared<CLI::FormatterLambda>(help_text));
  app.set_help_flag("-h,--help", "examples, and the names of all flags")->group(kCommonFlags);
  app.set_help_all_flag("--help-all", "what each flag means")->group(kCommonFlags);
  app.option_defaults()->group(kCommonFlags);
  app.add_option("--config", f.config, "installation file (default: ~/.config/dn/dn.toml, /etc/dn/dn.toml)")->type_name("FILE");
  app.add_option("--db", f.db, "database (default: <state_dir>/dn.db)")->check(not_empty)->type_name("FILE");
  app.add_option("--credentials", f.credentials, "keys for live trading; paper needs none")->type_name("FILE");
  app.add_option("--mode", f.mode, "paper (default) or live")->check(one_of({"paper", "live"}))->type_name("MODE");
  app.add_option("--task", f.tasks, "a task of the database; repeatable")->type_name("NAME")->expected(1)->take_all();
  app.add_flag("--all", f.all, "all tasks of the database");
  auto* json = app.add_flag("--json", f.json, "one JSON document on stdout at the end");
  app.add_flag("--ndjson", f.ndjson, "one JSON object a line on stdout")->excludes(json);
  app.add_flag("--plain", f.plain, "plain ASCII");
  app.add_flag("--quiet", f.quiet, "of what goes well not a word; what was asked for is shown all the same");
  app.add_flag("--verbose", f.verbose, "every order and state");
  app.add_flag("--no-color", f.no_color, "no colours");
  app.add_option("--log-file", f.log_file, "append messages to a file instead of stderr")->type_name("FILE");
  app.set_version_flag("--version", std::string("dn ") + DN_VERSION, "the version")->group(kCommonFlags);
  app.option_defaults()->group("Options");
}

Expected<Installation, ToolError> installation(const CommonFlags& f) {
  auto config = load_config(f.config.empty() ? std::nullopt : std::optional<std::string>(f.config));
  if (!config) return Unexpected{config.error()};
  Installation i{std::move(*config), f.db, {}};
  if (!f.mode.empty()) i.config.mode = f.mode == "live" ? TradingMode::Live : TradingMode::Paper;
  if (i.db.empty()) i.db = i.config.state_dir + "/dn.db";
  const std::filesystem::path db(i.db);
  if (is_halt_name(db.filename().string())) {
    return Unexpected{ToolError{ExitCode::Usage, fmt::format("--db {}: a file of this name is the kill switch, and halts every run beside it", printable(i.db)),
                                "give the database another name"}};
  }
  i.halt_files.push_back(i.config.state_dir + "/HALT");
  const std::filesystem::path beside = db.parent_path() / "HALT";
  if (beside != i.halt_files[0]) i.halt_files.push_back(beside.string());
  return i;
}

int tool_main(int argc, char** argv, CLI::App& app, const CommonFlags& flags, const std::function<Expected<ExitCode, ToolError>()>& body) {
  const std::string tool = app.get_name();
  const bool json = wants_json(argc, argv);
  hold_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away must not end a run
  std::signal(SIGXFSZ, SIG_IGN);  // nor a file that may not grow: the write says so
  if (argc == 2 && std::strcmp(argv[1], "--describe") == 0) {
    write(stdout, interface_json(interface_of(app)) + "\n");
    return number(stdout_lost() ? ExitCode::Io : ExitCode::Ok);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {  // --help and --version
      const int code = app.exit(e);
      return stdout_lost() ? fail(tool, false, output_lost()) : code;
    }
    return fail(tool, json, usage_error(app, e));
  } catch (const std::exception& e) {
    return fail(tool, json, {ExitCode::Internal, e.what(), ""});
  }
  if (!flags.log_file.empty()) {
    if (const std::string why = log_to(flags.log_file); !why.empty()) {
      return fail(tool, json, {ExitCode::Io, fmt::format("{}: {}", printable(flags.log_file), why), "give --log-file a file that can be written"});
    }
  }
  if (const auto mistake = mistaken_verb(app)) return fail(tool, json, *mistake);
  return run_body(tool, json, body);
}

}  // namespace dn::app
