// Schoolbook decimal arithmetic on digit strings: slow, of any length, and written without Decimal, to check it against.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace dn::reference {

// ±digits × 10^-places; `digits` has no leading zeros ("" is zero).
struct Number {
  bool negative = false;
  std::string digits;
  std::size_t places = 0;
};

inline void strip(std::string& digits) { digits.erase(0, digits.find_first_not_of('0')); }

// Reads what Decimal::str prints.
inline Number read(std::string_view text) {
  Number n;
  if (text.front() == '-') {
    n.negative = true;
    text.remove_prefix(1);
  }
  const auto point = text.find('.');
  n.digits = std::string(text.substr(0, point));
  if (point != std::string_view::npos) {
    n.digits += text.substr(point + 1);
    n.places = text.size() - point - 1;
  }
  strip(n.digits);
  return n;
}

// The plain form without trailing zeros, as Decimal::str prints it.
inline std::string print(Number n) {
  if (n.digits.empty()) return "0";
  while (n.places > 0 && n.digits.back() == '0') {
    n.digits.pop_back();
    --n.places;
  }
  if (n.digits.size() <= n.places) n.digits.insert(0, n.places + 1 - n.digits.size(), '0');
  if (n.places > 0) n.digits.insert(n.digits.size() - n.places, ".");
  return (n.negative ? "-" : "") + n.digits;
}

inline int compare_magnitude(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const int c = a.compare(b);
  return c < 0 ? -1 : (c > 0 ? 1 : 0);
}

inline std::string add_magnitude(const std::string& a, const std::string& b) {
  std::string out;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    int sum = carry;
    if (i < a.size()) sum += a[a.size() - 1 - i] - '0';
    if (i < b.size()) sum += b[b.size() - 1 - i] - '0';
    out.push_back(static_cast<char>('0' + sum % 10));
    carry = sum / 10;
  }
  std::reverse(out.begin(), out.end());
  strip(out);
  return out;
}

// a >= b.
inline std::string subtract_magnitude(const std::string& a, const std::string& b) {
  std::string out;
  int borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    int difference = a[a.size() - 1 - i] - '0' - borrow - (i < b.size() ? b[b.size() - 1 - i] - '0' : 0);
    borrow = difference < 0 ? 1 : 0;
    if (difference < 0) difference += 10;
    out.push_back(static_cast<char>('0' + difference));
  }
  std::reverse(out.begin(), out.end());
  strip(out);
  return out;
}

inline std::string multiply_magnitude(const std::string& a, const std::string& b) {
  std::string sum;
  for (const char digit : b) {
    if (!sum.empty()) sum.push_back('0');
    for (int i = 0; i < digit - '0'; ++i) sum = add_magnitude(sum, a);
  }
  return sum;
}

inline void align(Number& a, Number& b) {
  const std::size_t places = std::max(a.places, b.places);
  for (Number* n : {&a, &b}) {
    if (!n->digits.empty()) n->digits.append(places - n->places, '0');
    n->places = places;
  }
}

inline Number negated(Number n) {
  n.negative = !n.negative && !n.digits.empty();
  return n;
}

inline Number add(Number a, Number b) {
  align(a, b);
  if (a.negative == b.negative) return {a.negative, add_magnitude(a.digits, b.digits), a.places};
  if (compare_magnitude(a.digits, b.digits) < 0) std::swap(a, b);
  return {a.negative, subtract_magnitude(a.digits, b.digits), a.places};
}

inline Number multiply(const Number& a, const Number& b) { return {a.negative != b.negative, multiply_magnitude(a.digits, b.digits), a.places + b.places}; }

inline int compare(const Number& a, const Number& b) {
  const Number difference = add(a, negated(b));
  if (difference.digits.empty()) return 0;
  return difference.negative ? -1 : 1;
}

}  // namespace dn::reference
