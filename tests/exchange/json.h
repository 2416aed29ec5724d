// JSON in and out. A number keeps its text on the way in, so that nothing passes through a binary fraction; the text of every
// value is kept too, because one login signs the raw text of a member.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"

namespace dn::exchange {

struct JsonMember;

struct Json {
  enum class Kind : std::uint8_t { Null, Bool, Number, String, Array, Object };
  Kind kind = Kind::Null;
  std::string text;  // of a string its characters, of anything else its source
  std::string raw;   // the source
  std::vector<Json> items;
  std::vector<JsonMember> members;

  // nullopt for what is not JSON to the letter.
  static std::optional<Json> parse(std::string_view source);

  bool is(Kind k) const { return kind == k; }
  // A member that is there and not null.
  const Json* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  // The text of a string or number member; "" when there is none.
  std::string str(std::string_view key) const;
  bool truth(std::string_view key) const;
  std::int64_t whole(std::string_view key, std::int64_t otherwise) const;
};

struct JsonMember {
  std::string name;
  Json value;
};

// A plain decimal of at most 20 digits and 14 places, so that products stay exact.
std::optional<Decimal> decimal_from(std::string_view text);
std::optional<std::int64_t> whole_from(std::string_view text);

// An object, member by member.
class Obj {
 public:
  Obj& s(std::string_view key, std::string_view text);
  Obj& n(std::string_view key, std::int64_t number);
  Obj& b(std::string_view key, bool value);
  Obj& null(std::string_view key) { return raw(key, "null"); }
  Obj& raw(std::string_view key, std::string_view json);
  Obj& d(std::string_view key, const Decimal& number) { return s(key, number.str()); }
  template <class A>
  Obj& d(std::string_view key, const A& amount) {
    return d(key, amount.decimal());
  }
  std::string str() const { return out_ + "}"; }

 private:
  std::string out_ = "{";
};

class Arr {
 public:
  Arr& raw(std::string_view json);
  Arr& s(std::string_view text);
  bool empty() const { return out_.size() == 1; }
  std::string str() const { return out_ + "]"; }

 private:
  std::string out_ = "[";
};

std::string quoted(std::string_view text);

}  // namespace dn::exchange
