// Sides of a trade, and things kept once per side.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dn {

enum class Side : std::uint8_t { Buy, Sell };

inline constexpr std::array<Side, 2> kSides{Side::Buy, Side::Sell};
constexpr Side flip(Side s) { return s == Side::Buy ? Side::Sell : Side::Buy; }
constexpr std::string_view name(Side s) { return s == Side::Buy ? "buy" : "sell"; }
constexpr std::string_view upper_name(Side s) { return s == Side::Buy ? "BUY" : "SELL"; }
constexpr std::optional<Side> side_from(std::string_view text) {
  if (text == "buy") return Side::Buy;
  if (text == "sell") return Side::Sell;
  return std::nullopt;
}

template <class T>
struct PerSide {
  T buy{};
  T sell{};
  T& operator[](Side s) { return s == Side::Buy ? buy : sell; }
  const T& operator[](Side s) const { return s == Side::Buy ? buy : sell; }
  friend bool operator==(const PerSide& a, const PerSide& b) = default;
};

}  // namespace dn
