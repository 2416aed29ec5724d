// Short text kept in place: identifiers and codes that travel the hot path without allocation.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dn {

// At most N bytes. Longer text is refused by `fits`; the constructor cuts it (not inside a UTF-8 character), so check
// first where cutting would matter.
template <std::size_t N>
class FixedString {
  static_assert(N < 256);

 public:
  constexpr FixedString() = default;
  constexpr explicit FixedString(std::string_view text) {
    std::size_t size = text.size();
    if (size > N) {
      size = N;
      for (int i = 0; i < 3 && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U; ++i) --size;
    }
    size_ = static_cast<std::uint8_t>(size);
    for (std::size_t i = 0; i < size_; ++i) data_[i] = text[i];
  }
  static constexpr bool fits(std::string_view text) { return text.size() <= N; }

  constexpr std::string_view view() const { return {data_.data(), size_}; }
  std::string str() const { return std::string(view()); }
  constexpr bool empty() const { return size_ == 0; }
  constexpr std::size_t size() const { return size_; }

  friend constexpr bool operator==(const FixedString& a, const FixedString& b) { return a.view() == b.view(); }
  friend constexpr auto operator<=>(const FixedString& a, const FixedString& b) { return a.view() <=> b.view(); }

 private:
  std::array<char, N> data_{};
  std::uint8_t size_ = 0;
};

}  // namespace dn
