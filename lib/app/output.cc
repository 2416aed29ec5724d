#include "app/output.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>

namespace dn::app {
namespace {

constexpr std::size_t kMostWaiting = 16'000'000;  // bytes
constexpr std::chrono::seconds kPatience{10};
bool data_was_lost = false;

}  // namespace

void write_out(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), stdout); }

bool is_rich(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(fileno(stream)) == 1 && (no_color == nullptr || *no_color == '\0') && term != nullptr && std::string_view(term) != "dumb";
}

Output::Output(OutputOptions options) : options_(options), plain_(options.plain || !is_rich(stderr)) {}

Output::~Output() { settle(); }

void Output::never_wait() {
  if (data_) return;
  std::fflush(stdout);
  std::fflush(stderr);
  data_ = std::make_unique<OutputPump>(STDOUT_FILENO, kMostWaiting);
  messages_ = std::make_unique<OutputPump>(STDERR_FILENO, kMostWaiting);
}

void Output::settle() {
  if (!data_) return;
  data_->finish(kPatience);
  messages_->finish(kPatience);
  const std::size_t lost = data_->lost();
  const std::size_t unsaid = messages_->lost();
  data_.reset();
  messages_.reset();
  if (lost > 0) data_was_lost = true;
  if (unsaid > 0 && !can_write(STDERR_FILENO)) return;
  if (lost > 0) error(fmt::format("stdout was not taken in time: up to {} lines are missing there; dn-status events --ndjson has every event", lost));
  if (unsaid > 0) error(fmt::format("up to {} messages are missing here: stderr was not taken in time", unsaid));
}

bool Output::lost_data() { return data_was_lost; }

bool Output::can_write(int fd) {
  pollfd p{fd, POLLOUT, 0};
  return poll(&p, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 1;
}

void Output::data(std::string_view line) {
  if (data_) return data_->put(std::string(line) + '\n');
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

void Output::message(std::string_view line) {
  if (!options_.quiet) error(line);
}

void Output::error(std::string_view line) {
  if (line.empty()) return;
  if (has_progress_) progress("");
  say(std::string(line) + '\n');
}

void Output::progress(std::string_view line) {
  if (plain_ || options_.quiet) return;
  say("\r\x1b[K" + std::string(line));
  has_progress_ = !line.empty();
}

void Output::say(std::string_view text) {
  if (messages_) return messages_->put(text);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Output::flush() { std::fflush(stdout); }

}  // namespace dn::app
