#include "app/halt_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
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
