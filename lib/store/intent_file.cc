#include "store/intent_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "store/files.h"

namespace dn {
namespace {

constexpr std::uint64_t kMagic = 0x31746e65746e6e64;  // "dnntent1": another layout gets another number
constexpr std::string_view kSuffix = ".intents";

// The file. It is read by the program that wrote it, or by a later one that knows the layout by its number.
struct Page {
  std::uint64_t magic;
  std::uint64_t sum;    // over everything behind it
  std::uint64_t count;  // of requests; written last, so that a run that is killed while it writes has promised nothing
  std::int64_t task_id;
  std::int64_t created_us;
  std::int64_t epoch;
  std::int64_t next_seq;
  std::int64_t orders;
  std::int64_t first_order_us;
  alignas(16) std::array<OrderRequest, kMostIntents> requests;
};
static_assert(std::is_trivially_copyable_v<OrderRequest>);
static_assert(sizeof(OrderRequest) == 176 && offsetof(Page, requests) == 80, "another layout needs another kMagic");
static_assert(sizeof(Page) <= 4096);

// A word at a time: it tells a page that a power cut left half written from a whole one.
std::uint64_t sum_of(const Page& page) {
  const std::size_t size = offsetof(Page, requests) + std::min<std::size_t>(page.count, kMostIntents) * sizeof(OrderRequest);
  const auto* bytes = reinterpret_cast<const unsigned char*>(&page);
  std::uint64_t sum = 0xcbf29ce484222325;
  for (std::size_t at = offsetof(Page, count); at + sizeof(std::uint64_t) <= size; at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + at, sizeof word);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15;
    sum ^= sum >> 29;
  }
  return sum;
}

std::string path_of(const std::string& directory, std::string_view task) { return fmt::format("{}/{}{}", directory, task, kSuffix); }

// 0, or why the file cannot have a page's size. Its block is allocated now: a write to mapped memory that finds the disk full kills the process.
int allocate(int fd) {
  int failed = 0;
  do {
    failed = ::posix_fallocate(fd, 0, sizeof(Page));
  } while (failed == EINTR);
  return failed;
}

bool is_sound(const OrderRequest& r) {
  return !r.id.empty() && r.purpose == Purpose::Quote && r.qty.is_positive() && r.price.is_positive() && (r.side == Side::Buy || r.side == Side::Sell) &&
         (r.leg == Side::Buy || r.leg == Side::Sell) && r.type <= OrderType::Market;
}

}  // namespace

Expected<IntentFile, StoreError> IntentFile::open(const std::string& directory, std::string_view task) {
  const std::string path = path_of(directory, task);
  // O_NONBLOCK: should somebody have put a pipe there, do not wait for its other end.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (fd < 0) return Unexpected{file_error("open", path, errno)};
  struct stat st {};
  int why = ::fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ? EINVAL : allocate(fd);
  void* memory = why != 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (why == 0 && memory == MAP_FAILED) why = errno;
  ::close(fd);
  if (why != 0) return Unexpected{file_error("map", path, why)};
  return IntentFile(memory);
}

void IntentFile::write(const TaskRecord& task, const JournalBatch& batch) {
  Page& page = *static_cast<Page*>(memory_);
  // From here on it promises nothing, until its sum fits again. The fences keep the compiler's order; a process sees its own writes in theirs.
  page.magic = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  page.task_id = task.id;
  page.created_us = task.created.us;
  page.epoch = task.run_epoch;
  page.next_seq = task.next_seq;
  page.orders = task.orders;
  page.first_order_us = task.first_order.us;
  page.count = 0;
  for (const OrderRecord& o : batch.orders) {
    if (o.status == OrderStatus::Intent && page.count < kMostIntents) page.requests[page.count++] = o.request;
  }
  page.sum = sum_of(page);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  page.magic = kMagic;
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

IntentFile::IntentFile(IntentFile&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}

IntentFile& IntentFile::operator=(IntentFile&& other) noexcept {
  std::swap(memory_, other.memory_);
  return *this;
}

IntentFile::~IntentFile() {
  if (memory_ != nullptr) ::munmap(memory_, sizeof(Page));
}

std::optional<Intents> read_intents(const std::string& directory, std::string_view task) {
  const int fd = ::open(path_of(directory, task).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  Page page{};
  const ssize_t n = ::pread(fd, static_cast<void*>(&page), sizeof page, 0);
  ::close(fd);
  if (n != static_cast<ssize_t>(sizeof page) || page.magic != kMagic || page.count == 0 || page.count > kMostIntents || page.sum != sum_of(page)) {
    return std::nullopt;
  }
  Intents out{page.task_id,
              Time{page.created_us},
              static_cast<std::uint32_t>(page.epoch),
              static_cast<std::uint32_t>(page.next_seq),
              page.orders,
              Time{page.first_order_us},
              {page.requests.begin(), page.requests.begin() + static_cast<std::ptrdiff_t>(page.count)}};
  if (!std::ranges::all_of(out.requests, is_sound)) return std::nullopt;
  return out;
}

std::vector<std::string> tasks_with_intents(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), &::closedir);
  std::vector<std::string> out;
  while (dir) {
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string_view file = entry->d_name;
    if (file.size() > kSuffix.size() && file.ends_with(kSuffix)) out.emplace_back(file.substr(0, file.size() - kSuffix.size()));
  }
  std::ranges::sort(out);
  return out;
}

void remove_intents(const std::string& directory, std::string_view task) { (void)::unlink(path_of(directory, task).c_str()); }

}  // namespace dn
