// The kill switch: files whose being there halts runs, and nothing else about them counts, so that `touch` is enough. HALT halts every run of
// the installation, HALT-<venue> what trades on that venue. They lie in the state directory, or beside the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/task_spec.h"

namespace dn::app {

// `halt_files` are the paths of HALT; see Installation.
std::string halt_file_of(const std::string& halt_file, Venue venue);
// The word HALT in whatever letters, alone or with more words behind it, and the .txt that editors add. Nothing else halts: a database may be called
// halted.db or halt.db.
bool is_halt_name(std::string_view file_name);

// Those that halt one task, looked for as often as needed: each look is a few system calls.
class KillSwitch {
 public:
  KillSwitch(const std::vector<std::string>& halt_files, const TaskSpec& spec);
  // The file that is there; nullptr: none.
  const std::string* pulled() const;

 private:
  std::vector<std::string> files_;
};

// The same for whoever looks before each order. Where nothing was put into a directory or taken from it since the last look, which one system call on
// the open directory tells, the names are not looked up again; twenty times a second they are all the same, since the directory itself may be another.
// Not copied: it owns descriptors.
class HaltGuard {
 public:
  HaltGuard(const std::vector<std::string>& halt_files, const TaskSpec& spec);
  ~HaltGuard();
  HaltGuard(const HaltGuard&) = delete;
  HaltGuard& operator=(const HaltGuard&) = delete;
  bool is_pulled();

 private:
  struct Directory {
    int fd = -1;
    std::int64_t changed_ns = -1;  // as the last look found it; -1: cannot be relied on
  };
  bool is_as_before(Directory& d, std::int64_t now_ns) const;

  KillSwitch files_;
  std::vector<Directory> directories_;
  std::int64_t look_again_ns_ = 0;
};

// One that is there.
struct HaltFile {
  std::string path;
  std::optional<Venue> venue;  // nullopt: of everything
  std::string reason;          // its first line, printable; may be empty
};
std::vector<HaltFile> halts_there(const std::vector<std::string>& halt_files);
// Files beside those that have such a name and are neither HALT nor of a venue: somebody wanted to halt something, and it is not known what. They
// halt everything.
std::vector<std::string> stray_halts(const std::vector<std::string>& halt_files);

// Why a task is halted by it: its name first, then what stands in it, or where it lies.
std::string reason_of_halt(const std::string& path);

}  // namespace dn::app
