// How a tool ends: its exit code, and what is said where. Each run is a process of its own.
#include "app/tool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <new>
#include <sstream>
#include <stdexcept>

#include "temp_dir.h"

namespace dn::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

using Body = std::function<Expected<ExitCode, ToolError>()>;

Expected<ExitCode, ToolError> fine() { return ExitCode::Ok; }
Expected<ExitCode, ToolError> nothing_there() { return Unexpected{ToolError{ExitCode::NotFound, "no such task: btc", "dn-status"}}; }

struct Ended {
  int code = -1;  // -1: by a signal
  std::string out;
  std::string err;
};

class ToolMain : public testing::Test {
 protected:
  TempDir dir;

  // Runs a tool in a process whose streams are files, unless `prepare` changes them.
  Ended run(
      std::vector<std::string> args, const Body& body = fine, const std::function<void()>& prepare = [] {}) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      redirect(dir / "out", STDOUT_FILENO);
      redirect(dir / "err", STDERR_FILENO);
      prepare();
      std::exit(in_child(std::move(args), body));
    }
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of("out"), text_of("err")};
  }
  std::string text_of(std::string_view name) const {
    std::ifstream in(dir / name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

 private:
  static void redirect(const std::string& path, int to) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, to);
    close(fd);
  }
  static int in_child(std::vector<std::string> args, const Body& body) {
    args.insert(args.begin(), "dn-test");
    std::vector<char*> argv;
    for (std::string& a : args) argv.push_back(a.data());
    argv.push_back(nullptr);
    CLI::App app("Tests.", "dn-test");
    CommonFlags flags;
    add_common_flags(app, flags);
    return tool_main(static_cast<int>(args.size()), argv.data(), app, flags, body);
  }
};

TEST_F(ToolMain, EndsWithTheCodeOfItsWork) {
  EXPECT_EQ(run({}).code, 0);
  for (const ExitCode c : {ExitCode::BudgetUsed, ExitCode::Locked, ExitCode::Imbalanced, ExitCode::Terminated}) {
    const Ended e = run({}, [c]() -> Expected<ExitCode, ToolError> { return c; });
    EXPECT_EQ(e.code, number(c));
    EXPECT_EQ(e.out + e.err, "");
  }
}

TEST_F(ToolMain, SaysWhatAndWhatNext) {
  const Ended e = run({}, nothing_there);
  EXPECT_EQ(e.code, 66);
  EXPECT_EQ(e.err, "dn-test: no such task: btc\n  next: dn-status\n");
  EXPECT_EQ(e.out, "");
}

TEST_F(ToolMain, GivesTheCodesOwnAdviceWhereThereIsNoBetter) {
  const Ended e = run({}, []() -> Expected<ExitCode, ToolError> { return Unexpected{ToolError{ExitCode::Io, "the disk is full", ""}}; });
  EXPECT_EQ(e.code, 74);
  EXPECT_EQ(e.err, fmt::format("dn-test: the disk is full\n  next: {}\n", info(ExitCode::Io).next));
}

TEST_F(ToolMain, SpeaksJsonToPrograms) {
  for (const char* flag : {"--json", "--ndjson"}) {
    const Ended e = run({flag}, nothing_there);
    EXPECT_EQ(e.code, 66);
    EXPECT_EQ(e.err, "");
    EXPECT_THAT(e.out, MatchesRegex("\\{\"schema\":\"dn.event/1\",\"type\":\"exit_error\",\"ts\":\"20[-0-9]+T[:0-9]+\\.[0-9]+Z\",\"ts_us\":[0-9]+,"
                                    "\"code\":66,\"message\":\"no such task: btc\",\"next\":\"dn-status\"\\}\n"));
  }
  const Ended e = run({"--json"}, []() -> Expected<ExitCode, ToolError> { return Unexpected{ToolError{ExitCode::Config, "a\n\"b\"\x1b", ""}}; });
  EXPECT_THAT(e.out, HasSubstr("\"message\":\"a\\n\\\"b\\\"\\u001b\"")) << "one line, escaped";
}

// Command lines

TEST_F(ToolMain, RefusesCommandLinesThatAreWrong) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"--nonsense"}, {"stray"}, {"--db"}, {"--mode", "real"}, {"--mode", ""}, {"--json", "--ndjson"}, {"--task"}}) {
    const Ended e = run(args, [] { return Expected<ExitCode, ToolError>(ExitCode::Internal); });
    EXPECT_EQ(e.code, 64) << args[0];
    if (args[0] == "--json") continue;
    EXPECT_THAT(e.err, StartsWith("dn-test: "));
    EXPECT_THAT(e.err, HasSubstr("\n  next: dn-test --help\n"));
    EXPECT_EQ(e.out, "");
  }
}

TEST_F(ToolMain, RefusesThemInJsonToo) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"--nonsense", "--json"}, {"--ndjson", "--mode", "real"}, {"--json", "--ndjson"}}) {
    const Ended e = run(args);
    EXPECT_EQ(e.code, 64);
    EXPECT_THAT(e.out, StartsWith("{\"schema\":\"dn.event/1\",\"type\":\"exit_error\","));
    EXPECT_THAT(e.out, HasSubstr("\"code\":64,"));
    EXPECT_EQ(e.err, "");
  }
  EXPECT_EQ(run({"--", "--json"}).out, "") << "behind -- there are no flags";
}

TEST_F(ToolMain, ShowsHelpAndVersion) {
  const Ended help = run({"--help"}, nothing_there);
  EXPECT_EQ(help.code, 0);
  for (const char* flag : {"--config", "--db", "--credentials", "--mode", "--task", "--all", "--json", "--ndjson", "--plain", "--quiet", "--verbose",
                           "--no-color", "--log-file", "--version", "--help"}) {
    EXPECT_THAT(help.out, HasSubstr(flag));
  }
  const Ended version = run({"--version"}, nothing_there);
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, MatchesRegex("dn [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

// Faults

TEST_F(ToolMain, TakesExceptionsForFaultsOfTheProgram) {
  EXPECT_EQ(run({}, []() -> Expected<ExitCode, ToolError> { throw std::bad_alloc(); }).code, 70);
  EXPECT_EQ(run({}, []() -> Expected<ExitCode, ToolError> { throw 7; }).code, 70);
  const Ended e = run({"--json"}, []() -> Expected<ExitCode, ToolError> { throw std::runtime_error("oh"); });
  EXPECT_EQ(e.code, 70);
  EXPECT_THAT(e.out, HasSubstr("\"code\":70,\"message\":\"oh\",\"next\":\"report it"));
}

void say_much() {
  for (int i = 0; i < 10'000; ++i) std::fputs("a line of output that is long enough to fill every buffer on the way\n", stdout);
}

TEST_F(ToolMain, EndsQuietlyWhenItsReaderIsGone) {
  const auto no_reader = [] {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
  };
  const auto talks = []() -> Expected<ExitCode, ToolError> {
    say_much();
    return ExitCode::Ok;
  };
  const auto prints = []() -> Expected<ExitCode, ToolError> {
    for (int i = 0; i < 10'000; ++i) fmt::print("this one throws when it cannot write\n");
    return ExitCode::Ok;
  };
  for (const Body& body : {Body(talks), Body(prints)}) {
    const Ended e = run({}, body, no_reader);
    EXPECT_EQ(e.code, 0);
    EXPECT_THAT(e.err, IsEmpty());
  }
  EXPECT_EQ(run({"--json"}, nothing_there, no_reader).code, 66) << "the code stays";
}

TEST_F(ToolMain, TellsWhenItsOutputIsLost) {
  const Ended e = run(
      {},
      [] {
        say_much();
        return fine();
      },
      [] { dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO); });
  EXPECT_EQ(e.code, 74);
  EXPECT_THAT(e.err, StartsWith("dn-test: the output could not be written\n"));
}

TEST_F(ToolMain, SurvivesStreamsThatAreClosed) {
  const auto closed = [] {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
  };
  EXPECT_EQ(run({"--nonsense"}, fine, closed).code, 64);
  EXPECT_EQ(run({"--nonsense", "--json"}, fine, closed).code, 64);
  EXPECT_EQ(run({}, nothing_there, closed).code, 66);
  const std::string file = dir / "data";
  const auto opens = [&file]() -> Expected<ExitCode, ToolError> {
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT, 0600);
    std::fputs("message", stderr);
    return fd > STDERR_FILENO ? ExitCode::Ok : ExitCode::Internal;
  };
  EXPECT_EQ(run({}, opens, closed).code, 0);
  EXPECT_EQ(text_of("data"), "") << "no message goes into a file of data";
}

// The log file

TEST_F(ToolMain, AppendsMessagesToALogFile) {
  dir.write("log", "before\n");
  const Ended e = run({"--log-file", dir / "log"}, nothing_there);
  EXPECT_EQ(e.code, 66);
  EXPECT_EQ(e.err, "");
  EXPECT_EQ(text_of("log"), "before\ndn-test: no such task: btc\n  next: dn-status\n");
}

TEST_F(ToolMain, TellsALogFileThatCannotBeWritten) {
  const Ended e = run({"--log-file", dir / "none/log"});
  EXPECT_EQ(e.code, 74);
  EXPECT_THAT(e.err, HasSubstr("none/log: No such file or directory\n  next: "));
  EXPECT_THAT(run({"--json", "--log-file", dir.path()}).out, HasSubstr("\"code\":74,"));
}

TEST_F(ToolMain, ALogFileThatIsAPipeNeedsAReader) {
  const std::string pipe = dir / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const Ended alone = run({"--log-file", pipe});
  EXPECT_EQ(alone.code, 74) << "it does not wait for one";
  EXPECT_THAT(alone.err, HasSubstr("a pipe that nobody reads"));
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(run({"--log-file", pipe}, nothing_there).code, 66);
  std::array<char, 200> text{};
  EXPECT_GT(read(reader, text.data(), text.size()), 0);
  close(reader);
}

// The installation under the flags

TEST_F(ToolMain, FlagsLieOverTheInstallationFile) {
  CommonFlags f;
  f.config = dir.write("dn.toml", "mode = \"live\"\nstate_dir = \"/var/lib/dn\"\n");
  auto i = installation(f);
  ASSERT_TRUE(i);
  EXPECT_EQ(i->config.mode, TradingMode::Live);
  EXPECT_EQ(i->db, "/var/lib/dn/dn.db");
  EXPECT_EQ(i->halt_files, (std::vector<std::string>{"/var/lib/dn/HALT"}));
  f.mode = "paper";
  f.db = "/elsewhere.db";
  i = installation(f);
  ASSERT_TRUE(i);
  EXPECT_EQ(i->config.mode, TradingMode::Paper);
  EXPECT_EQ(i->db, "/elsewhere.db");
  EXPECT_EQ(i->halt_files, (std::vector<std::string>{"/var/lib/dn/HALT", "/HALT"})) << "the kill switch belongs to the installation, and to the database";
  f.config = dir / "none.toml";
  ASSERT_FALSE(installation(f));
  EXPECT_EQ(installation(f).error().code, ExitCode::NotFound);
}

}  // namespace
}  // namespace dn::app
