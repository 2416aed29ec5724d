// Strong types over Decimal: amounts of different meaning do not mix by accident.
#pragma once

#include <compare>
#include <string>
#include <type_traits>

#include "base/decimal.h"

namespace dn {

// An exact number of one meaning. Adds to and compares with its own kind only; an Amount times a Decimal keeps its meaning.
template <class Tag>
class Amount {
 public:
  constexpr Amount() = default;
  constexpr explicit Amount(Decimal value) : value_(value) {}
  constexpr explicit Amount(std::int64_t whole) : value_(whole) {}
  template <class Binary, class = std::enable_if_t<std::is_floating_point_v<Binary>>>
  Amount(Binary) = delete;  // NOLINT(google-explicit-constructor): a binary fraction never becomes an amount

  const Decimal& decimal() const { return value_; }
  std::string str() const { return value_.str(); }
  bool is_zero() const { return value_.is_zero(); }
  bool is_negative() const { return value_.is_negative(); }
  bool is_positive() const { return value_.is_positive(); }
  Amount abs() const { return Amount(value_.abs()); }
  Amount floor_to(Amount step) const { return Amount(value_.floor_to(step.value_)); }
  Amount ceil_to(Amount step) const { return Amount(value_.ceil_to(step.value_)); }
  bool is_multiple_of(Amount step) const { return value_.is_multiple_of(step.value_); }

  friend Amount operator+(const Amount& a, const Amount& b) { return Amount(a.value_ + b.value_); }
  friend Amount operator-(const Amount& a, const Amount& b) { return Amount(a.value_ - b.value_); }
  friend Amount operator*(const Amount& a, const Decimal& factor) { return Amount(a.value_ * factor); }
  Amount operator-() const { return Amount(-value_); }
  Amount& operator+=(const Amount& b) { return *this = *this + b; }
  Amount& operator-=(const Amount& b) { return *this = *this - b; }
  friend bool operator==(const Amount& a, const Amount& b) { return a.value_ == b.value_; }
  friend std::strong_ordering operator<=>(const Amount& a, const Amount& b) { return a.value_ <=> b.value_; }

 private:
  Decimal value_;
};

template <class Tag>
const Amount<Tag>& min(const Amount<Tag>& a, const Amount<Tag>& b) {
  return b < a ? b : a;
}
template <class Tag>
const Amount<Tag>& max(const Amount<Tag>& a, const Amount<Tag>& b) {
  return a < b ? b : a;
}

}  // namespace dn
