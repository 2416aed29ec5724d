// Exact decimal numbers: an integer of 128 bits and a count of decimal places. Nothing here is ever rounded
// unless the caller names the place and the direction.
//
// Value type, no allocation. Two numbers of different scale but the same value are equal.
// Error rule: text is parsed to a value or an error. Arithmetic that leaves 128 bits fails a check, so numbers
// that come from outside are bounded where they enter (`within`).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/expected.h"

namespace dn {

enum class Rounding : std::uint8_t {
  Down,    // towards minus infinity
  Up,      // towards plus infinity
  Zero,    // towards zero
  HalfUp,  // to the nearest, halves away from zero
};

enum class DecimalError : std::uint8_t {
  Empty,          // no text
  Syntax,         // not a plain decimal number
  TooManyDigits,  // more significant digits than a decimal holds
  OutOfRange,     // the exponent is beyond what a decimal holds
};
const char* describe(DecimalError error);

class Decimal {
 public:
  __extension__ using Mantissa = __int128;  // GCC and clang on every 64-bit machine
  static constexpr int kMaxScale = 38;

  constexpr Decimal() = default;
  constexpr explicit Decimal(std::int64_t whole) : mantissa_(whole) {}
  template <class Binary, class = std::enable_if_t<std::is_floating_point_v<Binary>>>
  Decimal(Binary) = delete;  // NOLINT(google-explicit-constructor): a binary fraction never becomes an amount
  // mantissa × 10^-scale, 0 <= scale <= kMaxScale.
  static constexpr Decimal from_parts(std::int64_t mantissa, int scale) { return Decimal(Mantissa{mantissa}, scale); }

  // Reads `-?digits[.digits][e[+-]digits]`; no blanks, no plus sign, no bare point, no inf or nan.
  static Expected<Decimal, DecimalError> parse(std::string_view text);

  // The shortest plain form: no exponent, no trailing zeros, "-0" never.
  std::string str() const;
  // The same with at least `places` digits behind the point.
  std::string str_padded(int places) const;

  friend Decimal operator+(const Decimal& a, const Decimal& b);
  friend Decimal operator-(const Decimal& a, const Decimal& b);
  friend Decimal operator*(const Decimal& a, const Decimal& b);
  Decimal operator-() const;
  Decimal& operator+=(const Decimal& b) { return *this = *this + b; }
  Decimal& operator-=(const Decimal& b) { return *this = *this - b; }

  friend bool operator==(const Decimal& a, const Decimal& b) { return a.compare(b) == 0; }
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) { return a.compare(b) <=> 0; }

  // this / divisor, with `scale` digits behind the point. The divisor is not zero.
  Decimal divided_by(const Decimal& divisor, int scale, Rounding rounding) const;
  Decimal rounded(int scale, Rounding rounding) const;
  // The nearest multiple of `step` (> 0) that is not above / not below this.
  Decimal floor_to(const Decimal& step) const { return rounded_to(step, Rounding::Down); }
  Decimal ceil_to(const Decimal& step) const { return rounded_to(step, Rounding::Up); }
  bool is_multiple_of(const Decimal& step) const;

  bool is_zero() const { return mantissa_ == 0; }
  bool is_negative() const { return mantissa_ < 0; }
  bool is_positive() const { return mantissa_ > 0; }
  Decimal abs() const { return mantissa_ < 0 ? -*this : *this; }
  Decimal normalized() const;           // without trailing zeros behind the point
  int scale() const { return scale_; }  // decimal places as stored
  int significant_digits() const;       // of the normalized number; 1 for zero
  Mantissa mantissa() const { return mantissa_; }
  // True when the number written out has at most `digits` digits, those behind the point included, and at most
  // `places` of them behind the point; leading zeros do not count, "1000" has four.
  bool within(int digits, int places) const;

 private:
  friend Decimal greatest_common_step(const Decimal& a, const Decimal& b);
  constexpr Decimal(Mantissa mantissa, int scale) : mantissa_(mantissa), scale_(scale) {}
  int compare(const Decimal& other) const;
  Decimal rounded_to(const Decimal& step, Rounding rounding) const;

  Mantissa mantissa_ = 0;
  std::int32_t scale_ = 0;
};

inline const Decimal& min(const Decimal& a, const Decimal& b) { return b < a ? b : a; }
inline const Decimal& max(const Decimal& a, const Decimal& b) { return a < b ? b : a; }

// The greatest number of which both are multiples / the smallest that is a multiple of both (both > 0).
Decimal greatest_common_step(const Decimal& a, const Decimal& b);
Decimal least_common_multiple(const Decimal& a, const Decimal& b);

}  // namespace dn
