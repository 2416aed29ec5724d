#include "app/halt_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::array kVenues{Venue::MexcSpot, Venue::GateioSpot, Venue::GateioFutures};

// A link that leads nowhere is there as well.
bool is_there(const std::string& path) {
  struct stat st {};
  return lstat(path.c_str(), &st) == 0;
}

// Anything may stand in it, or it may be no file at all.
std::string first_line(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
  std::ifstream in(path, std::ios::binary);
  std::string text(200, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return printable(text.substr(0, text.find('\n')));
}

}  // namespace

std::string halt_file_of(const std::string& halt_file, Venue venue) { return fmt::format("{}-{}", halt_file, name(venue)); }

bool is_halt_name(std::string_view name) {
  const auto is_word = [](std::string_view text, std::string_view word) {
    return std::ranges::equal(text, word, [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; });
  };
  if (name.size() > 4 && is_word(name.substr(name.size() - 4), ".TXT")) name.remove_suffix(4);
  if (!is_word(name.substr(0, 4), "HALT")) return false;
  const std::string_view rest = name.substr(4);
  return rest.empty() || (std::string_view("-_ ").find(rest[0]) != std::string_view::npos && rest.find('.') == std::string_view::npos);
}

KillSwitch::KillSwitch(const std::vector<std::string>& halt_files, const TaskSpec& spec) : files_(halt_files) {
  for (const std::string& f : halt_files) {
    for (const Side leg : kSides) {
      if (leg == Side::Buy || spec.leg.sell.exchange != spec.leg.buy.exchange) files_.push_back(halt_file_of(f, *spec.leg[leg].exchange));
    }
  }
}

const std::string* KillSwitch::pulled() const {
  const auto at = std::ranges::find_if(files_, is_there);
  return at == files_.end() ? nullptr : &*at;
}

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kWholeLookNs = kSecondNs / 20;
constexpr std::int64_t kSettledNs = kSecondNs / 20;  // a file system's clock stands still between the kernel's ticks, at most 10 ms

std::int64_t in_ns(const timespec& t) { return t.tv_sec * kSecondNs + t.tv_nsec; }

std::int64_t now_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return in_ns(t);
}

}  // namespace

HaltGuard::HaltGuard(const std::vector<std::string>& halt_files, const TaskSpec& spec) : files_(halt_files, spec) {
  for (const std::string& f : halt_files) {
    const std::string parent = std::filesystem::path(f).parent_path().string();
    directories_.push_back({open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)});
  }
}

HaltGuard::~HaltGuard() {
  for (const Directory& d : directories_) {
    if (d.fd >= 0) close(d.fd);
  }
}

// Notes what it is now. By the time of change, which nobody can set; one that is just past may still get more changes without getting another time.
bool HaltGuard::is_as_before(Directory& d, std::int64_t now) const {
  struct stat st {};
  const bool told = d.fd >= 0 && fstat(d.fd, &st) == 0;
  const std::int64_t changed = told ? in_ns(st.st_ctim) : -1;
  const bool same = changed >= 0 && changed == d.changed_ns;
  d.changed_ns = changed >= 0 && changed + kSettledNs < now ? changed : -1;
  return same;
}

bool HaltGuard::is_pulled() {
  const std::int64_t now = now_ns(CLOCK_REALTIME);
  bool same = true;
  for (Directory& d : directories_) same = is_as_before(d, now) && same;
  const std::int64_t elapsed = now_ns(CLOCK_MONOTONIC);
  if (same && elapsed < look_again_ns_) return false;
  if (files_.pulled() != nullptr) {
    look_again_ns_ = 0;
    return true;
  }
  look_again_ns_ = elapsed + kWholeLookNs;
  return false;
}

std::vector<HaltFile> halts_there(const std::vector<std::string>& halt_files) {
  std::vector<HaltFile> out;
  for (const std::string& f : halt_files) {
    if (is_there(f)) out.push_back({f, std::nullopt, first_line(f)});
    for (const Venue v : kVenues) {
      const std::string of_venue = halt_file_of(f, v);
      if (is_there(of_venue)) out.push_back({of_venue, v, first_line(of_venue)});
    }
  }
  for (const std::string& f : stray_halts(halt_files)) out.push_back({f, std::nullopt, "neither HALT nor HALT-<venue>"});
  return out;
}

std::vector<std::string> stray_halts(const std::vector<std::string>& halt_files) {
  std::vector<std::string> out;
  for (const std::string& f : halt_files) {
    const std::filesystem::path path(f);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path.has_parent_path() ? path.parent_path() : ".", error)) {
      const std::string name = entry.path().filename().string();
      const bool known = name == "HALT" || std::ranges::any_of(kVenues, [&](Venue v) { return name == halt_file_of("HALT", v); });
      if (is_halt_name(name) && !known) out.push_back(entry.path().string());
    }
  }
  return out;
}

std::string reason_of_halt(const std::string& path) {
  const std::string line = first_line(path);
  return fmt::format("the file {} is there: {}", std::filesystem::path(path).filename().string(), line.empty() ? printable(path) : line);
}

}  // namespace dn::app
