// Transfers of libcurl's for everything that may wait its turn, and kept lines for what must leave at once.
#include "net/http_client.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "net/http_lines.h"
#include "net/http_transfer.h"
#include "net/loop_impl.h"
#include "net/multi_loop.h"

namespace dn::net {

struct HttpClient::Impl final : MultiLoop {
  using Id = std::uint64_t;

  Impl(asio::io_context& context, HttpOptions o) : MultiLoop(context, most(o)), options(std::move(o)), max_connections(most(options)) {
    if (auto url = parse_url(options.base); url && url->path == "/" && (url->scheme == "https" || (url->scheme == "http" && is_loopback(url->host))))
      base = *url;
    share.reset(curl_share_init());
    if (share) curl_share_setopt(share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  }

  void send(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done done);
  bool send_at_once(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done& done, std::size_t leave);
  void keep_lines(std::size_t count);
  void end_all();

 private:
  static std::size_t most(const HttpOptions& o) { return static_cast<std::size_t>(std::max(1, o.max_connections)); }
  void before_action(curl_socket_t fd) override;
  void ended(const std::vector<std::pair<CURL*, CURLcode>>& handles) override;
  std::string start(Transfer& t);
  void start_waiting();
  void fail_later(Id id, std::string why);
  void expire(Id id);
  void end(Id id, wire::HttpResponse response);
  Done take_done(Id id);
  std::shared_ptr<Impl> self() { return std::static_pointer_cast<Impl>(shared_from_this()); }
  // For a handler that comes later; null when the client is gone.
  static std::shared_ptr<Impl> alive(const std::weak_ptr<MultiLoop>& weak) {
    const auto loop = weak.lock();
    return loop && !loop->is_closed() ? std::static_pointer_cast<Impl>(loop) : nullptr;
  }

 public:
  HttpOptions options;
  std::optional<Url> base;  // empty: options.base is not acceptable, and each request says so
  std::size_t max_connections;

  OwnSockets sockets;
  Share share;
  std::shared_ptr<HttpLines> lines;  // none: nothing asked for any

  Id last_id = 0;
  std::map<Id, std::unique_ptr<Transfer>> transfers;
  std::deque<Id> waiting;   // not started yet, oldest first; may name some that are gone
  std::size_t started = 0;  // transfers that libcurl has
  std::size_t fresh = 0;    // of these, those that may not have a connection yet
  std::vector<Easy> spare;
};

void HttpClient::Impl::send(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done done) {
  const Id id = ++last_id;
  Transfer& t = *transfers.emplace(id, std::make_unique<Transfer>(io(), sockets, id)).first->second;
  t.done = std::move(done);
  if (!base) return fail_later(id, "not sent: the server's address is not an https URL");
  if (auto why = Transfer::refusal(request); !why.empty()) return fail_later(id, std::move(why));
  t.request = request;
  t.deadline.expires_after(deadline);
  t.deadline.async_wait([weak = weak_from_this(), id](const asio::error_code& ec) {
    if (const auto self = alive(weak); self && !ec) self->expire(id);
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
  if (multi() == nullptr || !share || !t.easy) return "not sent: libcurl is not usable";
  if (t.prepare(*base, options, share.get()) && curl_multi_add_handle(multi(), t.easy.get()) == CURLM_OK) {
    ++started;
    ++fresh;
    return "";
  }
  t.easy.reset();
  return "not sent: libcurl refused it";
}

void HttpClient::Impl::fail_later(Id id, std::string why) {
  asio::post(io(), [weak = weak_from_this(), id, why = std::move(why)] {
    const auto self = alive(weak);
    if (!self) return;
    wire::HttpResponse response;
    response.error = why;
    response.never_left = true;
    self->end(id, std::move(response));
  });
}

void HttpClient::Impl::expire(Id id) {
  const auto found = transfers.find(id);
  if (found == transfers.end()) return;
  end(id, found->second->result(CURLE_OPERATION_TIMEDOUT));
}

// Takes the request out, its handle back from libcurl, and hands its callback out.
HttpClient::Done HttpClient::Impl::take_done(Id id) {
  const auto found = transfers.find(id);
  if (found == transfers.end()) return {};
  const std::unique_ptr<Transfer> t = std::move(found->second);
  transfers.erase(found);
  if (t->easy) {
    curl_multi_remove_handle(multi(), t->easy.get());  // one that is not finished loses its connection
    --started;
    curl_easy_reset(t->easy.get());
    spare.push_back(std::move(t->easy));
  }
  return std::move(t->done);
}

void HttpClient::Impl::end(Id id, wire::HttpResponse response) {
  const auto me = self();
  const Done done = take_done(id);
  start_waiting();
  if (done) done(std::move(response));
}

void HttpClient::Impl::before_action(curl_socket_t fd) {
  if (fresh > 0) sockets.retire_readable([this](int own) { return is_waited_for(own); });
  if (fd == CURL_SOCKET_TIMEOUT) fresh = 0;
}

// Brings the results home. The callbacks come last: they may send, or destroy the client.
void HttpClient::Impl::ended(const std::vector<std::pair<CURL*, CURLcode>>& handles) {
  std::vector<std::pair<Done, wire::HttpResponse>> results;
  for (const auto& [easy, code] : handles) {
    Transfer* t = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    if (t == nullptr) continue;
    wire::HttpResponse response = t->result(code);
    results.emplace_back(take_done(t->id), std::move(response));
  }
  start_waiting();
  for (auto& [done, response] : results) {
    if (is_closed()) return;
    if (done) done(std::move(response));
  }
}

void HttpClient::Impl::keep_lines(std::size_t count) {
  if (!base || !share) return;
  if (!lines) lines = std::make_shared<HttpLines>(io(), options, *base, share.get());
  lines->keep(count);
}

bool HttpClient::Impl::send_at_once(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done& done, std::size_t leave) {
  return lines && Transfer::refusal(request).empty() && lines->send(request, deadline, done, leave);
}

void HttpClient::Impl::end_all() {
  if (lines) lines->close();
  for (auto& [id, t] : transfers) {
    if (t->easy) curl_multi_remove_handle(multi(), t->easy.get());
  }
  transfers.clear();
  shut_down();  // closes the kept connections
  spare.clear();
  share.reset();
}

HttpClient::HttpClient(Loop& loop, HttpOptions options) : impl_(std::make_shared<Impl>(loop.impl().io, std::move(options))) {}
HttpClient::~HttpClient() { impl_->end_all(); }

void HttpClient::send(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done done) { impl_->send(request, deadline, std::move(done)); }

void HttpClient::send_at_once(const wire::HttpRequest& request, std::chrono::milliseconds deadline, Done done, std::size_t leave) {
  if (!impl_->send_at_once(request, deadline, done, leave)) impl_->send(request, deadline, std::move(done));
}

void HttpClient::keep_lines(std::size_t count) { impl_->keep_lines(count); }

std::size_t HttpClient::free_lines() const { return impl_->lines ? impl_->lines->free() : 0; }

std::size_t HttpClient::in_flight() const { return impl_->transfers.size() + (impl_->lines ? impl_->lines->in_flight() : 0); }

}  // namespace dn::net
