// The tables of the database and the steps that lead from one version of them to the next.
#pragma once

#include <array>

#include "store/sqlite.h"

namespace dn {

// Stands in the file's header ("dn" and a tag of ours): tells our database from any other SQLite file.
inline constexpr std::int64_t kApplicationId = 0x646e3031;

struct Migration {
  int version;      // that the file has afterwards
  const char* sql;  // what to run on a file of the version before
};

// Oldest first, one for every version from 1. A released step is never changed; a new version adds one, and its part to kWholeSchema.
struct MigrationList {
  const Migration* first;
  std::size_t count;
  const char* whole = nullptr;  // what all steps come to, for an empty file; null: the steps are taken there as well
  int newest() const { return first[count - 1].version; }
};
MigrationList migrations();
extern const char* const kWholeSchema;

// Brings an empty file or an older schema to the newest of `list`, in one transaction: several processes may try at once.
// A newer schema is NewerSchema; a file with other content is NotADatabase. Neither is touched.
Expected<void, StoreError> migrate(Connection& connection, const MigrationList& list);

// For readers, who cannot migrate: an empty file is NotFound, an older schema OlderSchema.
Expected<void, StoreError> check_schema(Connection& connection, const MigrationList& list);

}  // namespace dn
