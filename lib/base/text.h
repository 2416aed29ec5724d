// Small text helpers that several rooms need.
#pragma once

#include <cstdint>

#include <string>
#include <string_view>
#include <vector>

namespace dn {

// Text from outside (venues, files, the database) made safe for a terminal: control characters become '?'.
std::string printable(std::string_view text);

// The same, cut to a length that fits a message.
std::string printable_excerpt(std::string_view text);

// The entry of `known` closest to `text` by edit distance, or "" when none is near enough to suggest.
std::string closest(std::string_view text, const std::vector<std::string>& known);

// Small non-cryptographic hash (FNV-1a, 64 bits); the same on every machine.
std::uint64_t fnv1a(std::string_view text);

// Base 36, lower case, no leading zeros ("0" for zero).
std::string base36(std::uint64_t n);

}  // namespace dn
