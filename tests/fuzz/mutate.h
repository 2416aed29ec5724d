// Damage that is the same on each run: for the short form of the fuzzing that every build does.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace dn::fuzz {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : state_(seed * 2 + 1) {}

  std::string of(std::string_view input, std::string_view other) {
    std::string s(input);
    for (std::uint64_t n = 1 + below(4); n > 0; --n) damage(&s, other);
    return s.substr(0, kLongest);
  }
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }

 private:
  static constexpr std::size_t kLongest = 4096;
  // What decoders stumble over.
  static constexpr std::array<std::string_view, 24> kHostile{"null",
                                                             "true",
                                                             "[]",
                                                             "{}",
                                                             "\"\"",
                                                             "-1",
                                                             "0",
                                                             "-0.0",
                                                             "1e38",
                                                             "1e-38",
                                                             "1e999",
                                                             "99999999999999999999",
                                                             "9223372036854775807",
                                                             "9999999999999999999",
                                                             "0.00000000000001",
                                                             "-0.00000000000001",
                                                             "\"\\u0000\\u001b[2J\"",
                                                             "\"1e5\"",
                                                             "[[[[1]]]]",
                                                             "12.5",
                                                             "\n",
                                                             "\xc2\x9b",
                                                             "\xff",
                                                             "\"nan\""};

  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

  void damage(std::string* s, std::string_view other) {
    const std::size_t at = below(s->size() + 1);
    switch (below(8)) {
      case 0:
        if (at < s->size()) (*s)[at] = static_cast<char>(next());
        break;
      case 1: s->erase(at, 1 + below(8)); break;
      case 2: s->insert(at, 1, "0123456789-.eE\"[]{},:\\|\n"[below(24)]); break;
      case 3: s->insert(at, s->substr(below(s->size() + 1), below(64))); break;
      case 4: s->insert(at, other.substr(below(other.size() + 1), below(64))); break;
      case 5: s->resize(at); break;
      default: replace_value(s, at);
    }
  }

  // Puts something hostile in the place of the next plain value.
  void replace_value(std::string* s, std::size_t at) {
    const std::size_t colon = s->find(':', at);
    const std::size_t begin = colon == std::string::npos ? at : colon + 1;
    std::size_t end = s->find_first_of(",}]\n", begin);
    if (end == std::string::npos) end = s->size();
    s->replace(begin, end - begin, kHostile[below(kHostile.size())]);
  }

  std::uint64_t state_;
};

}  // namespace dn::fuzz
