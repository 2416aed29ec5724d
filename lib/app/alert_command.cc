#include "app/alert_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "base/text.h"

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 does not say itself that these are C functions
}

namespace dn::app {
namespace {

// What a program needs to find itself, its user and a desktop.
constexpr std::array<const char*, 13> kEnvironment{
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"};

std::vector<std::string> environment() {
  std::vector<std::string> out;
  for (const char* variable : kEnvironment) {
    if (const char* value = std::getenv(variable)) out.push_back(fmt::format("{}={}", variable, value));
  }
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& t : texts) out.push_back(t.data());
  out.push_back(nullptr);
  return out;
}

// A file in memory: its reader cannot make us wait, nor end us by going away.
int text_as_file(const std::string& text) {
  const int fd = memfd_create("alert", MFD_CLOEXEC);
  if (fd < 0) return fd;
  if (write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && lseek(fd, 0, SEEK_SET) == 0) return fd;
  const int why = errno;
  close(fd);
  errno = why;
  return -1;
}

// Starts the program; its process id, or minus an error number.
pid_t start(std::vector<std::string> argv, int input) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  sigset_t ours;  // what we ignore, it need not
  sigemptyset(&ours);
  sigaddset(&ours, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &ours);
  std::vector<std::string> names = environment();
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0].c_str(), &actions, &attributes, pointers(argv).data(), pointers(names).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : -error;
}

// Waits until the process ends, the time is over or we are stopped: "" in the first case.
std::string wait_for(pid_t child, const StopSignal& stop, int millis) {
  const Descriptor process(pidfd_open(child, 0));
  if (process.get() < 0) return std::strerror(errno);
  std::array<pollfd, 2> p{{{process.get(), POLLIN, 0}, {stop.fd(), POLLIN, 0}}};
  const int ready = poll(p.data(), p.size(), millis);  // this thread takes no signals
  if (ready < 0) return std::strerror(errno);
  if (ready == 0) return fmt::format("did not end within {} s and was killed", (millis + 999) / 1000);
  return (p[0].revents & POLLIN) != 0 ? "" : "was not done when the run ended, and was killed";
}

bool is_program(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

}  // namespace

StopSignal::StopSignal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { DN_CHECK(fd_.get() >= 0, "eventfd"); }

void StopSignal::raise() const {
  const std::uint64_t one = 1;
  (void)!write(fd_.get(), &one, sizeof one);
}

bool StopSignal::raised() const {
  pollfd p{fd_.get(), POLLIN, 0};
  return poll(&p, 1, 0) == 1;
}

Expected<std::vector<std::string>, std::string> split_command(std::string_view text) {
  std::vector<std::string> out;
  bool inside = false;  // a word has begun, be it an empty one in quotes
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        out.back() += c;
      }
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\n') {
      inside = false;
      continue;
    }
    if (!inside) out.emplace_back();
    inside = true;
    if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '\0') {
      return Unexpected{std::string("has a character that no argument can have")};
    } else {
      out.back() += c;
    }
  }
  if (quote != '\0') return Unexpected{fmt::format("has a {} that is not closed", quote)};
  if (out.empty() || out[0].empty()) return Unexpected{std::string("names no program")};
  return out;
}

std::string AlertCommand::name() const { return "the command " + printable_excerpt(argv_[0]); }

std::string AlertCommand::unusable() const {
  const std::string& program = argv_[0];
  if (program.find('/') != std::string::npos) return is_program(program) ? "" : std::strerror(errno);
  const char* path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "/bin:/usr/bin" : path;
  while (!left.empty()) {
    const auto end = std::min(left.find(':'), left.size());
    if (is_program(fmt::format("{}/{}", left.substr(0, end), program))) return "";
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return "is not in PATH";
}

std::string AlertCommand::deliver(const std::string& json, const StopSignal& stop) {
  const Descriptor input(text_as_file(json + "\n"));
  if (input.get() < 0) return fmt::format("cannot be given its input: {}", std::strerror(errno));
  const pid_t child = start(argv_, input.get());
  if (child < 0) return fmt::format("cannot be started: {}", std::strerror(-child));
  const std::string why = wait_for(child, stop, most_millis_);
  kill(-child, SIGKILL);  // also what it left behind
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!why.empty()) return why;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  return WIFEXITED(status) ? fmt::format("ended with exit code {}", WEXITSTATUS(status)) : fmt::format("was ended by signal {}", WTERMSIG(status));
}

}  // namespace dn::app
