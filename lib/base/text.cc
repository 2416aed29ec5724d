#include "base/text.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace dn {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// One valid UTF-8 character that moves the cursor or the reading direction instead of showing something:
// C0, DEL, C1 (U+009B begins an escape sequence too), line separators, marks and overrides of direction.
bool is_control(std::string_view c) {
  if (c.size() == 1) return static_cast<unsigned char>(c[0]) < 0x20 || c[0] == 0x7f;
  if (c.size() == 2) return c[0] == '\xC2' && static_cast<unsigned char>(c[1]) < 0xA0;
  const auto in = [&c](std::string_view first, std::string_view last) { return c >= first && c <= last; };
  return in("\u200E", "\u200F") || in("\u2028", "\u202E") || in("\u2066", "\u2069");
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned c = byte(0);
  if (c < 0x80) return 1;
  if (c >= 0xC2 && c <= 0xDF) return tail(1) ? 2 : 0;
  if (c >= 0xE0 && c <= 0xEF) {
    if (!tail(1) || !tail(2) || (c == 0xE0 && byte(1) < 0xA0) || (c == 0xED && byte(1) > 0x9F)) return 0;
    return 3;
  }
  if (c >= 0xF0 && c <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3) || (c == 0xF0 && byte(1) < 0x90) || (c == 0xF4 && byte(1) > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    const auto character = text.substr(0, n == 0 ? 1 : n);
    if (n == 0 || is_control(character)) {
      out += '?';
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out;
}

std::string printable_excerpt(std::string_view text) {
  constexpr std::size_t kMost = 48;
  if (text.size() <= kMost) return printable(text);
  std::size_t cut = kMost;
  while (cut > kMost - 3 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;  // not inside a character
  return printable(text.substr(0, cut)) + "...";
}

std::string closest(std::string_view text, const std::vector<std::string>& known) {
  if (text.size() > 64) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, text.size() / 3) + 1;
  for (const std::string& k : known) {
    const std::size_t d = edit_distance(text, k);
    const bool goes_on = text.starts_with(k) || std::string_view(k).starts_with(text);                 // of two as near: --plann is --plan, not --plain
    if ((d < best_distance || (d == best_distance && goes_on && !best.empty())) && d < text.size()) {  // something of the text has to be left
      best_distance = d;
      best = k;
    }
  }
  return best;
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001b3ULL;
  }
  return h;
}

std::string base36(std::uint64_t n) {
  std::string out;
  do {
    out.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[n % 36]);
    n /= 36;
  } while (n != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace dn
