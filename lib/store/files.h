// Directories and files as this room makes them: for their owner only, never through a symbolic link.
//
// Paths are as the caller wrote them. Nothing here throws; an error says what was tried, on which path, and why.
#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"
#include "store/store.h"

namespace dn {

// What a failed system call on `path` means for the caller.
StoreError file_error(std::string_view doing, const std::string& path, int error_number);

// "a/b" of "a/b/c", "/" of "/c", "." of "c".
std::string parent_directory(const std::string& path);

// Makes the directory and whatever is missing above it, each 0700. One that is there already is left as it is.
Expected<void, StoreError> make_private_directory(const std::string& path);

// Makes the names in a directory durable against power loss.
Expected<void, StoreError> sync_directory(const std::string& path);

// Makes an empty file (0600) where there is none: true when it was made, false when a regular file was there.
// A symbolic link, or anything else that is not a regular file, is refused.
Expected<bool, StoreError> make_private_file(const std::string& path);

}  // namespace dn
