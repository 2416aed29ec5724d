#include "script.h"

#include <array>

namespace dn::fuzz {
namespace {

struct Named {
  char letter;
  int status;
};
constexpr std::array kStatuses{Named{'2', 200}, Named{'1', 201}, Named{'0', 0},   Named{'n', 0},   Named{'4', 400}, Named{'u', 401},
                               Named{'w', 403}, Named{'f', 404}, Named{'t', 418}, Named{'r', 429}, Named{'5', 500}, Named{'g', 502},
                               Named{'v', 503}, Named{'x', 504}, Named{'9', 599}, Named{'3', 302}, Named{'i', 101}, Named{'4', 400}};
struct Header {
  char letter;
  const char* name;
};
constexpr std::array kHeaders{Header{'a', "retry-after"}, Header{'b', "x-gate-ratelimit-reset-timestamp"}, Header{'c', "x-in-time"}, Header{'d', "x-out-time"}};
// The lengths at which pages count as full, and their neighbours.
constexpr std::array kCounts{0, 1, 2, 99, 100, 101, 499, 500, 501, 1000};

int status_of(char letter) {
  for (const Named& s : kStatuses) {
    if (s.letter == letter) return s.status;
  }
  return kStatuses[static_cast<unsigned char>(letter) % kStatuses.size()].status;
}

const char* header_of(char letter) {
  for (const Header& h : kHeaders) {
    if (h.letter == letter) return h.name;
  }
  return nullptr;
}

std::string copies(std::string_view row, int count) {
  std::string out = "[";
  for (int i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    for (const char c : row) {
      if (c == '#') {
        out += std::to_string(i);
      } else {
        out += c;
      }
    }
  }
  return out + "]";
}

}  // namespace

std::optional<std::string_view> Lines::next() {
  if (done_) return std::nullopt;
  const std::size_t end = rest_.find('\n');
  const std::string_view line = rest_.substr(0, end);
  done_ = end == std::string_view::npos;
  if (!done_) rest_.remove_prefix(end + 1);
  return line;
}

wire::HttpResponse reply_of(std::string_view line, std::size_t* budget) {
  wire::HttpResponse r;
  if (line.empty()) {
    r.error = "timeout";
    return r;
  }
  r.status = status_of(line[0]);
  r.never_left = line[0] == 'n';
  if (r.status == 0) {
    r.error = r.never_left ? "connection refused" : "timeout";
    return r;
  }
  line.remove_prefix(1);
  while (!line.empty() && header_of(line[0]) != nullptr && line.find('|') != std::string_view::npos) {
    const std::size_t end = line.find('|');
    r.headers.emplace_back(header_of(line[0]), line.substr(1, end - 1));
    line.remove_prefix(end + 1);
  }
  if (line.size() > 2 && line[0] == '*') {
    const int count = kCounts[static_cast<unsigned char>(line[1] - '0') % kCounts.size()];
    const std::size_t size = line.size() * static_cast<std::size_t>(count);
    if (size > *budget) return reply_of({}, budget);
    *budget -= size;
    r.body = copies(line.substr(2), count);
    return r;
  }
  if (!line.empty() && line[0] == ' ') line.remove_prefix(1);
  r.body = line;
  return r;
}

wire::HttpResponse Replies::next() {
  if (const auto line = lines_.next()) last_ = *line;
  return reply_of(last_, &budget_);
}

wire::Frame frame_of(std::string_view line) {
  if (line.empty() || (line[0] != 't' && line[0] != 'b')) return {false, std::string(line)};
  if (line[0] == 't') return {false, std::string(line.substr(1))};
  std::string bytes;
  for (std::size_t i = 1; i < line.size(); ++i) {
    const bool escaped = line[i] == '\\' && i + 1 < line.size();
    if (escaped) ++i;
    bytes += escaped && line[i] == 'n' ? '\n' : line[i];
  }
  return {true, bytes};
}

std::string line_of_binary(std::string_view bytes) {
  std::string line = "b";
  for (const char c : bytes) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\\') {
      line += "\\\\";
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace dn::fuzz
