#include "venues/json.h"

namespace dn::venues {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The end of a JSON number that starts at `at`; `at` itself when there is none.
std::size_t number_end(std::string_view s, std::size_t at) {
  std::size_t i = at;
  if (i < s.size() && s[i] == '-') ++i;
  if (i == s.size() || !is_digit(s[i])) return at;
  if (s[i] == '0') {
    ++i;
  } else {
    while (i < s.size() && is_digit(s[i])) ++i;
  }
  if (i < s.size() && s[i] == '.') {
    const std::size_t first = ++i;
    while (i < s.size() && is_digit(s[i])) ++i;
    if (i == first) return at;
  }
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    if (i < s.size() && (s[i] == '+' || s[i] == '-')) ++i;
    const std::size_t first = i;
    while (i < s.size() && is_digit(s[i])) ++i;
    if (i == first) return at;
  }
  return i;
}

std::size_t string_end(std::string_view s, std::size_t at) {
  std::size_t i = at + 1;
  while (i < s.size() && s[i] != '"') i += s[i] == '\\' ? 2 : 1;
  return std::min(i + 1, s.size());
}

// Puts every number between quotes; false where a number is none.
bool quote_numbers(std::string_view s, std::string& out) {
  out.clear();
  std::size_t copied = 0;
  for (std::size_t i = 0; i < s.size();) {
    if (s[i] == '"') {
      i = string_end(s, i);
      continue;
    }
    if (s[i] != '-' && !is_digit(s[i])) {
      ++i;
      continue;
    }
    const std::size_t end = number_end(s, i);
    if (end == i) return false;
    if (end < s.size() && (is_digit(s[end]) || s[end] == '"' || s[end] == '-')) return false;
    // Between quotes it would pass for a key.
    if (const std::size_t next = s.find_first_not_of(" \t\r\n", end); next != std::string_view::npos && s[next] == ':') return false;
    out.append(s, copied, i - copied).append(1, '"').append(s, i, end - i).append(1, '"');
    copied = i = end;
  }
  out.append(s, copied);
  return true;
}

constexpr std::size_t kMostKept = 64U << 10U;  // the memory of a larger answer is given back

// What a document is parsed with keeps its memory for the next one of the thread.
struct Spare {
  std::unique_ptr<simdjson::dom::parser> parser;
  std::string text;
};
thread_local Spare spare;

}  // namespace

Expected<JsonDocument, std::string> JsonDocument::parse(std::string_view text) {
  std::string& quoted = spare.text;
  if (!quote_numbers(text, quoted)) return Unexpected{std::string("a number is malformed")};
  const std::size_t size = quoted.size();
  quoted.append(simdjson::SIMDJSON_PADDING, '\0');
  JsonDocument d;
  d.parser_ = spare.parser ? std::move(spare.parser) : std::make_unique<simdjson::dom::parser>();
  const auto error = d.parser_->parse(quoted.data(), size, false).get(d.root_);
  if (quoted.capacity() > kMostKept) quoted = std::string();
  if (error) return Unexpected{std::string(simdjson::error_message(error))};
  return d;
}

JsonDocument::~JsonDocument() {
  if (!parser_ || spare.parser || parser_->capacity() > kMostKept) return;
  spare.parser = std::move(parser_);
}

std::optional<Element> member(const Element& object, std::string_view key) {
  Element e;
  if (!object.is_object() || object.at_key(key).get(e) != simdjson::SUCCESS || e.is_null()) return std::nullopt;
  return e;
}

std::string_view text_of(const Element& element) {
  std::string_view s;
  return element.get(s) == simdjson::SUCCESS ? s : std::string_view();
}

std::string_view text(const Element& object, std::string_view key) {
  const auto e = member(object, key);
  return e ? text_of(*e) : std::string_view();
}

std::optional<Decimal> amount_of(std::string_view text) {
  const auto d = Decimal::parse(text);
  if (!d) return std::nullopt;
  const Decimal n = d->normalized();
  if (!n.within(19, 14)) return std::nullopt;
  return n;
}

std::optional<Decimal> amount(const Element& object, std::string_view key) { return amount_of(text(object, key)); }

std::optional<Decimal> fitted(std::string_view text) {
  // Balances are told with up to 20 places and more digits in all than a decimal holds: what lies behind the 14th place is only checked.
  if (const auto point = text.find('.'); point != std::string_view::npos && text.size() > point + 15 && text.find_first_of("eE") == std::string_view::npos) {
    if (text.find_first_not_of("0123456789", point + 1) != std::string_view::npos) return std::nullopt;
    text = text.substr(0, point + 15);
  }
  const auto d = Decimal::parse(text);
  if (!d) return std::nullopt;
  for (int places = 14; places >= 0; --places) {
    const Decimal cut = d->rounded(places, Rounding::Zero).normalized();
    if (cut.within(19, 14)) return cut;
  }
  return std::nullopt;
}

std::optional<Decimal> exact(std::string_view text) {
  constexpr std::int64_t kTooMuch = 1'000'000'000'000;
  const auto d = Decimal::parse(text);
  return d && d->within(36, 24) && d->abs() < Decimal(kTooMuch) ? std::optional(*d) : std::nullopt;
}

std::optional<std::int64_t> whole(const Element& object, std::string_view key) {
  const auto d = Decimal::parse(text(object, key));
  if (!d || !d->within(18, 0)) return std::nullopt;
  return static_cast<std::int64_t>(d->normalized().rounded(0, Rounding::Zero).mantissa());
}

std::optional<bool> boolean(const Element& object, std::string_view key) {
  const auto e = member(object, key);
  bool b = false;
  if (!e || e->get(b) != simdjson::SUCCESS) return std::nullopt;
  return b;
}

std::vector<Element> array_of(const Element& element) {
  simdjson::dom::array a;
  if (element.get(a) != simdjson::SUCCESS) return {};  // a default array of simdjson's must not be walked
  return {a.begin(), a.end()};
}

}  // namespace dn::venues
