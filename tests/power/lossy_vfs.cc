#include "lossy_vfs.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <utility>

#include "base/check.h"

namespace dn::power {
namespace {

LossyDisk* g_disk = nullptr;

// SQLite gives the memory for it and knows its base.
struct File : sqlite3_file {
  std::shared_ptr<Bytes> bytes;
  bool sync_directory = false;  // with the next sync
};
File& file(sqlite3_file* f) { return *static_cast<File*>(f); }
Bytes& bytes(sqlite3_file* f) { return *file(f).bytes; }

int close(sqlite3_file* f) {
  file(f).~File();
  return SQLITE_OK;
}

int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  if (!g_disk->on()) return SQLITE_IOERR_READ;
  const std::string& from = bytes(f).now;
  const auto start = static_cast<std::size_t>(at);
  const auto wanted = static_cast<std::size_t>(n);
  const std::size_t there = start >= from.size() ? 0 : std::min(wanted, from.size() - start);
  if (there > 0) std::memcpy(to, from.data() + start, there);
  if (there == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(to) + there, 0, wanted - there);
  return SQLITE_IOERR_SHORT_READ;
}

// A change that meets the end of the power is under way then: a part of it may survive.
int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  if (!g_disk->on()) return SQLITE_IOERR_WRITE;
  Bytes& b = bytes(f);
  const auto start = static_cast<std::size_t>(at);
  const auto size = static_cast<std::size_t>(n);
  if (b.now.size() < start + size) b.now.resize(start + size, '\0');
  std::memcpy(b.now.data() + start, from, size);
  b.changes.push_back({false, start, std::string(static_cast<const char*>(from), size)});
  return g_disk->change() ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
  if (!g_disk->on()) return SQLITE_IOERR_TRUNCATE;
  Bytes& b = bytes(f);
  b.now.resize(static_cast<std::size_t>(size), '\0');
  b.changes.push_back({true, static_cast<std::size_t>(size), {}});
  return g_disk->change() ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int sync(sqlite3_file* f, int /*flags*/) {
  if (!g_disk->change()) return SQLITE_IOERR_FSYNC;
  Bytes& b = bytes(f);
  b.durable = b.now;
  b.changes.clear();
  if (!std::exchange(file(f).sync_directory, false)) return SQLITE_OK;
  return g_disk->sync_directory() ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

int file_size(sqlite3_file* f, sqlite3_int64* size) {
  if (!g_disk->on()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(bytes(f).now.size());
  return SQLITE_OK;
}

int lock(sqlite3_file* /*f*/, int /*kind*/) { return SQLITE_OK; }
int reserved(sqlite3_file* /*f*/, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int control(sqlite3_file* /*f*/, int /*what*/, void* /*with*/) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file* /*f*/) { return 4096; }  // what SQLite's own VFS says on Unix, whatever the disk is
int characteristics(sqlite3_file* /*f*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  *out = nullptr;
  if (!g_disk->on()) return SQLITE_IOERR_SHMMAP;
  auto& shared = bytes(f).shared;
  const auto wanted = static_cast<std::size_t>(page);
  if (wanted >= shared.size() && extend == 0) return SQLITE_OK;
  while (wanted >= shared.size()) shared.push_back(std::make_unique<std::string>(static_cast<std::size_t>(size), '\0'));
  *out = shared[wanted]->data();
  return SQLITE_OK;
}
int shm_lock(sqlite3_file* /*f*/, int /*offset*/, int /*n*/, int /*flags*/) { return SQLITE_OK; }
void shm_barrier(sqlite3_file* /*f*/) {}
int shm_unmap(sqlite3_file* f, int remove) {
  if (remove != 0) bytes(f).shared.clear();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods{2,           close,           read,    write,    truncate,    sync,      file_size, lock,   lock, reserved, control,
                                  sector_size, characteristics, shm_map, shm_lock, shm_barrier, shm_unmap, nullptr,   nullptr};

int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* f, int flags, int* flags_out) {
  f->pMethods = nullptr;
  if (!g_disk->on()) return SQLITE_CANTOPEN;
  // A file without a name is SQLite's own for a while.
  auto b = name == nullptr ? std::make_shared<Bytes>() : g_disk->open(name, (flags & SQLITE_OPEN_CREATE) != 0);
  if (!b) return SQLITE_CANTOPEN;
  File* made = new (f) File{};
  made->pMethods = &kMethods;
  made->bytes = std::move(b);
  made->sync_directory = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL)) != 0;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int remove(sqlite3_vfs* /*vfs*/, const char* name, int sync) {
  if (!g_disk->on()) return SQLITE_IOERR_DELETE;
  if (!g_disk->remove(name, sync != 0)) return SQLITE_IOERR_DELETE_NOENT;
  return g_disk->on() ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

int access(sqlite3_vfs* /*vfs*/, const char* name, int /*flags*/, int* out) {
  if (!g_disk->on()) return SQLITE_IOERR_ACCESS;
  *out = g_disk->is_there(name) ? 1 : 0;
  return SQLITE_OK;
}

sqlite3_vfs g_vfs;

}  // namespace

void install(LossyDisk* disk) {
  DN_CHECK((g_disk == nullptr) != (disk == nullptr), "one disk at a time");
  g_disk = disk;
  if (disk == nullptr) {
    sqlite3_vfs_unregister(&g_vfs);
    return;
  }
  g_vfs = *sqlite3_vfs_find("unix");  // names, time and random numbers are as ever
  g_vfs.szOsFile = sizeof(File);
  g_vfs.zName = "dn-lossy";
  g_vfs.xOpen = open;
  g_vfs.xDelete = remove;
  g_vfs.xAccess = access;
  sqlite3_vfs_register(&g_vfs, 1);
}

namespace {

int sync_seen(int fd, long call) {
  if (g_disk != nullptr) {
    std::error_code error;
    const bool ours = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error) == g_disk->directory();
    if (ours && !g_disk->sync_directory()) {
      errno = EIO;
      return -1;
    }
  }
  return static_cast<int>(::syscall(call, fd));
}

}  // namespace
}  // namespace dn::power

// These stand before the functions of the C library. The store syncs its directory itself where it makes the database.
extern "C" int fsync(int fd) { return dn::power::sync_seen(fd, SYS_fsync); }
