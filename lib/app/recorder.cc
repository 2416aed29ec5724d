#include "app/recorder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/text.h"

namespace dn::app {
namespace {

constexpr std::string_view kBooks = "timestamp,sequence,exchange_timestamp,bid_price_0,bid_size_0,ask_price_0,ask_size_0\n";
constexpr std::string_view kTrades = "timestamp,price,size,side,trade_id,exchange_timestamp\n";

// All of it or nothing: half a row would make the file unreadable.
bool append(int fd, std::string_view text) {
  struct stat before {};
  if (fstat(fd, &before) != 0) return false;
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int why = errno;
      if (ftruncate(fd, before.st_size) != 0) errno = why;
      errno = why;
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// A file of ours, at its end; `header` goes into a new one. -1: errno says why.
int open_csv(const std::string& path, std::string_view header) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -1;
  struct stat info {};
  if (fstat(fd, &info) == 0 && (info.st_size > 0 || append(fd, header))) return fd;
  const int why = errno;
  close(fd);
  errno = why;
  return -1;
}

}  // namespace

Recorder::~Recorder() {
  (void)flush();
  for (const auto& [key, book] : books_) close(book.fd);
}

Expected<void, ToolError> Recorder::begin(Venue venue, const Symbol& symbol) {
  if (books_.contains({venue, symbol.str()})) return {};
  const std::string directory = directory_ + "/" + std::string(name(venue));
  const std::string tail = fmt::format("_{}_{}.csv", symbol.base.view(), symbol.quote.view());
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const int trades = open_csv(directory + "/trades" + tail, kTrades);
  const int books = trades < 0 ? -1 : open_csv(directory + "/orderbooks" + tail, kBooks);
  const std::string why = std::strerror(errno);
  if (trades >= 0) close(trades);
  if (books < 0)
    return Unexpected{ToolError{ExitCode::Io, fmt::format("--record {}: {}", printable(directory), why), "give --record a directory that can be written"}};
  books_[{venue, symbol.str()}] = {books, 0, {}};
  return {};
}

void Recorder::top(Venue venue, const Symbol& symbol, const TopOfBook& top, Time heard, Time venue_time) {
  const auto at = books_.find({venue, symbol.str()});
  if (at == books_.end()) return;
  Book& b = at->second;
  b.rows += fmt::format("{}.{:06},{},{},{},{},{},{}\n", heard.us / 1'000'000, heard.us % 1'000'000, ++b.sequence, venue_time.us / 1000, top.bid.str(),
                        top.bid_qty.str(), top.ask.str(), top.ask_qty.str());
}

std::string Recorder::flush() {
  for (auto at = books_.begin(); at != books_.end(); ++at) {
    Book& b = at->second;
    if (b.rows.empty() || append(b.fd, b.rows)) {
      b.rows.clear();
      continue;
    }
    const std::string why = fmt::format("{} {}: {}", name(at->first.first), at->first.second, std::strerror(errno));
    close(b.fd);
    books_.erase(at);
    return why;
  }
  return {};
}

}  // namespace dn::app
