#include "app/replace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "app/descriptor.h"
#include "base/text.h"
#include "store/files.h"

namespace dn::app {
namespace {

std::string cannot(std::string_view doing, const std::string& path) { return file_error(doing, printable(path), errno).message; }

bool write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Where the group may not be given, who may read it is left to the mode.
bool take_over_mode(int fd, const struct stat& old) {
  constexpr mode_t kRights = 0777;
  if (fchown(fd, static_cast<uid_t>(-1), old.st_gid) != 0 && errno != EPERM) return false;
  return fchmod(fd, old.st_mode & kRights) == 0;
}

}  // namespace

std::string replace_file(const std::string& path, std::string_view text, FileMode mode) {
  struct stat old {};
  const bool there = lstat(path.c_str(), &old) == 0;
  if (there && !S_ISREG(old.st_mode)) return printable(path) + " is not a regular file";
  std::string beside = path + ".XXXXXX";
  const Descriptor fd(mkostemp(beside.data(), O_CLOEXEC));  // 0600
  if (fd.get() < 0) return cannot("make a file beside", path);
  const bool moded = mode == FileMode::Private || !there || take_over_mode(fd.get(), old);
  // The disk before the name: after a power cut it must not stand for an empty file.
  if (moded && write_whole(fd.get(), text) && fdatasync(fd.get()) == 0 && rename(beside.c_str(), path.c_str()) == 0) return "";
  std::string why = cannot("write", path);
  unlink(beside.c_str());
  return why;
}

}  // namespace dn::app
