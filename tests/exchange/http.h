// HTTP/1.1 requests, read to the letter of RFC 9112 with bounds: no bare line feeds, no folded headers, no chunked bodies, one Host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dn::exchange {

inline constexpr std::size_t kMaxHead = 16 * 1024;
inline constexpr std::size_t kMaxBody = 256 * 1024;

using Fields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;
  std::string path;   // as sent
  std::string query;  // as sent, without the question mark
  Fields headers;     // names in lower case
  std::string body;
  bool keep_alive = true;

  // "" when it is not there.
  std::string_view header(std::string_view lower_name) const;
  bool has_header(std::string_view lower_name) const;
};

struct HttpReply {
  int status = 200;
  std::string body;
  Fields headers;
  std::string type = "application/json";
};

struct HttpParsed {
  enum class State : std::uint8_t { NeedMore, Done, Bad };
  State state = State::NeedMore;
  HttpRequest request;  // when Done
  std::size_t used = 0;
  int status = 400;  // when Bad
  std::string why;
};
HttpParsed parse_http(std::string_view bytes);

std::string to_bytes(const HttpReply& reply, bool keep_alive);

// %XX and nothing else; nullopt for a broken escape.
std::optional<std::string> percent_decoded(std::string_view text);

// a=1&b=2 with decoded names and values.
class Params {
 public:
  // False when an escape is broken; what came before it is kept.
  bool add(std::string_view encoded);
  // One that needs no decoding.
  void put(std::string name, std::string value) { list_.emplace_back(std::move(name), std::move(value)); }
  std::string get(std::string_view name) const;
  bool has(std::string_view name) const;
  const Fields& all() const { return list_; }

 private:
  Fields list_;
};

}  // namespace dn::exchange
