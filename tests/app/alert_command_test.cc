// How a command line is divided, and what a program that is told of alerts can and cannot do.
#include "app/alert_command.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <sstream>

#include "app/alert_event.h"
#include "temp_dir.h"

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 does not say itself that these are C functions
}

namespace dn::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(SplitCommand, DividesAtBlanksAndTakesQuotesAsTheyAre) {
  EXPECT_THAT(*split_command("notify"), ElementsAre("notify"));
  EXPECT_THAT(*split_command("  mail\t-s  'dn: an alert' me "), ElementsAre("mail", "-s", "dn: an alert", "me"));
  EXPECT_THAT(*split_command(R"(a "it's" 'say "x"' b'c d'e"")"), ElementsAre("a", "it's", "say \"x\"", "bc de"));
  EXPECT_THAT(*split_command("a '' b"), ElementsAre("a", "", "b"));
  EXPECT_THAT(*split_command(R"(a $HOME `b` \n ; | > *)"), ElementsAre("a", "$HOME", "`b`", "\\n", ";", "|", ">", "*"));
}

TEST(SplitCommand, SaysWhatItDoesNotUnderstand) {
  EXPECT_EQ(split_command("a 'b").error(), "has a ' that is not closed");
  EXPECT_EQ(split_command("a \"b").error(), "has a \" that is not closed");
  for (const char* nothing : {"", "  ", "''", "'' a"}) EXPECT_EQ(split_command(nothing).error(), "names no program");
  EXPECT_FALSE(split_command(std::string_view("a\0b", 3)));
}

class Command : public testing::Test {
 protected:
  TempDir dir;
  StopSignal stop;

  std::string hook(std::string_view body) {
    const std::string path = dir.write("hook", "#!/bin/sh\ncd " + dir.path() + "\n" + std::string(body));
    chmod(path.c_str(), 0700);
    return path;
  }
  std::string text_of(std::string_view name) const {
    std::ifstream in(dir / name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  // Whether a process that is not our child ends, for which it gets ten seconds.
  static bool ends(pid_t pid) {
    const Descriptor process(pidfd_open(pid, 0));
    if (process.get() < 0) return true;
    pollfd p{process.get(), POLLIN, 0};
    return poll(&p, 1, 10'000) == 1;
  }
  std::string deliver(std::vector<std::string> argv, int millis = 10'000) { return AlertCommand(std::move(argv), millis).deliver("{\"a\":1}", stop); }
};

TEST_F(Command, GetsTheEventOnItsInputAndItsArgumentsAsTheyAre) {
  const std::string path = hook("cat > in; printf '%s|' \"$@\" > arguments\n");
  EXPECT_EQ(deliver({path, "two words", "$HOME"}), "");
  EXPECT_EQ(text_of("in"), "{\"a\":1}\n");
  EXPECT_EQ(text_of("arguments"), "two words|$HOME|");
}

TEST_F(Command, SeesNoSecretNoDescriptorAndNoSignalOfOurs) {
  setenv("DN_TEST_SECRET", "hunter2", 1);
  const Descriptor ours(dup(STDOUT_FILENO));  // not close-on-exec
  sigset_t blocked;                           // as a run has them, which reads its signals
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  const std::string path = hook("env > env; ls /proc/self/fd > fds; grep SigBlk /proc/self/status > blocked; grep SigIgn /proc/self/status > ignored\n");
  EXPECT_EQ(deliver({path}), "");
  sigprocmask(SIG_SETMASK, &before, nullptr);
  unsetenv("DN_TEST_SECRET");
  EXPECT_THAT(text_of("env"), HasSubstr("PATH="));
  EXPECT_THAT(text_of("env"), Not(HasSubstr("hunter2")));
  EXPECT_EQ(text_of("fds"), "0\n1\n2\n3\n") << "3 is the folder that ls reads";
  EXPECT_THAT(text_of("blocked"), HasSubstr("0000000000000000"));
}

TEST_F(Command, MayPrintWhatItLikes) { EXPECT_EQ(deliver({hook("head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2\n")}), ""); }

TEST_F(Command, NeedNotReadWhatItIsTold) { EXPECT_EQ(deliver({"true"}), "") << "found by PATH"; }

TEST_F(Command, SaysHowItFailed) {
  EXPECT_EQ(deliver({hook("exit 3\n")}), "ended with exit code 3");
  EXPECT_EQ(deliver({hook("kill -9 $$\n")}), "was ended by signal 9");
  EXPECT_THAT(deliver({dir / "none"}), HasSubstr("cannot be started: No such file"));
  EXPECT_EQ(AlertCommand({dir / "none"}).unusable(), "No such file or directory");
  EXPECT_EQ(AlertCommand({"dn-no-such-program"}).unusable(), "is not in PATH");
  EXPECT_EQ(AlertCommand({"true"}).unusable(), "");
  EXPECT_EQ(AlertCommand({hook("")}).unusable(), "");
}

TEST_F(Command, OneThatHangsIsKilledWithItsChildren) {
  const std::string path = hook("sleep 1000 & echo $! > child; wait\n");
  EXPECT_EQ(deliver({path}, 1000), "did not end within 1 s and was killed");
  const std::string child = text_of("child");
  ASSERT_FALSE(child.empty());
  EXPECT_TRUE(ends(std::stoi(child)));
}

TEST_F(Command, OneThatHangsIsKilledWhenTheRunEnds) {
  stop.raise();
  EXPECT_EQ(deliver({"sleep", "1000"}), "was not done when the run ended, and was killed");
}

// ---- what an event means

std::string event(const decltype(TaskEvent::what)& what) { return to_json({Time{}, what}, "btc-1-1", "btc"); }

Alerted alerted(AlertKind kind, AlertLevel level, const char* code, const char* message = "") { return {kind, level, Code(code), Reason(message), {}, {}}; }

TEST(AlertEvent, LevelsAreThoseOfTheEventsAndOfTheirTypes) {
  const auto level = [](std::string_view type, std::string_view json) { return name(kind_of(type, json).level); };
  EXPECT_EQ(level("alert", event(alerted(AlertKind::Alert, AlertLevel::Critical, "imbalance"))), "CRITICAL");
  EXPECT_EQ(level("limit", event(alerted(AlertKind::Limit, AlertLevel::Info, "collar"))), "INFO");
  EXPECT_EQ(level("halt", event(alerted(AlertKind::Halt, AlertLevel::Debug, "x"))), "DEBUG");
  EXPECT_EQ(level("reject", event(OrderStepped{OrderStep::Reject, Venue::MexcSpot, {}, {}, Code("30004"), {}})), "INFO");
  EXPECT_EQ(level("error", event(Erred{Code("temporary"), {}, {}})), "INFO");
  EXPECT_EQ(level("error", event(Erred{Code("fatal"), {}, {}})), "WARNING");
  for (const char* routine : {"state", "intent", "ack", "fill", "cancel", "resolved", "run_start"}) EXPECT_EQ(level(routine, "{}"), "DEBUG");
  EXPECT_EQ(level("alert", "not JSON"), "WARNING") << "rather one too many than one too few";
}

TEST(AlertEvent, CodeIsWhatItIsThrottledBy) {
  EXPECT_EQ(kind_of("alert", event(alerted(AlertKind::Alert, AlertLevel::Info, "imbalance"))).code, "imbalance");
  EXPECT_EQ(kind_of("alert", event(alerted(AlertKind::Alert, AlertLevel::Info, "a\n\"b"))).code, "a\\n\\\"b") << "it stands in a line of a file";
  EXPECT_EQ(kind_of("error", event(Erred{Code("temporary"), {}, {}})).code, "temporary");
  EXPECT_EQ(kind_of("fill", event(Filled{})).code, "fill");
}

TEST(AlertEvent, AVenuesTextPassesForNoMember) {
  const AlertKindOf kind = kind_of("error", event(Erred{Code("fatal"), Reason("x\",\"level\":\"DEBUG\",\"code\":\"y"), {}}));
  EXPECT_EQ(name(kind.level), "WARNING");
  EXPECT_EQ(kind.code, "fatal");
}

TEST(AlertEvent, ASumIsTheEventWithItsCount) {
  EXPECT_EQ(with_suppressed(R"({"type":"alert"})", 0, false), R"({"type":"alert"})");
  EXPECT_EQ(with_suppressed(R"({"type":"alert"})", 9, false), R"({"type":"alert","suppressed":9})");
  EXPECT_EQ(with_suppressed(R"({"type":"alert"})", 9, true), R"({"type":"alert","suppressed":9,"suppressed_codes":"several"})");
}

}  // namespace
}  // namespace dn::app
