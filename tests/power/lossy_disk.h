// A disk that loses what was not synced: SQLite's files in memory, with all that a power cut may do to them.
//
// It is SQLite's default VFS as long as it lives. What it promises is what SQLite asks of a disk and not more:
//
//   - Bytes are durable once the file was synced. Of the writes and truncations since, any subset survives; a write is torn at
//     sectors of 512 bytes, each of which survives or not by itself. So sectors appear to be written in any order.
//   - Where a write made the file longer and its bytes did not survive, there may be zeros or anything.
//   - A write touches no byte outside of its range, also when it is torn (SQLITE_IOCAP_POWERSAFE_OVERWRITE, as SQLite assumes
//     of every disk on Unix).
//   - A name (made, removed) is durable once its directory was synced. Until then the name is back at any of its states
//     since the last such sync; what file it names is not told by syncing that file. SQLite syncs the directory at a connection's first
//     sync of a log or journal and where xDelete asks for it; the store does it with fsync(2), which this program watches.
//   - A sync tells no lie, and while the power is on nothing is lost.
//
// The shared memory of the log's index is memory: gone. There are no locks: one connection at a time. One disk at a time, one thread.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/rng.h"

namespace dn::power {

// A file's bytes: as they are read now, as they are durable, and what happened between the two.
struct Bytes {
  struct Change {
    bool truncate = false;
    std::size_t at = 0;  // the new size of a truncation
    std::string written;
  };
  std::string now;
  std::string durable;
  std::vector<Change> changes;
  std::vector<std::unique_ptr<std::string>> shared;  // pages of the log's index
};

class LossyDisk {
 public:
  LossyDisk();
  ~LossyDisk();
  LossyDisk(const LossyDisk&) = delete;
  LossyDisk& operator=(const LossyDisk&) = delete;

  // A path for a database.
  const std::string& db() const { return db_; }
  const std::string& directory() const { return directory_; }

  // The power goes: every call fails from now on.
  void cut() { on_ = false; }
  // ... in the middle of the n-th change of the disk from now (a write, truncation, sync, creation or removal), n > 0; 0: not at all.
  void cut_after(std::uint64_t n) { fuse_ = n; }
  // The power is back: what was not durable has partly survived. No connection of before may be in use any more.
  void restart(sim::Rng& rng);
  bool sync_directory();

  bool on() const { return on_; }
  std::uint64_t changes() const { return changes_; }
  std::uint64_t sectors_kept() const { return kept_; }
  std::uint64_t sectors_lost() const { return lost_; }

  // ---- for the VFS
  std::shared_ptr<Bytes> open(const std::string& path, bool create);
  bool remove(const std::string& path, bool sync);
  bool is_there(const std::string& path) const;
  // Counts a change; false when the power is off or goes now.
  bool change();

 private:
  void survive(Bytes& file, sim::Rng& rng);

  std::string directory_;
  std::string db_;
  std::map<std::string, std::shared_ptr<Bytes>> names_;
  // Of a name that changed since the last sync of the directory: what it was, from the durable state on; null = not there.
  std::map<std::string, std::vector<std::shared_ptr<Bytes>>> earlier_;
  bool on_ = true;
  std::uint64_t fuse_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t kept_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace dn::power
