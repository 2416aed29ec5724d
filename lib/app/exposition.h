// Metrics in the text format that Prometheus reads (version 0.0.4). Values are exact decimals; nothing is rounded to binary.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/decimal.h"

namespace dn::app {

class Exposition {
 public:
  enum class Type : std::uint8_t { Gauge, Counter };
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // What follows belongs to it. A family without a sample leaves no trace.
  void family(std::string_view name, Type type, std::string_view help);
  void sample(const Labels& labels, const Decimal& value);
  void sample(const Labels& labels, std::int64_t value) { sample(labels, Decimal(value)); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string head_;  // of the family that has no sample yet
  std::string name_;
};

}  // namespace dn::app
