#include "app/credentials.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "app/descriptor.h"
#include "app/toml_text.h"
#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::size_t kMostKeyBytes = 64U << 10U;
constexpr std::size_t kMostKey = 512;
constexpr auto kCommandTime = std::chrono::seconds(30);

ToolError refused(std::string what, std::string next) { return {ExitCode::Permission, std::move(what), std::move(next)}; }

// Text that is wiped when it goes.
class Wiped {
 public:
  ~Wiped() {
    volatile char* p = text.data();
    for (std::size_t i = 0; i < text.size(); ++i) p[i] = '\0';
  }
  std::string text;
};

// "" when all of it came; why not otherwise.
std::string read_all(int fd, Wiped* out, std::chrono::steady_clock::time_point deadline) {
  std::array<char, 4096> buffer{};
  for (;;) {
    pollfd p{fd, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    const int ready = poll(&p, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready == 0) return "does not end in time";
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::strerror(errno);
    if (n == 0) break;
    out->text.append(buffer.data(), static_cast<std::size_t>(n));
    if (out->text.size() > kMostKeyBytes) return "is larger than 64 KiB";
  }
  volatile char* wipe = buffer.data();
  for (std::size_t i = 0; i < buffer.size(); ++i) wipe[i] = '\0';
  return "";
}

// What is wrong with the file's owner or mode; "" when nothing. systemd's files may belong to root and be readable by our group.
std::string unsafe(const struct stat& info, bool by_systemd) {
  if (info.st_uid != geteuid() && !(by_systemd && info.st_uid == 0)) return "belongs to another user";
  const mode_t others = by_systemd ? S_IWGRP | S_IRWXO : S_IRWXG | S_IRWXO;
  if ((info.st_mode & others) != 0) return fmt::format("can be read by others (its mode is {:04o})", info.st_mode & 07777U);
  return "";
}

Expected<void, ToolError> read_file(const std::string& path, bool by_systemd, Wiped* out) {
  const std::string shown = printable(path);
  Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd.get() < 0) {
    if (errno == ENOENT) return Unexpected{ToolError{ExitCode::NotFound, shown + ": there is no such file", "give --credentials a file with your keys"}};
    if (errno == ELOOP) return Unexpected{refused(shown + ": is a symbolic link", "name the file itself")};
    return Unexpected{refused(fmt::format("{}: {}", shown, std::strerror(errno)), "check its owner and mode")};
  }
  struct stat info {};
  if (fstat(fd.get(), &info) == 0 && !S_ISREG(info.st_mode))
    return Unexpected{refused(shown + ": is not a regular file", "give --credentials a file with your keys")};
  if (fstat(fd.get(), &info) != 0) return Unexpected{refused(fmt::format("{}: {}", shown, std::strerror(errno)), "check its owner and mode")};
  if (const std::string why = unsafe(info, by_systemd); !why.empty()) {
    return Unexpected{
        refused(fmt::format("{}: {}; keys in it are not used", shown, why), fmt::format("chmod 600 {}; if others could read it, make new keys", shown))};
  }
  if (const std::string why = read_all(fd.get(), out, std::chrono::steady_clock::now() + kCommandTime); !why.empty()) {
    return Unexpected{refused(fmt::format("{}: {}", shown, why), "a credentials file is a few lines")};
  }
  return {};
}

// Runs the user's command by the shell and takes what it prints.
Expected<void, ToolError> read_command(const std::string& command, Wiped* out) {
  const auto failed = [&](const std::string& why) {
    return Unexpected{
        refused(fmt::format("credential_command {}", why), "run the command by hand; it must print [mexc] and [gateio] tables with key and secret")};
  };
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return failed(std::strerror(errno));
  Descriptor in(ends[0]);
  Descriptor into(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, into.get(), STDOUT_FILENO);
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  std::string text = command;
  std::array<char*, 4> argv{shell.data(), flag.data(), text.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawn(&child, "/bin/sh", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return failed(std::strerror(error));
  into.reset();
  const std::string why = read_all(in.get(), out, std::chrono::steady_clock::now() + kCommandTime);
  if (!why.empty()) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!why.empty()) return failed(why);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return failed(WIFEXITED(status) ? fmt::format("ends with exit code {}", WEXITSTATUS(status)) : "is ended by a signal");
  }
  return {};
}

// A key goes into a header and a secret into a hash as they are: visible ASCII only.
bool usable(std::string_view text) {
  return !text.empty() && text.size() <= kMostKey && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Expected<CredentialMap, ToolError> parse(const std::string& name, const Wiped& text) {
  auto doc = read_toml_text(name, text.text, true);
  if (!doc) return Unexpected{doc.error()};
  CredentialMap out;
  Problems problems;
  for (TomlEntry& e : doc->top.entries) {
    const auto dot = e.key.find('.');
    const std::string section = e.key.substr(0, dot);
    const std::string key = dot == std::string::npos ? "" : e.key.substr(dot + 1);
    if (const std::vector<std::string> known = credential_keys(); std::ranges::find(known, e.key) == known.end()) {
      // What stands in the wrong place may be a key.
      problems.add(e.place, "", fmt::format("is not one of {}", fmt::join(known, ", ")));
    } else if (e.kind != TomlKind::String || !usable(e.text)) {
      problems.add(e.place, e.key, "must be a text in quotes, of visible characters without blanks");
    } else {
      venues::Credentials& c = out[section];
      (key == "key" ? c.key : c.secret) = Secret(std::move(e.text));
    }
  }
  if (!problems.empty()) return Unexpected{problems.error()};
  for (const auto& [section, c] : out) {
    if (c.empty()) {
      return Unexpected{
          ToolError{ExitCode::Config, fmt::format("{}: [{}] needs both key and secret", printable(name), section), "add the line that is missing"}};
    }
  }
  return out;
}

struct Origin {
  std::string name;  // for a person
  std::string path;  // empty: the command
  bool by_systemd = false;
};

Expected<Origin, ToolError> find(const DnConfig& config, const std::string& file) {
  if (!file.empty()) return Origin{file, file, false};
  if (const char* directory = std::getenv("CREDENTIALS_DIRECTORY"); directory != nullptr && *directory != '\0') {
    const std::string path = std::string(directory) + "/dn";
    if (access(path.c_str(), F_OK) == 0) return Origin{path, path, true};
  }
  if (!config.credential_command.empty()) return Origin{"credential_command", "", false};
  const std::filesystem::path beside = config.file.empty() ? std::filesystem::path(config_directory()) : std::filesystem::path(config.file).parent_path();
  const std::string path = (beside / "credentials.toml").string();
  if (access(path.c_str(), F_OK) == 0) return Origin{path, path, false};
  return Unexpected{refused(
      fmt::format("live trading needs keys, and there are none: no --credentials, no $CREDENTIALS_DIRECTORY/dn, no credential_command, no {}", printable(path)),
      "write them to a file of mode 0600 and give --credentials FILE, or trade on paper")};
}

}  // namespace

std::vector<std::string> credential_keys() {
  std::vector<std::string> out;
  for (const venues::VenueEntry& v : venues::registered_venues()) {
    for (const std::string& key : {v.account + ".key", v.account + ".secret"}) {
      if (std::ranges::find(out, key) == out.end()) out.push_back(key);
    }
  }
  return out;
}

Expected<CredentialMap, ToolError> load_credentials(const DnConfig& config, const std::string& file, const std::set<std::string>& needed) {
  const auto origin = find(config, file);
  if (!origin) return Unexpected{origin.error()};
  Wiped text;
  if (auto read = origin->path.empty() ? read_command(config.credential_command, &text) : read_file(origin->path, origin->by_systemd, &text); !read) {
    return Unexpected{read.error()};
  }
  auto all = parse(origin->name, text);
  if (!all) return all;
  for (const std::string& section : needed) {
    if (all->contains(section)) continue;
    return Unexpected{refused(fmt::format("{}: has no [{}] with key and secret, which this task needs", printable(origin->name), section), "add that section")};
  }
  return all;
}

bool credentials_by_command(const DnConfig& config, const std::string& file) {
  const auto origin = find(config, file);
  return origin && origin->path.empty();
}

}  // namespace dn::app
