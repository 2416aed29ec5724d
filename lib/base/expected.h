// A value or the error that stands in its place, with the names of std::expected (which neither supported
// compiler has). Reading the wrong side is a mistake of the program and fails a check.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"

namespace dn {

template <class E>
struct Unexpected {
  E error;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : data_(std::in_place_index<0>, std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Expected(Unexpected<E> e) : data_(std::in_place_index<1>, std::move(e.error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return data_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  const T& value() const& {
    DN_CHECK(has_value(), "value() of an error");
    return *std::get_if<0>(&data_);
  }
  T& value() & {
    DN_CHECK(has_value(), "value() of an error");
    return *std::get_if<0>(&data_);
  }
  T&& value() && {
    DN_CHECK(has_value(), "value() of an error");
    return std::move(*std::get_if<0>(&data_));
  }
  const E& error() const {
    DN_CHECK(!has_value(), "error() of a value");
    return *std::get_if<1>(&data_);
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }
  T value_or(T other) const { return has_value() ? value() : std::move(other); }

 private:
  std::variant<T, E> data_;
};

// Success without a value, or an error.
template <class E>
class [[nodiscard]] Expected<void, E> {
 public:
  Expected() = default;
  Expected(Unexpected<E> e) : error_(std::in_place_index<1>, std::move(e.error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return error_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  const E& error() const {
    DN_CHECK(!has_value(), "error() of a success");
    return *std::get_if<1>(&error_);
  }

 private:
  std::variant<std::monostate, E> error_;
};

}  // namespace dn
