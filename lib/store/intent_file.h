// The intents of a run that are no rows of the database yet, in a mapped file beside its lock: durable against kill -9 without a system call, since the
// kernel keeps what was written to mapped memory when the process dies. A power cut may take it, as it may take the newest commits (store/journal.cc).
//
// One file a task, of two pages that are written in turn, so that a run that is killed while it writes has kept what it promised before. Written by the
// run that holds the task's lock and removed when that run ends well; so a file that is there belongs to a run that is under way or was killed.
// Ownership: IntentFile owns the mapping. Move-only; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/intents.h"
#include "store/store.h"

namespace dn {

class IntentFile {
 public:
  // "<directory>/<task>.intents" (0600), made when missing. What an earlier run left there stands until the second `write`.
  static Expected<IntentFile, StoreError> open(const std::string& directory, std::string_view task);

  // Replaces what stood there; at most kMostPromised.
  void write(const Intents& intents);

  IntentFile(IntentFile&& other) noexcept;
  IntentFile& operator=(IntentFile&& other) noexcept;
  ~IntentFile();

 private:
  explicit IntentFile(void* memory);
  void* memory_;
  std::uint64_t writes_ = 0;  // as counted in the newest page
};

// What a task's file holds; nothing where there is none, or where it is not whole: then nothing was sent on its word.
std::optional<Intents> read_intents(const std::string& directory, std::string_view task);

// The tasks that have such a file.
std::vector<std::string> tasks_with_intents(const std::string& directory);

// The run has ended and everything is committed.
void remove_intents(const std::string& directory, std::string_view task);

}  // namespace dn
