#include "http.h"

#include <fmt/format.h>

#include <algorithm>

#include "json.h"

namespace dn::exchange {
namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view kExtra = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kExtra.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

HttpParsed bad(int status, std::string why) {
  HttpParsed p;
  p.state = HttpParsed::State::Bad;
  p.status = status;
  p.why = std::move(why);
  return p;
}

// The request line; "" when it is good, else what is wrong.
std::string read_request_line(std::string_view line, HttpRequest& r) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return "bad request line";
  if (line.substr(last + 1) != "HTTP/1.1") return "only HTTP/1.1 is spoken here";
  r.method = std::string(line.substr(0, first));
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(r.method) || target.empty() || target[0] != '/') return "bad request line";
  for (const char c : target) {
    if (c <= ' ' || c >= 127 || c == '#') return "bad character in the target";
  }
  const auto mark = target.find('?');
  r.path = std::string(target.substr(0, mark));
  if (mark != std::string_view::npos) r.query = std::string(target.substr(mark + 1));
  return "";
}

std::string read_header(std::string_view line, HttpRequest& r) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return "bad header line";
  const std::string_view value = trimmed(line.substr(colon + 1));
  for (const char c : value) {
    if ((c >= 0 && c < ' ' && c != '\t') || c == 127) return "control character in a header";
  }
  r.headers.emplace_back(lower(line.substr(0, colon)), std::string(value));
  return "";
}

std::size_t count(const HttpRequest& r, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(r.headers.begin(), r.headers.end(), [&](const auto& h) { return h.first == name; }));
}

std::string_view reason_of(int status) {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Content Too Large";
    case 418: return "I'm a teapot";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    default: return "Unknown";
  }
}

}  // namespace

std::string_view HttpRequest::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_name) return value;
  }
  return {};
}
bool HttpRequest::has_header(std::string_view lower_name) const { return count(*this, lower_name) > 0; }

HttpParsed parse_http(std::string_view bytes) {
  const auto head_end = bytes.substr(0, kMaxHead).find("\r\n\r\n");
  if (head_end == std::string_view::npos) return bytes.size() >= kMaxHead ? bad(431, "the head is too long") : HttpParsed{};
  HttpParsed p;
  std::string_view head = bytes.substr(0, head_end);
  for (bool first = true; first || !head.empty(); first = false) {
    const auto end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    if (line.find_first_of("\r\n") != std::string_view::npos) return bad(400, "a bare line end");
    const std::string wrong = first ? read_request_line(line, p.request) : read_header(line, p.request);
    if (!wrong.empty()) return bad(400, wrong);
    head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
  }
  if (count(p.request, "host") != 1) return bad(400, "exactly one Host header");
  if (p.request.has_header("transfer-encoding")) return bad(501, "bodies come with Content-Length");
  if (count(p.request, "content-length") > 1) return bad(400, "two lengths");
  std::size_t length = 0;
  if (p.request.has_header("content-length")) {
    const auto told = p.request.header("content-length");
    const auto size = whole_from(told);
    if (!size || *size < 0 || told[0] == '-' || told[0] == '+') return bad(400, "bad Content-Length");
    if (static_cast<std::size_t>(*size) > kMaxBody) return bad(413, "the body is too long");
    length = static_cast<std::size_t>(*size);
  }
  p.used = head_end + 4 + length;
  if (bytes.size() < p.used) return HttpParsed{};
  p.request.body = std::string(bytes.substr(head_end + 4, length));
  p.request.keep_alive = lower(p.request.header("connection")).find("close") == std::string::npos;
  p.state = HttpParsed::State::Done;
  return p;
}

std::string to_bytes(const HttpReply& reply, bool keep_alive) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", reply.status, reason_of(reply.status));
  if (!reply.type.empty()) out += fmt::format("Content-Type: {}\r\n", reply.type);
  for (const auto& [name, value] : reply.headers) out += fmt::format("{}: {}\r\n", name, value);
  if (reply.status == 101) return out + "\r\n";
  out += fmt::format("Content-Length: {}\r\n{}\r\n", reply.body.size(), keep_alive ? "" : "Connection: close\r\n");
  return out + reply.body;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = digit(text[i + 1]);
    const int low = digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool Params::add(std::string_view encoded) {
  while (!encoded.empty()) {
    const auto end = encoded.find('&');
    const std::string_view pair = encoded.substr(0, end);
    const auto equals = pair.find('=');
    const auto name = percent_decoded(pair.substr(0, equals));
    const auto value = equals == std::string_view::npos ? std::string() : percent_decoded(pair.substr(equals + 1));
    if (!name || !value) return false;
    if (!pair.empty()) list_.emplace_back(*name, *value);
    encoded = end == std::string_view::npos ? std::string_view() : encoded.substr(end + 1);
  }
  return true;
}

std::string Params::get(std::string_view name) const {
  for (const auto& [n, value] : list_) {
    if (n == name) return value;
  }
  return {};
}

bool Params::has(std::string_view name) const {
  return std::any_of(list_.begin(), list_.end(), [&](const auto& p) { return p.first == name; });
}

}  // namespace dn::exchange
