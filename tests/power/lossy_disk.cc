#include "lossy_disk.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/check.h"
#include "lossy_vfs.h"

namespace dn::power {
namespace {

constexpr std::size_t kSector = 512;

void write_into(std::string& bytes, std::size_t at, std::string_view what) {
  if (bytes.size() < at + what.size()) bytes.resize(at + what.size(), '\0');
  bytes.replace(at, what.size(), what);
}

std::string garbage(std::size_t n, sim::Rng& rng) {
  std::string out(n, '\0');
  for (char& c : out) c = static_cast<char>(rng.below(256));
  return out;
}

// How a cut treats the changes of one file, oldest first. The extremes are drawn often: all but the newest survived, as a disk that
// writes in order leaves it, and next to nothing did.
struct Mood {
  std::size_t in_order;    // changes before this one survive whole
  std::uint64_t of_eight;  // of the others' sectors so many of eight survive
  bool holes_are_garbage;
};
Mood draw_mood(std::size_t changes, sim::Rng& rng) {
  Mood m{0, rng.below(9), rng.chance(1, 4)};
  if (rng.chance(1, 2)) m.in_order = rng.below(changes + 1);
  if (rng.chance(1, 4)) m.in_order = changes - std::min<std::size_t>(changes, rng.below(6));
  return m;
}

}  // namespace

LossyDisk::LossyDisk() {
  std::string pattern = (std::filesystem::temp_directory_path() / "dn-power-XXXXXX").string();
  DN_CHECK(::mkdtemp(pattern.data()) != nullptr, "a directory for the names of a disk");
  directory_ = std::filesystem::canonical(pattern);
  db_ = directory_ + "/dn.db";
  install(this);
}

LossyDisk::~LossyDisk() {
  install(nullptr);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

bool LossyDisk::change() {
  if (!on_) return false;
  ++changes_;
  if (fuse_ > 0 && --fuse_ == 0) on_ = false;
  return on_;
}

bool LossyDisk::sync_directory() {
  if (!change()) return false;
  earlier_.clear();
  return true;
}

std::shared_ptr<Bytes> LossyDisk::open(const std::string& path, bool create) {
  const auto at = names_.find(path);
  if (at != names_.end()) return at->second;
  // The store makes the database's name itself (make_private_file), on the real disk.
  if (!create && !std::filesystem::exists(path)) return nullptr;
  earlier_[path].emplace_back();
  const auto made = names_[path] = std::make_shared<Bytes>();
  return change() ? made : nullptr;
}

bool LossyDisk::remove(const std::string& path, bool sync) {
  const auto at = names_.find(path);
  if (at == names_.end()) return false;
  earlier_[path].push_back(at->second);
  names_.erase(at);
  if (change() && sync) (void)sync_directory();
  return true;
}

// As SQLite on Unix sees it: a file without content is not there.
bool LossyDisk::is_there(const std::string& path) const {
  const auto at = names_.find(path);
  return at != names_.end() && !at->second->now.empty();
}

void LossyDisk::restart(sim::Rng& rng) {
  for (auto& [name, states] : earlier_) {
    const std::size_t chosen = rng.below(states.size() + 1);
    if (chosen == states.size()) continue;  // as it was at the cut
    names_.erase(name);
    if (states[chosen]) names_[name] = states[chosen];
  }
  earlier_.clear();
  for (const auto& [name, file] : names_) survive(*file, rng);
  if (!names_.contains(db_)) std::filesystem::remove(db_);
  on_ = true;
  fuse_ = 0;
}

void LossyDisk::survive(Bytes& file, sim::Rng& rng) {
  std::string left = std::move(file.durable);
  const Mood mood = draw_mood(file.changes.size(), rng);
  for (std::size_t i = 0; i < file.changes.size(); ++i) {
    const Bytes::Change& c = file.changes[i];
    const auto survives = [&] { return i < mood.in_order || rng.below(8) < mood.of_eight; };
    if (c.truncate) {
      if (survives() && left.size() > c.at) left.resize(c.at);
      continue;
    }
    for (std::size_t from = 0; from < c.written.size();) {
      const std::size_t n = std::min(kSector - (c.at + from) % kSector, c.written.size() - from);
      if (survives()) {
        ++kept_;
        write_into(left, c.at + from, std::string_view(c.written).substr(from, n));
      } else {
        ++lost_;
        if (mood.holes_are_garbage && c.at + from >= left.size()) write_into(left, c.at + from, garbage(n, rng));
      }
      from += n;
    }
  }
  file.now = left;
  file.durable = std::move(left);
  file.changes.clear();
  file.shared.clear();
}

}  // namespace dn::power
