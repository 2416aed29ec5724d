#include "base/decimal.h"

#include <algorithm>
#include <array>

namespace dn {
namespace {

using Mantissa = Decimal::Mantissa;
__extension__ using Unsigned = unsigned __int128;

constexpr std::array<Mantissa, 39> make_powers() {
  std::array<Mantissa, 39> p{};
  p[0] = 1;
  for (std::size_t i = 1; i < p.size(); ++i) p[i] = p[i - 1] * 10;
  return p;
}
constexpr std::array<Mantissa, 39> kPow10 = make_powers();

Mantissa pow10(int n) { return kPow10[static_cast<std::size_t>(n)]; }

// m × 10^n, or false when that leaves 128 bits.
bool scale_up(Mantissa m, int n, Mantissa* out) {
  if (m == 0) {
    *out = 0;
    return true;
  }
  return n <= Decimal::kMaxScale && !__builtin_mul_overflow(m, pow10(n), out);
}

Unsigned magnitude(Mantissa m) { return m < 0 ? -static_cast<Unsigned>(m) : static_cast<Unsigned>(m); }

// The range is symmetric, so that every number can be negated: the one mantissa without an opposite is an overflow.
constexpr Unsigned kLargest = ~Unsigned{0} / 2;
bool in_range(Mantissa m) { return magnitude(m) <= kLargest; }

// Whether a quotient with this remainder (< divisor, both magnitudes) moves one away from its truncated value.
bool rounds_away(Unsigned remainder, Unsigned divisor, bool negative, Rounding rounding) {
  if (remainder == 0) return false;
  switch (rounding) {
    case Rounding::Down: return negative;
    case Rounding::Up: return !negative;
    case Rounding::Zero: return false;
    case Rounding::HalfUp: return remainder >= divisor - remainder;
  }
  return false;
}

// The next digit of a long division: 10 × remainder = digit × divisor + new remainder, for remainder < divisor < 2^127.
unsigned next_digit(Unsigned* remainder, Unsigned divisor) {
  if (*remainder <= ~Unsigned{0} / 10) {
    const Unsigned ten = *remainder * 10;
    *remainder = ten % divisor;
    return static_cast<unsigned>(ten / divisor);
  }
  // Ten times a remainder this large needs more than 128 bits: double, add and reduce instead.
  unsigned digit = 0;
  Unsigned rest = 0;
  const auto reduce = [&] {
    if (rest < divisor) return;
    rest -= divisor;
    ++digit;
  };
  for (const bool bit_of_ten : {true, false, true, false}) {
    rest *= 2;
    digit *= 2;
    reduce();
    if (bit_of_ten) {
      rest += *remainder;
      reduce();
    }
  }
  *remainder = rest;
  return digit;
}

struct Aligned {
  Mantissa a, b;
  int scale;
};

bool try_align(Mantissa a, int sa, Mantissa b, int sb, Aligned* out) {
  out->scale = std::max(sa, sb);
  return scale_up(a, out->scale - sa, &out->a) && scale_up(b, out->scale - sb, &out->b);
}

Aligned align(const Decimal& a, const Decimal& b) {
  Aligned out{};
  if (a.scale() == b.scale()) return {a.mantissa(), b.mantissa(), a.scale()};
  if (try_align(a.mantissa(), a.scale(), b.mantissa(), b.scale(), &out)) return out;
  const Decimal na = a.normalized();
  const Decimal nb = b.normalized();
  DN_CHECK(try_align(na.mantissa(), na.scale(), nb.mantissa(), nb.scale(), &out), "decimal overflow");
  return out;
}

// Takes zeros behind the point away. Nearly all numbers fit in 64 bits, where a division costs a tenth of one in 128.
template <class Integer>
Integer without_zeros(Integer m, std::int32_t* scale) {
  while (*scale > 0 && m % 10 == 0) {
    m /= 10;
    --*scale;
  }
  return m;
}

Mantissa gcd(Mantissa a, Mantissa b) {
  while (b != 0) {
    const Mantissa t = a % b;
    a = b;
    b = t;
  }
  return a;
}

// Reads the exponent that follows an 'e'; false when it is not a whole number of at most three digits.
bool read_exponent(std::string_view text, int* out) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text.size() > 3) return false;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  *out = negative ? -value : value;
  return true;
}

struct Digits {
  Unsigned mantissa = 0;
  int places = 0;         // digits behind the point that `mantissa` holds
  int pending_zeros = 0;  // trailing zeros not yet multiplied in
  bool any = false;
};

// Adds one digit; zeros wait until another digit follows, so that trailing zeros cost no room.
bool add_digit(Digits* d, int digit, bool behind_point) {
  d->any = true;
  if (d->mantissa == 0 && digit == 0) {
    d->places += behind_point ? 1 : 0;
    return true;
  }
  if (digit == 0) {
    ++d->pending_zeros;
    d->places += behind_point ? 1 : 0;
    return true;
  }
  constexpr std::uint64_t kShort = 10'000'000'000'000'000;  // one more digit fits in 64 bits
  if (d->pending_zeros == 0 && d->mantissa < kShort) {
    d->mantissa = static_cast<std::uint64_t>(d->mantissa) * 10 + static_cast<std::uint64_t>(digit);
    d->places += behind_point ? 1 : 0;
    return true;
  }
  const Unsigned limit = static_cast<Unsigned>(kPow10[38] - 1);
  for (; d->pending_zeros > 0; --d->pending_zeros) {
    if (d->mantissa > limit / 10) return false;
    d->mantissa *= 10;
  }
  if (d->mantissa > (limit - static_cast<Unsigned>(digit)) / 10) return false;
  d->mantissa = d->mantissa * 10 + static_cast<Unsigned>(digit);
  d->places += behind_point ? 1 : 0;
  return true;
}

}  // namespace

const char* describe(DecimalError error) {
  switch (error) {
    case DecimalError::Empty: return "is empty";
    case DecimalError::Syntax: return "is not a decimal number";
    case DecimalError::TooManyDigits: return "has more digits than can be kept exactly";
    case DecimalError::OutOfRange: return "is too large or too small to be kept exactly";
  }
  return "is not a decimal number";
}

Expected<Decimal, DecimalError> Decimal::parse(std::string_view text) {
  if (text.empty()) return Unexpected{DecimalError::Empty};
  bool negative = false;
  if (text[0] == '-') {
    negative = true;
    text.remove_prefix(1);
  }
  Digits digits;
  bool behind_point = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (behind_point || !digits.any || i + 1 == text.size() || text[i + 1] < '0' || text[i + 1] > '9') {
        return Unexpected{DecimalError::Syntax};
      }
      behind_point = true;
    } else if (c >= '0' && c <= '9') {
      if (!add_digit(&digits, c - '0', behind_point)) return Unexpected{DecimalError::TooManyDigits};
    } else {
      break;
    }
  }
  if (!digits.any) return Unexpected{DecimalError::Syntax};
  int exponent = 0;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return Unexpected{DecimalError::Syntax};
    if (!read_exponent(text.substr(i + 1), &exponent)) return Unexpected{DecimalError::Syntax};
  }
  if (digits.mantissa == 0) return Decimal();
  // The value is mantissa × 10^power.
  const int power = exponent - digits.places + digits.pending_zeros;
  Mantissa m = static_cast<Mantissa>(digits.mantissa);
  if (power > 0) {
    if (!scale_up(m, power, &m)) return Unexpected{DecimalError::OutOfRange};
    return Decimal(negative ? -m : m, 0);
  }
  if (-power > kMaxScale) return Unexpected{DecimalError::OutOfRange};
  return Decimal(negative ? -m : m, -power);
}

std::string Decimal::str() const { return str_padded(0); }

std::string Decimal::str_padded(int places) const {
  const Decimal n = normalized();
  const Unsigned m = magnitude(n.mantissa_);
  std::string digits;
  int behind = 0;
  for (; behind < places - n.scale_; ++behind) digits.push_back('0');
  behind = 0;
  const auto put = [&](auto rest) {
    while (rest != 0 || behind <= n.scale_) {
      digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
      rest /= 10;
      ++behind;
    }
  };
  if (m <= UINT64_MAX) {
    put(static_cast<std::uint64_t>(m));
  } else {
    put(m);
  }
  const int total_places = std::max(places, static_cast<int>(n.scale_));
  std::string out;
  if (n.mantissa_ < 0) out.push_back('-');
  for (std::size_t i = digits.size(); i-- > 0;) {
    out.push_back(digits[i]);
    if (static_cast<int>(i) == total_places && total_places > 0) out.push_back('.');
  }
  return out;
}

Decimal Decimal::operator-() const { return {-mantissa_, scale_}; }

Decimal operator+(const Decimal& a, const Decimal& b) {
  const Aligned x = align(a, b);
  Mantissa sum = 0;
  DN_CHECK(!__builtin_add_overflow(x.a, x.b, &sum) && in_range(sum), "decimal overflow");
  return {sum, x.scale};
}

Decimal operator-(const Decimal& a, const Decimal& b) { return a + (-b); }

Decimal operator*(const Decimal& a, const Decimal& b) {
  Mantissa product = 0;
  if (a.scale_ + b.scale_ <= Decimal::kMaxScale && !__builtin_mul_overflow(a.mantissa_, b.mantissa_, &product) && in_range(product)) {
    return {product, a.scale_ + b.scale_};
  }
  const Decimal na = a.normalized();
  const Decimal nb = b.normalized();
  DN_CHECK(na.scale_ + nb.scale_ <= Decimal::kMaxScale && !__builtin_mul_overflow(na.mantissa_, nb.mantissa_, &product) && in_range(product),
           "decimal overflow");
  return {product, na.scale_ + nb.scale_};
}

int Decimal::compare(const Decimal& other) const {
  if (scale_ == other.scale_) return mantissa_ < other.mantissa_ ? -1 : (mantissa_ > other.mantissa_ ? 1 : 0);
  Mantissa a = mantissa_;
  Mantissa b = other.mantissa_;
  // The side that leaves 128 bits when aligned is the larger in magnitude.
  if (scale_ < other.scale_) {
    if (!scale_up(mantissa_, other.scale_ - scale_, &a)) return mantissa_ < 0 ? -1 : 1;
  } else if (!scale_up(other.mantissa_, scale_ - other.scale_, &b)) {
    return other.mantissa_ < 0 ? 1 : -1;
  }
  return a < b ? -1 : (a > b ? 1 : 0);
}

Decimal Decimal::divided_by(const Decimal& divisor, int scale, Rounding rounding) const {
  DN_CHECK(!divisor.is_zero(), "division by zero");
  DN_CHECK(scale >= 0 && scale <= kMaxScale, "scale of a quotient");
  const Decimal n = normalized();
  const Decimal d = divisor.normalized();
  const bool negative = (n.mantissa_ < 0) != (d.mantissa_ < 0);
  int shift = d.scale_ + scale - n.scale_;  // quotient = n.mantissa × 10^shift / d.mantissa
  Unsigned rest = magnitude(n.mantissa_);
  Unsigned unit = magnitude(d.mantissa_);
  if (shift < 0 && __builtin_mul_overflow(unit, static_cast<Unsigned>(pow10(-shift)), &unit)) {
    unit = ~Unsigned{0};  // outweighs twice every numerator: nothing, and less than half a unit
  }
  Unsigned scaled = 0;
  if (shift > 0 && shift <= kMaxScale && !__builtin_mul_overflow(rest, static_cast<Unsigned>(pow10(shift)), &scaled)) {
    rest = scaled;
    shift = 0;
  }
  Unsigned quotient = rest / unit;
  rest %= unit;
  // What is left of the shift is divided digit by digit, so that only the quotient has to fit.
  for (; shift > 0; --shift) {
    DN_CHECK(quotient <= kLargest / 10, "decimal overflow");
    quotient = quotient * 10 + next_digit(&rest, unit);
  }
  if (rounds_away(rest, unit, negative, rounding)) ++quotient;
  DN_CHECK(quotient <= kLargest, "decimal overflow");
  return {negative ? -static_cast<Mantissa>(quotient) : static_cast<Mantissa>(quotient), scale};
}

Decimal Decimal::rounded(int scale, Rounding rounding) const { return scale_ <= scale ? *this : divided_by(Decimal(1), scale, rounding); }

Decimal Decimal::rounded_to(const Decimal& step, Rounding rounding) const {
  DN_CHECK(step.is_positive(), "step must be positive");
  const Aligned x = align(*this, step);
  Mantissa quotient = x.a / x.b;
  if (rounds_away(magnitude(x.a % x.b), magnitude(x.b), x.a < 0, rounding)) quotient += x.a < 0 ? -1 : 1;
  // In the step's own scale, so that amounts do not carry the digits of what they were computed from.
  Mantissa product = 0;
  DN_CHECK(!__builtin_mul_overflow(quotient, step.mantissa_, &product) && in_range(product), "decimal overflow");
  return {product, step.scale_};
}

bool Decimal::is_multiple_of(const Decimal& step) const {
  DN_CHECK(step.is_positive(), "step must be positive");
  const Aligned x = align(*this, step);
  return x.a % x.b == 0;
}

Decimal Decimal::normalized() const {
  if (mantissa_ == 0) return {};
  Decimal n = *this;
  if (const auto small = static_cast<std::int64_t>(mantissa_); small == mantissa_) {
    n.mantissa_ = without_zeros(small, &n.scale_);
  } else {
    n.mantissa_ = without_zeros(mantissa_, &n.scale_);
  }
  return n;
}

int Decimal::significant_digits() const {
  Unsigned m = magnitude(normalized().mantissa_);
  while (m != 0 && m % 10 == 0) m /= 10;
  int n = 0;
  for (; m != 0; m /= 10) ++n;
  return std::max(n, 1);
}

bool Decimal::within(int digits, int places) const {
  const Decimal n = normalized();
  if (n.scale_ > places) return false;
  return digits > kMaxScale || magnitude(n.mantissa_) < static_cast<Unsigned>(pow10(digits));
}

Decimal greatest_common_step(const Decimal& a, const Decimal& b) {
  DN_CHECK(a.is_positive() && b.is_positive(), "steps must be positive");
  const Aligned x = align(a, b);
  return Decimal(gcd(x.a, x.b), x.scale).normalized();
}

Decimal least_common_multiple(const Decimal& a, const Decimal& b) {
  const Decimal g = greatest_common_step(a, b);
  return (a.divided_by(g, 0, Rounding::Zero) * b).normalized();
}

}  // namespace dn
