#include "live/budget_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "base/check.h"

namespace dn::live {
namespace {

constexpr std::uint64_t kMagic = 0x7465676475426e64;  // "dnBudget"
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kLine = 64;  // of the processors' caches: buckets do not slow each other down

// The file: a head, then a line for each bucket. All of it stays within one page.
struct alignas(kLine) Head {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t buckets;
};
struct alignas(kLine) Line {
  std::int64_t capacity;
  std::int64_t refill_us;
  wire::RateState state;
};
static_assert(sizeof(Head) == kLine && sizeof(Line) == kLine);

Head& head_of(void* memory) { return *static_cast<Head*>(memory); }
Line& line_of(void* memory, std::size_t i) { return static_cast<Line*>(memory)[i + 1]; }

bool fits(void* memory, const std::vector<wire::RateRule>& rules) {
  const Head& head = head_of(memory);
  if (head.magic != kMagic || head.version != kVersion || head.buckets != rules.size()) return false;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Line& line = line_of(memory, i);
    if (line.capacity != rules[i].capacity || line.refill_us != rules[i].refill.us) return false;
  }
  return true;
}

void begin_anew(void* memory, const std::vector<wire::RateRule>& rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    Line& line = line_of(memory, i);
    line.capacity = rules[i].capacity;
    line.refill_us = rules[i].refill.us;
    line.state.full_at_ns = 0;
    line.state.closed_until_us = 0;
  }
  head_of(memory) = {kMagic, kVersion, static_cast<std::uint32_t>(rules.size())};
}

// Unlocked and closed at the end: closed alone, the mapping would hold the lock.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ < 0) return;
    ::flock(fd_, LOCK_UN);
    ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Unexpected<std::string> failed(std::string_view doing, const std::string& path, int error_number) {
  return {fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(error_number))};
}

// Of those that begin at the same moment, one makes the file. That takes no time; a stranger's lock must not keep a run from starting.
bool lock_soon(int fd) {
  for (int tries = 0; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || tries == 100) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// 0, or why the file cannot have that size. Its blocks are allocated now: a write to mapped memory that finds the disk full kills the process.
// The file never becomes shorter than the page in which others may have it mapped.
int allocate(int fd, std::size_t size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return errno;
  int failed = 0;
  do {
    failed = ::posix_fallocate(fd, 0, static_cast<off_t>(size));
  } while (failed == EINTR);
  return failed;
}

}  // namespace

Expected<BudgetFile, std::string> BudgetFile::open(const std::string& path, const std::vector<wire::RateRule>& rules) {
  // O_NONBLOCK: should somebody have put a pipe there, do not wait for its other end.
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  if (file.get() < 0) {
    if (errno == ELOOP) return Unexpected{fmt::format("{} is a symbolic link", path)};
    return failed("open", path, errno);
  }
  struct stat st {};
  if (::fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return Unexpected{fmt::format("{} is not a regular file", path)};
  if (!lock_soon(file.get())) return failed("lock", path, errno);
  const std::size_t size = sizeof(Head) + rules.size() * sizeof(Line);
  if (const int why = allocate(file.get(), size); why != 0) return failed("write", path, why);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) return failed("map", path, errno);
  BudgetFile out(memory, size);
  if (!fits(memory, rules)) begin_anew(memory, rules);
  return out;
}

BudgetFile::BudgetFile(BudgetFile&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)), size_(other.size_) {}

BudgetFile& BudgetFile::operator=(BudgetFile&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  return *this;
}

BudgetFile::~BudgetFile() {
  if (memory_ != nullptr) ::munmap(memory_, size_);
}

wire::RateState& BudgetFile::state(std::size_t index) {
  DN_CHECK((index + 1) * sizeof(Line) < size_, "no such bucket");
  return line_of(memory_, index).state;
}

}  // namespace dn::live
