#include "app/output.h"

#include <unistd.h>

#include <cstdlib>

namespace dn::app {

bool is_rich(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(fileno(stream)) == 1 && (no_color == nullptr || *no_color == '\0') && term != nullptr && std::string_view(term) != "dumb";
}

Output::Output(OutputOptions options) : options_(options), plain_(options.plain || !is_rich(stderr)) {}

void Output::data(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

void Output::message(std::string_view line) {
  if (options_.quiet || line.empty()) return;
  if (has_progress_) progress("");
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fputc('\n', stderr);
}

void Output::progress(std::string_view line) {
  if (plain_ || options_.quiet) return;
  std::fputs("\r\x1b[K", stderr);
  std::fwrite(line.data(), 1, line.size(), stderr);
  has_progress_ = !line.empty();
}

void Output::flush() { std::fflush(stdout); }

}  // namespace dn::app
