#include "json.h"

#include <simdjson.h>

#include <charconv>

#include "base/json_writer.h"

namespace dn::exchange {
namespace {

// Walks a text that simdjson found valid, and keeps what its document model drops: the source of every value.
class Walker {
 public:
  explicit Walker(std::string_view source) : in_(source) {}

  Json value() {
    skip_blanks();
    const std::size_t start = at_;
    Json out;
    switch (in_[at_]) {
      case '{': object(out); break;
      case '[': array(out); break;
      case '"':
        out.kind = Json::Kind::String;
        out.text = string();
        break;
      default: scalar(out); break;
    }
    out.raw = std::string(in_.substr(start, at_ - start));
    if (!out.is(Json::Kind::String)) out.text = out.raw;
    return out;
  }

 private:
  void skip_blanks() {
    while (at_ < in_.size() && (in_[at_] == ' ' || in_[at_] == '\n' || in_[at_] == '\r' || in_[at_] == '\t')) ++at_;
  }

  void object(Json& out) {
    out.kind = Json::Kind::Object;
    ++at_;
    for (skip_blanks(); in_[at_] != '}'; skip_blanks()) {
      if (in_[at_] == ',') {
        ++at_;
        continue;
      }
      std::string key = string();
      skip_blanks();
      ++at_;  // the colon
      out.members.push_back({std::move(key), value()});
    }
    ++at_;
  }

  void array(Json& out) {
    out.kind = Json::Kind::Array;
    ++at_;
    for (skip_blanks(); in_[at_] != ']'; skip_blanks()) {
      if (in_[at_] == ',') {
        ++at_;
        continue;
      }
      out.items.push_back(value());
    }
    ++at_;
  }

  void scalar(Json& out) {
    const char first = in_[at_];
    out.kind = first == 'n' ? Json::Kind::Null : first == 't' || first == 'f' ? Json::Kind::Bool : Json::Kind::Number;
    while (at_ < in_.size() && std::string_view(",]} \n\r\t").find(in_[at_]) == std::string_view::npos) ++at_;
  }

  std::string string() {
    const std::size_t start = at_++;
    bool escaped = false;
    for (; in_[at_] != '"'; ++at_) {
      if (in_[at_] == '\\') {
        escaped = true;
        ++at_;
      }
    }
    ++at_;
    const std::string_view source = in_.substr(start, at_ - start);
    if (!escaped) return std::string(source.substr(1, source.size() - 2));
    simdjson::dom::parser parser;
    std::string_view text;
    if (parser.parse(std::string("[") + std::string(source) + "]").at(0).get(text) != simdjson::SUCCESS) return {};
    return std::string(text);
  }

  std::string_view in_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Json> Json::parse(std::string_view source) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(source.data(), source.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  return Walker(source).value();
}

const Json* Json::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return value.is(Kind::Null) ? nullptr : &value;
  }
  return nullptr;
}

std::string Json::str(std::string_view key) const {
  const Json* m = find(key);
  return m != nullptr && (m->is(Kind::String) || m->is(Kind::Number)) ? m->text : std::string();
}

bool Json::truth(std::string_view key) const {
  const Json* m = find(key);
  return m != nullptr && m->text == "true";
}

std::int64_t Json::whole(std::string_view key, std::int64_t otherwise) const { return whole_from(str(key)).value_or(otherwise); }

std::optional<Decimal> decimal_from(std::string_view text) {
  if (text.size() > 40) return std::nullopt;
  const auto number = Decimal::parse(text);
  if (!number || !number->within(20, 14)) return std::nullopt;
  return *number;
}

std::optional<std::int64_t> whole_from(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::string quoted(std::string_view text) { return "\"" + json_escaped(text) + "\""; }

Obj& Obj::raw(std::string_view key, std::string_view json) {
  if (out_.size() > 1) out_ += ',';
  out_ += quoted(key);
  out_ += ':';
  out_ += json;
  return *this;
}
Obj& Obj::s(std::string_view key, std::string_view text) { return raw(key, quoted(text)); }
Obj& Obj::n(std::string_view key, std::int64_t number) { return raw(key, std::to_string(number)); }
Obj& Obj::b(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }

Arr& Arr::raw(std::string_view json) {
  if (out_.size() > 1) out_ += ',';
  out_ += json;
  return *this;
}
Arr& Arr::s(std::string_view text) { return raw(quoted(text)); }

}  // namespace dn::exchange
