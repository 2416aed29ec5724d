// How a request is sent at most once
//
// When a kept connection turns out to be closed before the first byte of a reply, libcurl sends the request again on another
// connection, whatever its method, and no option turns that off. Two callbacks do:
//  - PREREQFUNCTION is called each time a connection stands and the request is about to be written. The first call sets
//    `started`; a second one refuses, so that no second copy can leave on whatever connection libcurl found.
//  - OPENSOCKETFUNCTION refuses new sockets once `started` is set, so that the refusal needs no new handshake first.
// The same flag says what never left: as long as it is not set, no byte of the request was given to any connection.
// Without a second attempt, a kept connection that the peer has closed meanwhile must not be picked: see own_sockets.h.
#include "net/http_transfer.h"

#include <openssl/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace dn::net {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// Counts what came; false when it is too much.
bool take(Transfer& t, std::size_t bytes) {
  t.too_large = t.too_large || bytes > t.max_reply_bytes - t.received;
  if (!t.too_large) t.received += bytes;
  return !t.too_large;
}

// libcurl's callbacks. Nothing may be thrown through libcurl: 0 and "refused" are its words for failure.

std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& t = *static_cast<Transfer*>(self);
  if (!take(t, size)) return 0;
  try {
    t.response.body.append(data, size);
  } catch (...) {
    return 0;
  }
  return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& t = *static_cast<Transfer*>(self);
  if (!take(t, size)) return 0;
  try {
    const std::string_view line(data, size);
    if (line.substr(0, 5) == "HTTP/") {  // an interim reply (1xx) may have come before
      t.response.headers.clear();
      t.headers_ended = false;
    }
    t.headers_ended = t.headers_ended || line == "\r\n" || line == "\n";
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) t.response.headers.emplace_back(lower(trimmed(line.substr(0, colon))), trimmed(line.substr(colon + 1)));
  } catch (...) {
    return 0;
  }
  return size;
}

int on_ready_to_send(void* self, char*, char*, int, int) noexcept {
  auto& t = *static_cast<Transfer*>(self);
  if (t.started) return CURL_PREREQFUNC_ABORT;
  t.started = true;
  return CURL_PREREQFUNC_OK;
}

curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
  auto& t = *static_cast<Transfer*>(self);
  return t.started ? CURL_SOCKET_BAD : t.sockets.open(address->family, address->socktype, address->protocol);
}

// Called with the client's sockets, since a kept connection outlives its transfers.
int on_close_socket(void* sockets, curl_socket_t fd) noexcept { return static_cast<OwnSockets*>(sockets)->close(fd); }

void set_method(CurlOptions& o, const wire::HttpRequest& request) {
  const bool has_body = request.method == "POST" || request.method == "PUT" || !request.body.empty();
  if (has_body) {
    o.set(CURLOPT_POST, 1L);
    o.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    o.set(CURLOPT_POSTFIELDS, request.body.data());  // not copied
  } else {
    o.set(CURLOPT_HTTPGET, 1L);
  }
  o.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

std::string os_error(CURL* easy) {
  CurlLong number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  if (number == ECONNREFUSED) return "connection refused";
  return number == 0 ? "no connection" : "no connection: " + std::generic_category().message(static_cast<int>(number));
}

std::string certificate_error(CURL* easy) {
  CurlLong verdict = X509_V_OK;
  curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
  // libcurl compares the name before it asks for OpenSSL's verdict, which is "unspecified" until then.
  if (verdict == X509_V_OK || verdict == X509_V_ERR_UNSPECIFIED) return "certificate refused: it is for another host";
  return std::string("certificate refused: ") + X509_verify_cert_error_string(verdict);
}

// libcurl takes a connection's end for the end of unfinished headers, and for that of a body without a length, even without
// a TLS farewell. Only a reply that says where it ends is known to be complete.
bool is_complete(const wire::HttpResponse& r, bool headers_ended) {
  if (!headers_ended || r.status < 200) return false;
  if (r.status == 204 || r.status == 304) return true;
  return !wire::header(r, "content-length").empty() || lower(wire::header(r, "transfer-encoding")).find("chunked") != std::string::npos;
}

}  // namespace

void set_connection(CurlOptions& o, const HttpOptions& options, CURLSH* share) {
  o.set(CURLOPT_PROTOCOLS_STR, "https,http");  // http: what the client allowed for a loopback base
  o.set(CURLOPT_HTTP_VERSION, static_cast<CurlLong>(CURL_HTTP_VERSION_1_1));
  o.set(CURLOPT_FOLLOWLOCATION, 0L);
  o.set(CURLOPT_PROXY, "");  // not even one of the environment
  o.set(CURLOPT_NOPROXY, "*");
  o.set(CURLOPT_NOSIGNAL, 1L);
  o.set(CURLOPT_QUICK_EXIT, 1L);  // a deadline does not wait for a name lookup
  o.set(CURLOPT_TCP_NODELAY, 1L);
  o.set(CURLOPT_TCP_KEEPALIVE, 1L);
  o.set(CURLOPT_SHARE, share);
  o.set(CURLOPT_SSLVERSION, static_cast<CurlLong>(CURL_SSLVERSION_TLSv1_2));
  o.set(CURLOPT_SSL_VERIFYPEER, 1L);
  o.set(CURLOPT_SSL_VERIFYHOST, 2L);
  // The directory is read by hash, one file per issuer; the bundle would cost 18 ms for each connection.
  const bool own = !options.ca_file.empty();
  o.set(CURLOPT_CAINFO, own ? options.ca_file.c_str() : nullptr);
  o.set(CURLOPT_CAPATH, own ? nullptr : "/etc/ssl/certs");
}

std::string url_of(const Url& base) { return base.scheme + "://" + host_in_url(base.host) + ":" + std::to_string(base.port) + "/"; }

std::string Transfer::refusal(const wire::HttpRequest& request) {
  static constexpr std::string_view kMethods[] = {"GET", "POST", "PUT", "DELETE"};
  if (std::find(std::begin(kMethods), std::end(kMethods), request.method) == std::end(kMethods)) return "not sent: unknown method";
  const std::string& target = request.target;
  const bool clean = std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
  if (target.empty() || target.front() != '/' || !clean) return "not sent: the target is no path";
  for (const auto& [name, value] : request.headers) {
    static constexpr std::string_view kOurs[] = {"host", "content-length", "transfer-encoding", "connection", "expect"};
    if (std::find(std::begin(kOurs), std::end(kOurs), lower(name)) != std::end(kOurs)) return "not sent: a header that is the client's own";
    if (!is_token(name) || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) return "not sent: a header is malformed";
  }
  return "";
}

bool Transfer::prepare(const Url& base, const HttpOptions& options, CURLSH* share) {
  bool has_type = false;
  bool listed = true;
  const auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    listed = listed && longer != nullptr;
    if (longer != nullptr) (void)headers.release(), headers.reset(longer);
  };
  for (const auto& [name, value] : request.headers) {
    has_type = has_type || lower(name) == "content-type";
    add(trimmed(value).empty() ? name + ";" : std::string(name).append(": ").append(value));  // "name;" is libcurl's word for an empty header
  }
  add("Expect:");
  if (!has_type) add("Content-Type:");  // libcurl would invent one for a body

  max_reply_bytes = options.max_reply_bytes;
  CurlOptions o(easy.get());
  o.set(CURLOPT_URL, url_of(base).c_str());
  o.set(CURLOPT_REQUEST_TARGET, request.target.c_str());  // as signed: not parsed, not normalised
  o.set(CURLOPT_HTTPHEADER, headers.get());
  set_connection(o, options, share);
  set_method(o, request);
  o.set(CURLOPT_PRIVATE, this);
  o.set(CURLOPT_WRITEFUNCTION, &on_body);
  o.set(CURLOPT_WRITEDATA, this);
  o.set(CURLOPT_HEADERFUNCTION, &on_header);
  o.set(CURLOPT_HEADERDATA, this);
  o.set(CURLOPT_PREREQFUNCTION, &on_ready_to_send);
  o.set(CURLOPT_PREREQDATA, this);
  o.set(CURLOPT_OPENSOCKETFUNCTION, &on_open_socket);
  o.set(CURLOPT_OPENSOCKETDATA, this);
  o.set(CURLOPT_CLOSESOCKETFUNCTION, &on_close_socket);
  o.set(CURLOPT_CLOSESOCKETDATA, &sockets);
  return listed && o.good();
}

wire::HttpResponse Transfer::result(CURLcode code) {
  if (code == CURLE_OK) {
    CurlLong status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    if (is_complete(response, headers_ended)) return std::move(response);
  }
  wire::HttpResponse failed;
  failed.never_left = !started && code != CURLE_OK;
  switch (code) {
    case CURLE_OK: failed.error = headers_ended ? "the reply does not say where it ends" : kClosed; break;
    case CURLE_COULDNT_RESOLVE_HOST: failed.error = "host name not resolved"; break;
    case CURLE_COULDNT_CONNECT: failed.error = started ? kClosed : os_error(easy.get()); break;
    case CURLE_PEER_FAILED_VERIFICATION: failed.error = certificate_error(easy.get()); break;
    case CURLE_SSL_CACERT_BADFILE: failed.error = "the file of trusted certificates cannot be read"; break;
    case CURLE_SSL_CONNECT_ERROR: failed.error = "TLS handshake failed"; break;
    case CURLE_OPERATION_TIMEDOUT: failed.error = "timeout"; break;
    case CURLE_WRITE_ERROR: failed.error = too_large ? "the reply is larger than " + std::to_string(max_reply_bytes) + " bytes" : "out of memory"; break;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_ABORTED_BY_CALLBACK: failed.error = kClosed; break;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY: failed.error = "the answer is not HTTP"; break;
    default: failed.error = lower(curl_easy_strerror(code)); break;  // libcurl's fixed texts
  }
  return failed;
}

}  // namespace dn::net
