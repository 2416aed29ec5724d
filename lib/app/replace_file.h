// Writes a file as a whole: its readers, and whoever looks after a kill or a power cut, find the old one or the new one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dn::app {

enum class FileMode : std::uint8_t {
  Private,  // 0600
  Kept,     // mode and group of the file that it replaces, so that its owner decides who reads it; 0600 where there is none
};

// What is at `path` must be a regular file or nothing. "" when it is done, why not otherwise. Waits for the disk.
std::string replace_file(const std::string& path, std::string_view text, FileMode mode);

}  // namespace dn::app
