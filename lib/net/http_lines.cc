#include "net/http_lines.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "net/http_transfer.h"

namespace dn::net {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};  // before a line is made anew; doubled each time that it did not hold
constexpr std::chrono::milliseconds kLongestPause{30'000};
constexpr std::chrono::seconds kHeld{10};  // a line that lived so long begins its pauses anew
constexpr CurlLong kConnectMs = 5000;

curl_socket_t open_socket(void* sockets, curlsocktype, curl_sockaddr* a) {
  return static_cast<OwnSockets*>(sockets)->open(a->family, a->socktype, a->protocol);
}
int close_socket(void* sockets, curl_socket_t fd) { return static_cast<OwnSockets*>(sockets)->close(fd); }

}  // namespace

struct HttpLines::Line {
  enum class State { Down, Connecting, Idle, Busy };

  explicit Line(asio::io_context& io) : descriptor(io), pause(io) {}

  State state = State::Down;
  Easy easy;
  asio::posix::stream_descriptor descriptor;  // libcurl's socket: watched, not owned
  std::uint64_t made = 0;                     // counts its connections; what waited for an older one is not heard
  std::chrono::steady_clock::time_point since;
  std::chrono::milliseconds next_pause = kFirstPause;

  http_parser parser{};
  wire::HttpResponse response;
  std::size_t received = 0;
  bool in_value = false;  // the last header's name is complete
  bool complete = false;
  std::string unsent;
  HttpClient::Done done;
  std::chrono::steady_clock::time_point deadline;
  asio::steady_timer pause;
};

HttpLines::HttpLines(asio::io_context& io, const HttpOptions& options, Url base, CURLSH* share)
    : MultiLoop(io, 64), options_(options), base_(std::move(base)), share_(share), alarm_(io) {
  host_ = host_in_url(base_.host);
  if (base_.port != (base_.scheme == "https" ? 443 : 80)) host_ += ":" + std::to_string(base_.port);
  settings_.on_header_field = &HttpLines::on_header_field;
  settings_.on_header_value = &HttpLines::on_header_value;
  settings_.on_headers_complete = &HttpLines::on_headers_complete;
  settings_.on_body = &HttpLines::on_body;
  settings_.on_message_complete = &HttpLines::on_message_complete;
}

HttpLines::~HttpLines() = default;

void HttpLines::keep(std::size_t count) {
  while (lines_.size() < count) {
    lines_.push_back(std::make_unique<Line>(io()));
    open(*lines_.back());
  }
}

std::size_t HttpLines::in_flight() const {
  return static_cast<std::size_t>(std::count_if(lines_.begin(), lines_.end(), [](const auto& l) { return l->state == Line::State::Busy; }));
}

std::size_t HttpLines::free() const {
  return static_cast<std::size_t>(std::count_if(lines_.begin(), lines_.end(), [](const auto& l) { return l->state == Line::State::Idle; }));
}

void HttpLines::close() {
  for (auto& line : lines_) {
    line->done = nullptr;
    drop(*line);
  }
  shut_down();
  lines_.clear();
}

// ---- making a line

void HttpLines::open(Line& line) {
  line.easy.reset(curl_easy_init());
  if (!line.easy || multi() == nullptr) return reopen_later(line);
  CurlOptions o(line.easy.get());
  o.set(CURLOPT_URL, url_of(base_).c_str());
  set_connection(o, options_, share_);
  o.set(CURLOPT_CONNECT_ONLY, 1L);
  o.set(CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  o.set(CURLOPT_PRIVATE, &line);
  o.set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  o.set(CURLOPT_OPENSOCKETDATA, &sockets_);
  o.set(CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
  o.set(CURLOPT_CLOSESOCKETDATA, &sockets_);
  line.state = Line::State::Connecting;
  ++line.made;
  if (!o.good() || curl_multi_add_handle(multi(), line.easy.get()) != CURLM_OK) {
    line.easy.reset();
    reopen_later(line);
  }
}

void HttpLines::ended(const std::vector<std::pair<CURL*, CURLcode>>& handles) {
  for (const auto& [easy, code] : handles) {
    Line* line = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &line);
    if (line == nullptr || line->easy.get() != easy) continue;
    if (code == CURLE_OK) {
      opened(*line);
    } else {
      drop(*line);
      reopen_later(*line);
    }
  }
}

void HttpLines::opened(Line& line) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  asio::error_code ec;
  curl_easy_getinfo(line.easy.get(), CURLINFO_ACTIVESOCKET, &fd);
  if (fd != CURL_SOCKET_BAD) line.descriptor.assign(fd, ec);
  if (fd == CURL_SOCKET_BAD || ec) {
    drop(line);
    return reopen_later(line);
  }
  line.state = Line::State::Idle;
  line.since = std::chrono::steady_clock::now();
  wait_readable(line);
}

// Takes its connection from the line.
void HttpLines::drop(Line& line) {
  line.state = Line::State::Down;
  line.unsent.clear();
  line.pause.cancel();
  if (line.descriptor.is_open()) (void)line.descriptor.release();
  if (line.easy) {
    curl_multi_remove_handle(multi(), line.easy.get());  // closes the connection
    line.easy.reset();
  }
}

void HttpLines::reopen_later(Line& line) {
  line.state = Line::State::Down;
  const bool held = line.since.time_since_epoch().count() > 0 && std::chrono::steady_clock::now() - line.since > kHeld;
  if (held) line.next_pause = kFirstPause;
  line.since = {};
  line.pause.expires_after(line.next_pause);
  line.next_pause = std::min(line.next_pause * 2, kLongestPause);
  line.pause.async_wait([weak = weak_from_this(), &line](const asio::error_code& ec) {
    const auto self = weak.lock();
    if (self && !self->is_closed() && !ec && line.state == Line::State::Down) static_cast<HttpLines&>(*self).open(line);
  });
}

// ---- a request

void HttpLines::put_request(const wire::HttpRequest& request) {
  bytes_.clear();
  bytes_.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ").append(host_).append("\r\nAccept: */*\r\n");
  for (const auto& [name, value] : request.headers) bytes_.append(name).append(value.empty() ? ":" : ": ").append(value).append("\r\n");
  if (request.method == "POST" || request.method == "PUT" || !request.body.empty())
    bytes_.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  bytes_.append("\r\n").append(request.body);
}

// A kept connection has nothing to say between requests: one that is readable is at its end, or has a session ticket to tell.
bool HttpLines::is_quiet(Line& line) {
  pollfd state{line.descriptor.native_handle(), POLLIN, 0};
  if (::poll(&state, 1, 0) == 0) return true;
  std::size_t n = 0;
  return curl_easy_recv(line.easy.get(), buffer_.data(), buffer_.size(), &n) == CURLE_AGAIN;
}

bool HttpLines::send(const wire::HttpRequest& request, std::chrono::milliseconds deadline, HttpClient::Done& done, std::size_t leave) {
  if (free() <= leave) return false;
  for (auto& free : lines_) {
    Line& line = *free;
    if (line.state != Line::State::Idle) continue;
    if (!is_quiet(line)) {
      drop(line);
      reopen_later(line);
      continue;
    }
    put_request(request);
    line.state = Line::State::Busy;
    line.done = std::move(done);
    line.unsent.swap(bytes_);
    bytes_.clear();
    line.response = {};
    line.received = 0;
    line.in_value = line.complete = false;
    http_parser_init(&line.parser, HTTP_RESPONSE);
    line.parser.data = &line;
    const bool whole = write(line);
    line.deadline = std::chrono::steady_clock::now() + deadline;
    mind_deadline(line.deadline);
    if (!whole) wait_writable(line);
    return true;
  }
  return false;
}

// One timer for all lines, which runs on when a request is answered: nearly all are, and arming one for each would be two system calls for each.
void HttpLines::mind_deadline(std::chrono::steady_clock::time_point earliest) {
  if (alarm_at_ <= earliest) return;
  alarm_at_ = earliest;
  alarm_.expires_at(earliest);
  alarm_.async_wait([weak = weak_from_this()](const asio::error_code& ec) {
    const auto self = weak.lock();
    if (self && !self->is_closed() && !ec) static_cast<HttpLines&>(*self).look_at_deadlines();
  });
}

void HttpLines::look_at_deadlines() {
  const auto self = shared_from_this();
  const auto now = std::chrono::steady_clock::now();
  alarm_at_ = std::chrono::steady_clock::time_point::max();
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    Line& line = *lines_[i];
    if (line.state != Line::State::Busy) continue;
    if (line.deadline > now) {
      mind_deadline(line.deadline);
    } else {
      fail(line, "timeout");
    }
  }
}

// False: the rest waits until the socket takes it. An error is found out by reading.
bool HttpLines::write(Line& line) {
  while (!line.unsent.empty()) {
    std::size_t n = 0;
    const CURLcode code = curl_easy_send(line.easy.get(), line.unsent.data(), line.unsent.size(), &n);
    if (code == CURLE_AGAIN) return false;
    if (code != CURLE_OK) break;
    line.unsent.erase(0, n);
  }
  line.unsent.clear();  // what a broken connection did not take is never sent
  return true;
}

void HttpLines::wait_writable(Line& line) {
  line.descriptor.async_wait(asio::posix::descriptor_base::wait_write, [weak = weak_from_this(), &line, made = line.made](const asio::error_code& ec) {
    const auto self = weak.lock();
    if (!self || self->is_closed() || ec || line.made != made || line.state != Line::State::Busy) return;
    auto& lines = static_cast<HttpLines&>(*self);
    if (!lines.write(line)) lines.wait_writable(line);
  });
}

void HttpLines::wait_readable(Line& line) {
  line.descriptor.async_wait(asio::posix::descriptor_base::wait_read, [weak = weak_from_this(), &line, made = line.made](const asio::error_code& ec) {
    const auto self = weak.lock();
    if (self && !self->is_closed() && !ec && line.made == made && line.easy) static_cast<HttpLines&>(*self).read(line);
  });
}

void HttpLines::read(Line& line) {
  for (;;) {
    std::size_t n = 0;
    const CURLcode code = curl_easy_recv(line.easy.get(), buffer_.data(), buffer_.size(), &n);
    if (code == CURLE_AGAIN) break;
    const bool unasked = line.state != Line::State::Busy;  // nothing was asked, so this is no answer
    if (unasked || code != CURLE_OK || n == 0) return fail(line, kClosed);
    if (!hear(line, buffer_.data(), n)) return;
  }
  wait_readable(line);
}

// False: the line is not read any further.
bool HttpLines::hear(Line& line, const char* data, std::size_t size) {
  line.received += size;
  if (line.received > options_.max_reply_bytes) {
    fail(line, "the reply is larger than " + std::to_string(options_.max_reply_bytes) + " bytes");
    return false;
  }
  const std::size_t taken = http_parser_execute(&line.parser, &settings_, data, size);
  const bool stopped = HTTP_PARSER_ERRNO(&line.parser) == HPE_PAUSED;  // by the end of the reply
  if (line.parser.upgrade != 0 || (!stopped && (taken != size || HTTP_PARSER_ERRNO(&line.parser) != HPE_OK))) {
    fail(line, "the answer is not HTTP");
    return false;
  }
  if (!line.complete) return true;
  // A reply to a request that is not all there yet: the rest of it must not stand before the next one.
  const bool lasts = taken == size && line.unsent.empty() && http_should_keep_alive(&line.parser) != 0;
  const auto self = shared_from_this();
  line.state = Line::State::Idle;
  line.next_pause = kFirstPause;
  if (!lasts) {
    drop(line);
    reopen_later(line);
  }
  finish(line, std::move(line.response));
  return lasts && !is_closed() && line.state != Line::State::Down;
}

void HttpLines::finish(Line& line, wire::HttpResponse response) {
  const HttpClient::Done done = std::exchange(line.done, nullptr);
  if (done) done(std::move(response));
}

void HttpLines::fail(Line& line, std::string why) {
  const auto self = shared_from_this();
  drop(line);
  reopen_later(line);
  wire::HttpResponse failed;
  failed.error = std::move(why);
  finish(line, std::move(failed));
}

// ---- http_parser's callbacks; other than 0 ends the parsing

int HttpLines::on_header_field(http_parser* parser, const char* at, std::size_t size) {
  Line& line = *static_cast<Line*>(parser->data);
  auto& headers = line.response.headers;
  if (headers.empty() || line.in_value) headers.emplace_back();
  line.in_value = false;
  headers.back().first += lower(std::string_view(at, size));
  return 0;
}

int HttpLines::on_header_value(http_parser* parser, const char* at, std::size_t size) {
  Line& line = *static_cast<Line*>(parser->data);
  if (line.response.headers.empty()) return 0;  // of a trailer that is not kept
  line.in_value = true;
  line.response.headers.back().second.append(at, size);
  return 0;
}

int HttpLines::on_headers_complete(http_parser* parser) {
  Line& line = *static_cast<Line*>(parser->data);
  line.response.status = static_cast<int>(parser->status_code);
  for (auto& [name, value] : line.response.headers) value.erase(value.find_last_not_of(" \t") + 1);
  return 0;
}

int HttpLines::on_body(http_parser* parser, const char* at, std::size_t size) {
  static_cast<Line*>(parser->data)->response.body.append(at, size);
  return 0;
}

int HttpLines::on_message_complete(http_parser* parser) {
  Line& line = *static_cast<Line*>(parser->data);
  if (parser->status_code < 200) {  // an interim reply: the one that counts is still to come
    line.response = {};
    line.in_value = false;
    return 0;
  }
  line.complete = true;
  http_parser_pause(parser, 1);
  return 0;
}

}  // namespace dn::net
