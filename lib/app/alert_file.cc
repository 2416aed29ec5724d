#include "app/alert_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "app/descriptor.h"
#include "app/replace_file.h"
#include "base/text.h"
#include "store/files.h"

namespace dn::app {
namespace {

constexpr std::string_view kHead = "dn.alerts/1";
constexpr std::size_t kMostMailBytes = 64U << 10U;

// Takes the next word of a line, or a number.
std::string_view word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const std::string_view out = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return out;
}

bool number(std::string_view& line, std::int64_t& out) {
  const std::string_view text = word(line);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 0;
}

bool read_line(std::string_view line, AlertLedger& to) {
  const std::string_view what = word(line);
  std::int64_t flag = 0;
  std::int64_t tries = 0;
  if (what == "cursor") return number(line, to.cursor) && number(line, to.cursor_time.us);
  if (what == "failed") return number(line, to.failed);
  if (what == "window") {
    AlertWindow& w = to.windows.emplace_back();
    const bool fine = number(line, w.until.us) && number(line, w.held) && number(line, w.last);
    w.code = line;
    return fine;
  }
  if (what == "pending") {
    PendingAlert& p = to.pending.emplace_back();
    const bool fine = number(line, p.event) && number(line, p.suppressed) && number(line, flag) && number(line, tries);
    p.mixed = flag != 0;
    p.tries = static_cast<int>(std::min<std::int64_t>(tries, 1000));
    return fine;
  }
  return false;
}

std::string failure(std::string_view doing, const std::string& path, int error_number) { return file_error(doing, printable(path), error_number).message; }

}  // namespace

std::string to_text(const AlertLedger& ledger) {
  std::string out = fmt::format("{}\ncursor {} {}\nfailed {}\n", kHead, ledger.cursor, ledger.cursor_time.us, ledger.failed);
  for (const AlertWindow& w : ledger.windows) out += fmt::format("window {} {} {} {}\n", w.until.us, w.held, w.last, w.code);
  for (const PendingAlert& p : ledger.pending) out += fmt::format("pending {} {} {} {}\n", p.event, p.suppressed, p.mixed ? 1 : 0, p.tries);
  return out;
}

std::optional<AlertLedger> alert_ledger_from(std::string_view text) {
  AlertLedger out;
  bool head = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!head ? line != kHead : !read_line(line, out)) return std::nullopt;
    head = true;
  }
  return head ? std::optional(std::move(out)) : std::nullopt;
}

Expected<std::optional<AlertLedger>, std::string> read_alert_ledger(const std::string& path) {
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd.get() < 0) {
    if (errno == ENOENT) return std::optional<AlertLedger>();
    return Unexpected{failure("read", path, errno)};
  }
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Unexpected{failure("read", path, errno)};
    if (n == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > kMostMailBytes) break;
  }
  auto ledger = alert_ledger_from(text);
  if (!ledger) return Unexpected{printable(path) + " is not a file of alerts"};
  return ledger;
}

std::string write_alert_ledger(const std::string& path, const AlertLedger& ledger) { return replace_file(path, to_text(ledger), FileMode::Private); }

}  // namespace dn::app
