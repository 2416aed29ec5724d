#include "app/watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "app/signals.h"

namespace dn::app {
namespace {

constexpr std::int64_t kEvery = 1'000'000;  // µs
constexpr char kStopKey = 0x1a;             // ^Z

bool quits(char c) { return c == 'q' || c == 'Q' || c == 0x03 || c == 0x04 || c == 0x1c; }  // ^C, ^D, ^\ as well

// The lines of a text that the window has room for.
std::string clipped(const std::string& text, ScreenSize size) {
  std::string out;
  int rows = 0;
  for (std::size_t at = 0; at < text.size() && rows < size.rows; ++rows) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    int columns = 0;
    for (std::size_t i = at; i < end; ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U && ++columns > size.columns) break;
      out += text[i];
    }
    out += '\n';
    at = end + 1;
  }
  return out;
}

class OnTerminal {
 public:
  OnTerminal(const WatchSource& source, const OutputOptions& output)
      : source_(source), screen_(output.plain || !is_rich(stdout), !output.plain && is_rich(stdout)) {}

  Expected<ExitCode, ToolError> run() {
    for (;;) {
      auto seen = source_.look(!source_.is_table);
      if (!seen) return Unexpected{seen.error()};
      if (source_.is_table) screen_.take(std::move(seen->look));
      if (!draw(seen->text)) return seen->code;
      for (std::int64_t waited = 0; waited < kEvery;) {
        const auto ended = step(seen->text);
        if (ended) return seen->code;
        waited += kGlance;
      }
    }
  }

 private:
  static constexpr std::int64_t kGlance = 100'000;  // µs: how soon a key or another size of the window shows

  bool draw(const std::string& text) {
    drawn_for_ = terminal_.size();
    return terminal_.draw(source_.is_table ? screen_.frame(drawn_for_, terminal_.has_keys()) : clipped(text, drawn_for_));
  }

  // Whether it is over.
  bool step(const std::string& text) {
    if (!signals_.wait(kGlance).empty()) return true;  // SIGHUP too: the terminal is gone
    bool there = true;
    bool again = false;
    for (const char c : terminal_.typed(there)) {
      if (quits(c)) return true;
      if (c == kStopKey) {
        terminal_.stop();
        again = true;
      }
      again = screen_.key(c) || again;
    }
    if (!there) return true;
    const ScreenSize now = terminal_.size();
    if (again || now.columns != drawn_for_.columns || now.rows != drawn_for_.rows) return !draw(text);
    return false;
  }

  const WatchSource& source_;
  SignalReader signals_;  // outlives the terminal, so that no signal cuts off the way back
  Terminal terminal_;
  WatchScreen screen_;
  ScreenSize drawn_for_;
};

Expected<ExitCode, ToolError> print_again_and_again(const WatchSource& source) {
  SignalReader signals;
  for (;;) {
    auto seen = source.look(true);
    if (!seen) return Unexpected{seen.error()};
    fmt::print("{}", seen->text);
    std::fflush(stdout);
    if (std::ferror(stdout) != 0) return seen->code;
    for (const int signal : signals.wait(kEvery)) {
      if (signal != SIGHUP) return seen->code;
    }
  }
}

}  // namespace

Expected<ExitCode, ToolError> watch(const WatchSource& source, const OutputOptions& output) {
  return isatty(STDOUT_FILENO) == 1 && !output.json && !output.ndjson ? OnTerminal(source, output).run() : print_again_and_again(source);
}

}  // namespace dn::app
