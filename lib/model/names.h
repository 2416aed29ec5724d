// Enumerations and their names in files, events and the database: one table per enumeration, read both ways.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace dn {

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

template <class E, std::size_t N>
constexpr std::string_view name_in(const Names<E, N>& names, E value) {
  for (const auto& [v, text] : names) {
    if (v == value) return text;
  }
  return "?";
}

template <class E, std::size_t N>
constexpr std::optional<E> value_in(const Names<E, N>& names, std::string_view text) {
  for (const auto& [v, t] : names) {
    if (t == text) return v;
  }
  return std::nullopt;
}

}  // namespace dn
