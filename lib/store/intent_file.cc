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

constexpr std::uint64_t kMagic = 0x32746e65746e6e64;  // "dnntent2": another layout gets another number
constexpr std::string_view kSuffix = ".intents";

// Half of the file. It is read by the program that wrote it, or by a later one that knows the layout by its number.
struct Page {
  std::uint64_t magic;
  std::uint64_t sum;     // over everything behind it
  std::uint64_t count;   // of requests
  std::uint64_t number;  // of the write: the page with the higher one holds
  std::int64_t task_id;
  std::int64_t created_us;
  std::int64_t epoch;
  std::int64_t next_seq;
  std::int64_t orders;
  std::int64_t first_order_us;
  std::int64_t unused;
  std::array<OrderRequest, kMostPromised> requests;
};
constexpr std::size_t kPageSize = 4096;
constexpr std::size_t kPages = 2;
constexpr std::size_t kFileSize = kPages * kPageSize;
static_assert(std::is_trivially_copyable_v<OrderRequest>);
static_assert(sizeof(OrderRequest) == 176 && offsetof(Page, requests) == 96, "another layout needs another kMagic");
static_assert(sizeof(Page) <= kPageSize);

// A word at a time: it tells a page that a power cut left half written from a whole one.
std::uint64_t sum_of(const Page& page) {
  const std::size_t size = offsetof(Page, requests) + std::min<std::size_t>(page.count, kMostPromised) * sizeof(OrderRequest);
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

bool is_whole(const Page& page) { return page.magic == kMagic && page.count > 0 && page.count <= kMostPromised && page.sum == sum_of(page); }

Page& page_at(void* memory, std::uint64_t number) { return *reinterpret_cast<Page*>(static_cast<char*>(memory) + (number % kPages) * kPageSize); }

// 0, or why the file cannot have its size. Its block is allocated now: a write to mapped memory that finds the disk full kills the process.
int allocate(int fd) {
  int failed = 0;
  do {
    failed = ::posix_fallocate(fd, 0, kFileSize);
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
  void* memory = why != 0 ? MAP_FAILED : ::mmap(nullptr, kFileSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (why == 0 && memory == MAP_FAILED) why = errno;
  ::close(fd);
  if (why != 0) return Unexpected{file_error("map", path, why)};
  return IntentFile(memory);
}

IntentFile::IntentFile(void* memory) : memory_(memory) {
  for (std::uint64_t i = 0; i < kPages; ++i) {
    if (const Page& page = page_at(memory_, i); is_whole(page) && page.number % kPages == i) writes_ = std::max(writes_, page.number);
  }
}

void IntentFile::write(const Intents& intents) {
  Page& page = page_at(memory_, writes_ + 1);
  // From here on this page promises nothing, until its sum fits again. The fences keep the compiler's order; a process sees its own writes in theirs.
  page.magic = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  page.number = ++writes_;
  page.task_id = intents.task_id;
  page.created_us = intents.created.us;
  page.epoch = intents.epoch;
  page.next_seq = intents.next_seq;
  page.orders = intents.orders;
  page.first_order_us = intents.first_order.us;
  page.count = intents.requests.size();
  std::ranges::copy(intents.requests, page.requests.begin());
  page.sum = sum_of(page);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  page.magic = kMagic;
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

IntentFile::IntentFile(IntentFile&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)), writes_(other.writes_) {}

IntentFile& IntentFile::operator=(IntentFile&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(writes_, other.writes_);
  return *this;
}

IntentFile::~IntentFile() {
  if (memory_ != nullptr) ::munmap(memory_, kFileSize);
}

std::optional<Intents> read_intents(const std::string& directory, std::string_view task) {
  const int fd = ::open(path_of(directory, task).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  alignas(Page) std::array<char, kFileSize> bytes{};
  const ssize_t n = ::pread(fd, bytes.data(), bytes.size(), 0);
  ::close(fd);
  if (n != static_cast<ssize_t>(bytes.size())) return std::nullopt;
  const Page& even = page_at(bytes.data(), 0);
  const Page& odd = page_at(bytes.data(), 1);
  const bool takes_odd = is_whole(odd) && (!is_whole(even) || odd.number > even.number);
  const Page& page = takes_odd ? odd : even;
  if (!is_whole(page)) return std::nullopt;
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
