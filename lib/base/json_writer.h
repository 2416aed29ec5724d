// Writes one JSON document into a string, field by field. Text is escaped; numbers of money go out as strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dn {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view k);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(std::int64_t n);
  JsonWriter& value(bool b);
  JsonWriter& null();
  template <class T>
  JsonWriter& field(std::string_view k, const T& v) {
    key(k);
    return value(v);
  }
  const std::string& str() const { return out_; }

 private:
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  void separate();

  std::string out_;
  bool first_ = true;  // nothing written yet at this level
  bool after_key_ = false;
};

// `text` with JSON's escapes, without the quotes. Bytes that are not UTF-8 become U+FFFD.
std::string json_escaped(std::string_view text);

}  // namespace dn
