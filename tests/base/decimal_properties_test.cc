// Decimal against schoolbook arithmetic, on random numbers.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>

#include "base/decimal.h"
#include "reference.h"

namespace dn {
namespace {

reference::Number ref(const Decimal& x) { return reference::read(x.str()); }

// Mantissas of 1 to 18 digits with 0 to 18 places, so that products fit; small ones and ties are as frequent as long ones.
Decimal any_decimal() {
  const int digits = *rc::gen::inRange(0, 19);
  std::int64_t bound = 1;
  for (int i = 0; i < digits; ++i) bound *= 10;
  return Decimal::from_parts(*rc::gen::inRange<std::int64_t>(-bound + 1, bound), *rc::gen::inRange(0, 19));
}

Decimal positive_decimal() {
  const Decimal x = any_decimal().abs();
  return x.is_zero() ? Decimal(1) : x;
}

Rounding any_rounding() { return *rc::gen::element(Rounding::Down, Rounding::Up, Rounding::Zero, Rounding::HalfUp); }

Decimal ulp(int scale) { return Decimal::from_parts(1, scale); }

RC_GTEST_PROP(DecimalProperties, PrintingAndReadingIsIdentity, ()) {
  const Decimal x = any_decimal();
  const auto back = Decimal::parse(x.str());
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == x);
  RC_ASSERT(back->str() == x.str());
  RC_ASSERT(back->scale() == x.normalized().scale());
}

RC_GTEST_PROP(DecimalProperties, SumsDifferencesAndProductsAreThoseOfSchool, ()) {
  const Decimal a = any_decimal();
  const Decimal b = any_decimal();
  RC_ASSERT((a + b).str() == reference::print(reference::add(ref(a), ref(b))));
  RC_ASSERT((a - b).str() == reference::print(reference::add(ref(a), reference::negated(ref(b)))));
  RC_ASSERT((a * b).str() == reference::print(reference::multiply(ref(a), ref(b))));
}

RC_GTEST_PROP(DecimalProperties, RingLawsHold, ()) {
  const Decimal a = any_decimal();
  const Decimal b = any_decimal();
  const Decimal c = Decimal::from_parts(*rc::gen::arbitrary<std::int8_t>(), *rc::gen::inRange(0, 2));
  RC_ASSERT(a + b == b + a);
  RC_ASSERT(a * b == b * a);
  RC_ASSERT((a + b) + c == a + (b + c));
  RC_ASSERT(c * (a + b) == c * a + c * b);
  RC_ASSERT(a + Decimal(0) == a);
  RC_ASSERT(a * Decimal(1) == a);
  RC_ASSERT(a - a == Decimal(0));
  RC_ASSERT(-(-a) == a);
  RC_ASSERT((a * a).is_negative() == false);
}

RC_GTEST_PROP(DecimalProperties, OrderIsThatOfSchool, ()) {
  const Decimal a = any_decimal();
  const Decimal b = *rc::gen::arbitrary<bool>() ? any_decimal() : a + ulp(*rc::gen::inRange(0, 19));
  const int expected = reference::compare(ref(a), ref(b));
  RC_ASSERT((a < b) == (expected < 0));
  RC_ASSERT((a > b) == (expected > 0));
  RC_ASSERT((a == b) == (expected == 0));
  RC_ASSERT(min(a, b) <= max(a, b));
}

// Full 127-bit mantissas, where alignment overflows: order still agrees.
RC_GTEST_PROP(DecimalProperties, OrderHoldsWhereAlignmentOverflows, ()) {
  const auto huge = [] {
    const int size = *rc::gen::inRange(30, 39);
    std::string text(static_cast<std::size_t>(size), '9');
    for (char& c : text) c = *rc::gen::inRange<char>('0', '9' + 1);
    text.insert(static_cast<std::size_t>(*rc::gen::inRange(1, size)), ".");
    const auto x = Decimal::parse(text);
    RC_ASSERT(x.has_value());
    return *rc::gen::arbitrary<bool>() ? *x : -*x;
  };
  const Decimal a = huge();
  const Decimal b = huge();
  RC_ASSERT((a < b) == (reference::compare(ref(a), ref(b)) < 0));
  RC_ASSERT((a == b) == (reference::compare(ref(a), ref(b)) == 0));
}

RC_GTEST_PROP(DecimalProperties, QuotientsAreWithinOneUnitOnTheSideAskedFor, ()) {
  const Decimal n = any_decimal();
  const Decimal divisor = *rc::gen::arbitrary<bool>() ? positive_decimal() : -positive_decimal();
  // Only as many places as keep the quotient inside 128 bits.
  const int scale = *rc::gen::inRange(0, 3);
  const Rounding rounding = any_rounding();
  const Decimal q = n.divided_by(divisor, scale, rounding);
  RC_ASSERT(q.scale() == scale);
  // error = q × divisor - n, compared with one or half a unit of q times the divisor.
  const auto error = reference::add(reference::multiply(ref(q), ref(divisor)), reference::negated(ref(n)));
  const auto unit = reference::multiply(ref(ulp(scale)), ref(divisor.abs()));
  auto magnitude = error;
  magnitude.negative = false;
  RC_ASSERT(reference::compare(magnitude, unit) < 0);
  // q is above the true quotient when the error has the divisor's sign.
  const bool exact = error.digits.empty();
  const bool above = !exact && error.negative == divisor.is_negative();
  const bool quotient_negative = n.is_negative() != divisor.is_negative();
  if (rounding == Rounding::Down) RC_ASSERT(!above);
  if (rounding == Rounding::Up) RC_ASSERT(exact || above);
  if (rounding == Rounding::Zero) RC_ASSERT(exact || above == quotient_negative);
  if (rounding == Rounding::HalfUp) RC_ASSERT(reference::compare(reference::add(magnitude, magnitude), unit) <= 0);
}

RC_GTEST_PROP(DecimalProperties, RoundingIsDivisionByOne, ()) {
  const Decimal x = any_decimal();
  const int scale = *rc::gen::inRange(0, 19);
  const Rounding rounding = any_rounding();
  RC_ASSERT(x.rounded(scale, rounding) == x.divided_by(Decimal(1), scale, rounding));
  RC_ASSERT((x.rounded(scale, Rounding::Up) - x.rounded(scale, Rounding::Down) <= ulp(scale)));
  RC_ASSERT(x.rounded(scale, Rounding::Down) == -(-x).rounded(scale, Rounding::Up));
}

RC_GTEST_PROP(DecimalProperties, FloorAndCeilAreTheNearestMultiples, ()) {
  const Decimal x = any_decimal();
  const Decimal step = positive_decimal();
  const Decimal low = x.floor_to(step);
  const Decimal high = x.ceil_to(step);
  RC_ASSERT(low.is_multiple_of(step));
  RC_ASSERT(high.is_multiple_of(step));
  RC_ASSERT(low <= x);
  RC_ASSERT(x <= high);
  RC_ASSERT(x - low < step);
  RC_ASSERT(high - x < step);
  RC_ASSERT((low == x) == x.is_multiple_of(step));
  RC_ASSERT(low.floor_to(step) == low);
  RC_ASSERT(low == -(-x).ceil_to(step));
}

RC_GTEST_PROP(DecimalProperties, CommonStepsDivideAndAreDivided, ()) {
  const auto step = [] { return Decimal::from_parts(*rc::gen::inRange<std::int64_t>(1, 100'000), *rc::gen::inRange(0, 9)); };
  const Decimal a = step();
  const Decimal b = step();
  const Decimal g = greatest_common_step(a, b);
  const Decimal m = least_common_multiple(a, b);
  RC_ASSERT(a.is_multiple_of(g));
  RC_ASSERT(b.is_multiple_of(g));
  RC_ASSERT(m.is_multiple_of(a));
  RC_ASSERT(m.is_multiple_of(b));
  RC_ASSERT(g * m == a * b);
}

RC_GTEST_PROP(DecimalProperties, ParseNeverTrustsBytes, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element('0', '1', '9', '.', '-', '+', 'e', 'E', ' ', 'x', '\0', 'n'));
  const auto parsed = Decimal::parse(text);
  if (parsed) RC_ASSERT(*Decimal::parse(parsed->str()) == *parsed);
}

}  // namespace
}  // namespace dn
