// The kill switch: files whose being there halts runs, and nothing else about them counts, so that `touch` is enough. HALT halts every run of
// the installation, HALT-<venue> what trades on that venue. They lie in the state directory, or beside the database.
#pragma once

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
