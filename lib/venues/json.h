// JSON from venues: every number keeps its text, so that amounts are exact and 64-bit ids stay whole.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "base/expected.h"

namespace dn::venues {

using Element = simdjson::dom::element;

// A parsed document. Numbers are strings in it: `1.5e-7` and `"1.5e-7"` read alike. Not copied; elements live as long as it does.
class JsonDocument {
 public:
  // The error is a reason for a person. Text is bounded by the shell that received it.
  static Expected<JsonDocument, std::string> parse(std::string_view text);
  JsonDocument(JsonDocument&&) noexcept = default;
  JsonDocument& operator=(JsonDocument&&) noexcept = default;
  ~JsonDocument();
  const Element& root() const { return root_; }

 private:
  JsonDocument() = default;
  std::unique_ptr<simdjson::dom::parser> parser_;  // holds what the elements point to
  Element root_;
};

// A member of an object; nullopt when the element is no object, or has no such member, or has null.
std::optional<Element> member(const Element& object, std::string_view key);
// The text of a string or number member; "" when there is none.
std::string_view text(const Element& object, std::string_view key);
std::string_view text_of(const Element& element);
// A number with at most 19 digits and 14 places, so that the product of two never overflows; nullopt otherwise.
std::optional<Decimal> amount(const Element& object, std::string_view key);
std::optional<Decimal> amount_of(std::string_view text);
// A balance or a fee: with as many places as fit the bounds of an amount, the rest cut towards zero; nullopt when its whole part does
// not fit.
std::optional<Decimal> fitted(std::string_view text);
// A balance to its last digit, for who adds it up; nullopt when it has more of them than exact sums have room for: a million million and more, or
// more than 24 places.
std::optional<Decimal> exact(std::string_view text);
// A whole number; nullopt otherwise.
std::optional<std::int64_t> whole(const Element& object, std::string_view key);
std::optional<bool> boolean(const Element& object, std::string_view key);
// The members of an array; empty when it is none.
std::vector<Element> array_of(const Element& element);

}  // namespace dn::venues
