#include "app/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

namespace dn::app {
namespace {

// Another screen, no cursor; and the way back.
constexpr std::string_view kTake = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kGiveBack = "\x1b[?25h\x1b[?1049l";

}  // namespace

Terminal::Terminal() { take(); }
Terminal::~Terminal() { give_back(); }

void Terminal::take() {
  std::fflush(stdout);
  has_keys_ = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before_) == 0;
  if (has_keys_) {
    termios raw = before_;
    // ^C, ^Z and the like come as keys as well: so nothing ends or stops the program while the terminal is in this state.
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    has_keys_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  write_all(kTake);
}

void Terminal::give_back() {
  write_all(kGiveBack);
  if (has_keys_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

ScreenSize Terminal::size() const {
  winsize w{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col == 0 || w.ws_row == 0) return {};
  return {w.ws_col, w.ws_row};
}

bool Terminal::write_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool Terminal::draw(const std::string& lines) {
  // Each line takes away what of an older frame stands behind it, the last one what stands below. A terminal that knows how shows all of it at once.
  std::string frame = "\x1b[?2026h\x1b[H";
  std::string_view rest = lines;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    frame.append(line).append("\x1b[K");
    if (!rest.empty()) frame += "\r\n";
  }
  return write_all(frame + "\x1b[J\x1b[?2026l");
}

std::string Terminal::typed(bool& there) {
  there = true;
  if (!has_keys_) return {};
  pollfd p{STDIN_FILENO, POLLIN, 0};
  if (poll(&p, 1, 0) <= 0) return {};
  std::array<char, 64> buffer{};
  const ssize_t n = read(STDIN_FILENO, buffer.data(), buffer.size());
  there = n > 0 || (n < 0 && errno == EINTR);
  return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : std::string();
}

void Terminal::stop() {
  give_back();
  raise(SIGSTOP);
  take();
}

}  // namespace dn::app
