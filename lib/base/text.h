// Small text helpers that several rooms need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dn {

// Length in bytes of the UTF-8 character that `text` begins with; 0 when it does not begin with one (overlong,
// surrogate, beyond U+10FFFF, cut short). The text is not empty.
std::size_t utf8_length(std::string_view text);

// Text from outside (venues, files, the database) made safe for a terminal: characters that control it, and
// bytes that are not UTF-8, become '?'.
std::string printable(std::string_view text);

// The same, cut to a length that fits a message; "..." shows the cut.
std::string printable_excerpt(std::string_view text);

// The entry of `known` closest to `text` by edit distance, or "" when none is near enough to suggest.
std::string closest(std::string_view text, const std::vector<std::string>& known);

// Small non-cryptographic hash (FNV-1a, 64 bits); the same on every machine.
std::uint64_t fnv1a(std::string_view text);

// Base 36, lower case, no leading zeros ("0" for zero).
std::string base36(std::uint64_t n);

}  // namespace dn
