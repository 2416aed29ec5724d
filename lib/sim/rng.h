// A small seeded generator (xoshiro256**, seeded by SplitMix64): the same numbers on every machine, whole numbers only.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>

#include "base/check.h"

namespace dn::sim {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15ULL;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t next() {
    const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  // 0 .. n-1, n > 0, without bias.
  std::uint64_t below(std::uint64_t n) {
    DN_CHECK(n > 0, "a choice among nothing");
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    std::uint64_t x = next();
    while (x >= limit) x = next();
    return x % n;
  }

  // low .. high, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    DN_CHECK(low <= high, "an empty range");
    const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    const std::uint64_t up = span == UINT64_MAX ? next() : below(span + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + up);
  }

  // True in `num` of `den` cases.
  bool chance(std::uint64_t num, std::uint64_t den) { return below(den) < num; }

  // One of the entries of something that is not empty.
  template <class List>
  const auto& pick(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  static std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace dn::sim
