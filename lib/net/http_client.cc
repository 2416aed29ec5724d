// libcurl's multi interface on the loop: it says which sockets and which time it waits for, the loop tells it when they come.
#include "net/http_client.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/http_transfer.h"
#include "net/loop_impl.h"

namespace dn::net {
namespace {

// A socket of libcurl's, watched but not owned: it is released before libcurl closes it.
struct Watch {
  Watch(asio::io_context& io, curl_socket_t socket) : fd(socket), descriptor(io) {}
  ~Watch() { stop(); }
  void stop() {
    if (descriptor.is_open()) (void)descriptor.release();
  }

  curl_socket_t fd;
  asio::posix::stream_descriptor descriptor;
  int wanted = 0;        // CURL_POLL_IN, _OUT or both
  bool reading = false;  // a wait is under way
  bool writing = false;
};

void init_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)code;  // without it the handles are null, and each request says so
}

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
  using Id = std::uint64_t;

  Impl(asio::io_context& context, HttpOptions o) : io(context), options(std::move(o)), timer(io) {
    init_curl();
    if (auto url = parse_url(options.base); url && url->path == "/" && (url->scheme == "https" || (url->scheme == "http" && is_loopback(url->host))))
      base = *url;
    max_connections = static_cast<std::size_t>(std::max(1, options.max_connections));
    share.reset(curl_share_init());
    multi.reset(curl_multi_init());
    if (!share || !multi) return;
    curl_share_setopt(share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<CurlLong>(max_connections));
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  }

  void send(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done done);
  void shut_down();

 private:
  static int on_socket(CURL*, curl_socket_t fd, int what, void* data, void*) noexcept;
  static int on_timer(CURLM*, CurlLong timeout_ms, void* data) noexcept;
  void wait_for(const std::shared_ptr<Watch>& watch);
  void act(curl_socket_t fd, int events);
  std::string start(Transfer& t);
  void start_waiting();
  void fail_later(Id id, std::string why);
  void expire(Id id);
  void end(Id id, wire::HttpResponse response);
  Done take_done(Id id);

 public:
  asio::io_context& io;
  HttpOptions options;
  std::optional<Url> base;  // empty: options.base is not acceptable, and each request says so
  std::size_t max_connections = 1;
  bool closed = false;  // the client is gone; a callback of the caller may have done that

  OwnSockets sockets;
  Share share;
  Multi multi;
  asio::steady_timer timer;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches;

  Id last_id = 0;
  std::map<Id, std::unique_ptr<Transfer>> transfers;
  std::deque<Id> waiting;   // not started yet, oldest first; may name some that are gone
  std::size_t started = 0;  // transfers that libcurl has
  std::size_t fresh = 0;    // of these, those that may not have a connection yet
  std::vector<Easy> spare;
};

void HttpClient::Impl::send(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done done) {
  const Id id = ++last_id;
  Transfer& t = *transfers.emplace(id, std::make_unique<Transfer>(io, sockets, id)).first->second;
  t.done = std::move(done);
  if (!base) return fail_later(id, "not sent: the server's address is not an https URL");
  if (auto why = Transfer::refusal(request); !why.empty()) return fail_later(id, std::move(why));
  t.request = request;
  t.deadline.expires_after(deadline);
  t.deadline.async_wait([weak = weak_from_this(), id](const asio::error_code& ec) {
    if (const auto self = weak.lock(); self && !ec) self->expire(id);
  });
  waiting.push_back(id);
  start_waiting();
}

void HttpClient::Impl::start_waiting() {
  while (!waiting.empty() && started < max_connections) {
    const Id id = waiting.front();
    waiting.pop_front();
    const auto found = transfers.find(id);
    if (found == transfers.end()) continue;
    if (auto why = start(*found->second); !why.empty()) fail_later(id, std::move(why));
  }
}

// Gives the request to libcurl, which begins with it when its timer is served. Returns why it could not.
std::string HttpClient::Impl::start(Transfer& t) {
  if (spare.empty()) {
    t.easy.reset(curl_easy_init());
  } else {
    t.easy = std::move(spare.back());
    spare.pop_back();
  }
  if (!multi || !share || !t.easy) return "not sent: libcurl is not usable";
  if (t.prepare(*base, options, share.get()) && curl_multi_add_handle(multi.get(), t.easy.get()) == CURLM_OK) {
    ++started;
    ++fresh;
    return "";
  }
  t.easy.reset();
  return "not sent: libcurl refused it";
}

void HttpClient::Impl::fail_later(Id id, std::string why) {
  asio::post(io, [weak = weak_from_this(), id, why = std::move(why)] {
    const auto self = weak.lock();
    if (!self || self->closed) return;
    wire::HttpResponse response;
    response.error = why;
    response.never_left = true;
    self->end(id, std::move(response));
  });
}

void HttpClient::Impl::expire(Id id) {
  const auto found = transfers.find(id);
  if (closed || found == transfers.end()) return;
  end(id, found->second->result(CURLE_OPERATION_TIMEDOUT));
}

// Takes the request out, its handle back from libcurl, and hands its callback out.
HttpClient::Done HttpClient::Impl::take_done(Id id) {
  const auto found = transfers.find(id);
  if (found == transfers.end()) return {};
  const std::unique_ptr<Transfer> t = std::move(found->second);
  transfers.erase(found);
  if (t->easy) {
    curl_multi_remove_handle(multi.get(), t->easy.get());  // one that is not finished loses its connection
    --started;
    curl_easy_reset(t->easy.get());
    spare.push_back(std::move(t->easy));
  }
  return std::move(t->done);
}

void HttpClient::Impl::end(Id id, wire::HttpResponse response) {
  const auto self = shared_from_this();
  const Done done = take_done(id);
  start_waiting();
  if (done) done(std::move(response));
}

// Tells libcurl what happened and brings the results home. The callbacks come last: they may send, or destroy the client.
void HttpClient::Impl::act(curl_socket_t fd, int events) {
  if (closed) return;
  const auto self = shared_from_this();
  if (fresh > 0) sockets.retire_readable([this](int own) { return watches.count(own) > 0; });
  if (fd == CURL_SOCKET_TIMEOUT) fresh = 0;
  int running = 0;
  curl_multi_socket_action(multi.get(), fd, events, &running);
  std::vector<std::pair<Done, wire::HttpResponse>> ended;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* t = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
    if (t == nullptr) continue;
    wire::HttpResponse response = t->result(message->data.result);
    ended.emplace_back(take_done(t->id), std::move(response));
  }
  if (ended.empty()) return;
  start_waiting();
  for (auto& [done, response] : ended) {
    if (closed) return;
    if (done) done(std::move(response));
  }
}

int HttpClient::Impl::on_timer(CURLM*, CurlLong timeout_ms, void* data) noexcept {
  auto& self = *static_cast<Impl*>(data);
  if (self.closed) return 0;
  try {
    self.timer.cancel();
    if (timeout_ms < 0) return 0;
    self.timer.expires_after(std::chrono::milliseconds(timeout_ms));
    self.timer.async_wait([weak = self.weak_from_this()](const asio::error_code& ec) {
      if (const auto impl = weak.lock(); impl && !ec) impl->act(CURL_SOCKET_TIMEOUT, 0);
    });
  } catch (...) {
    return -1;
  }
  return 0;
}

int HttpClient::Impl::on_socket(CURL*, curl_socket_t fd, int what, void* data, void*) noexcept {
  auto& self = *static_cast<Impl*>(data);
  try {
    const auto found = self.watches.find(fd);
    if (what == CURL_POLL_REMOVE) {
      if (found == self.watches.end()) return 0;
      found->second->stop();
      self.watches.erase(found);
      return 0;
    }
    if (self.closed) return 0;
    std::shared_ptr<Watch> watch;
    if (found != self.watches.end()) {
      watch = found->second;
    } else {
      watch = std::make_shared<Watch>(self.io, fd);
      asio::error_code ec;
      watch->descriptor.assign(fd, ec);
      if (ec) return -1;
      self.watches.emplace(fd, watch);
    }
    watch->wanted = what;
    self.wait_for(watch);
  } catch (...) {
    return -1;
  }
  return 0;
}

void HttpClient::Impl::wait_for(const std::shared_ptr<Watch>& watch) {
  const auto wait = [&](asio::posix::descriptor_base::wait_type type, bool Watch::*under_way, int wanted, int event) {
    if ((watch->wanted & wanted) == 0 || (*watch).*under_way) return;
    (*watch).*under_way = true;
    watch->descriptor.async_wait(type, [weak = weak_from_this(), watch, under_way, wanted, event](const asio::error_code& ec) {
      (*watch).*under_way = false;
      const auto self = weak.lock();
      if (!self || !watch->descriptor.is_open() || (watch->wanted & wanted) == 0) return;
      self->act(watch->fd, ec ? CURL_CSELECT_ERR : event);
      if (watch->descriptor.is_open() && !ec) self->wait_for(watch);
    });
  };
  wait(asio::posix::descriptor_base::wait_read, &Watch::reading, CURL_POLL_IN, CURL_CSELECT_IN);
  wait(asio::posix::descriptor_base::wait_write, &Watch::writing, CURL_POLL_OUT, CURL_CSELECT_OUT);
}

void HttpClient::Impl::shut_down() {
  closed = true;
  for (auto& [id, t] : transfers) {
    if (t->easy) curl_multi_remove_handle(multi.get(), t->easy.get());
  }
  transfers.clear();
  watches.clear();
  multi.reset();  // closes the kept connections
  spare.clear();
  share.reset();
}

HttpClient::HttpClient(Loop& loop, HttpOptions options) : impl_(std::make_shared<Impl>(loop.impl().io, std::move(options))) {}
HttpClient::~HttpClient() { impl_->shut_down(); }

void HttpClient::send(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done done) { impl_->send(request, deadline, std::move(done)); }
std::size_t HttpClient::in_flight() const { return impl_->transfers.size(); }

}  // namespace dn::net
