#include "net/multi_loop.h"

#include <asio/post.hpp>

namespace dn::net {

void init_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)code;  // without it the handles are null, and each request says so
}

MultiLoop::MultiLoop(asio::io_context& io, std::size_t most_kept) : io_(io), timer_(io) {
  init_curl();
  multi_.reset(curl_multi_init());
  if (!multi_) return;
  curl_multi_setopt(multi(), CURLMOPT_MAXCONNECTS, static_cast<CurlLong>(most_kept));
  curl_multi_setopt(multi(), CURLMOPT_SOCKETFUNCTION, &MultiLoop::on_socket);
  curl_multi_setopt(multi(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi(), CURLMOPT_TIMERFUNCTION, &MultiLoop::on_timer);
  curl_multi_setopt(multi(), CURLMOPT_TIMERDATA, this);
}

void MultiLoop::shut_down() {
  closed_ = true;
  watches_.clear();
  multi_.reset();
}

// Tells libcurl what happened, and its user what is done.
void MultiLoop::act(curl_socket_t fd, int events) {
  if (closed_) return;
  const auto self = shared_from_this();
  before_action(fd);
  int running = 0;
  curl_multi_socket_action(multi(), fd, events, &running);
  std::vector<std::pair<CURL*, CURLcode>> done;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi(), &left)) {
    if (message->msg == CURLMSG_DONE) done.emplace_back(message->easy_handle, message->data.result);
  }
  if (!done.empty()) ended(done);
}

int MultiLoop::on_timer(CURLM*, CurlLong timeout_ms, void* data) noexcept {
  auto& self = *static_cast<MultiLoop*>(data);
  if (self.closed_) return 0;
  try {
    self.timer_.cancel();
    const auto latest = ++self.timers_set_;
    if (timeout_ms < 0) return 0;
    if (timeout_ms == 0) {  // by the loop's next turn, not by a timer of the kernel's, which costs several times as much
      asio::post(self.io_, [weak = self.weak_from_this(), latest] {
        if (const auto loop = weak.lock(); loop && loop->timers_set_ == latest) loop->act(CURL_SOCKET_TIMEOUT, 0);
      });
      return 0;
    }
    self.timer_.expires_after(std::chrono::milliseconds(timeout_ms));
    self.timer_.async_wait([weak = self.weak_from_this()](const asio::error_code& ec) {
      if (const auto loop = weak.lock(); loop && !ec) loop->act(CURL_SOCKET_TIMEOUT, 0);
    });
  } catch (...) {
    return -1;
  }
  return 0;
}

int MultiLoop::on_socket(CURL*, curl_socket_t fd, int what, void* data, void*) noexcept {
  auto& self = *static_cast<MultiLoop*>(data);
  try {
    const auto found = self.watches_.find(fd);
    if (what == CURL_POLL_REMOVE) {
      if (found == self.watches_.end()) return 0;
      found->second->stop();
      self.watches_.erase(found);
      return 0;
    }
    if (self.closed_) return 0;
    std::shared_ptr<Watch> watch;
    if (found != self.watches_.end()) {
      watch = found->second;
    } else {
      watch = std::make_shared<Watch>(self.io_, fd);
      asio::error_code ec;
      watch->descriptor.assign(fd, ec);
      if (ec) return -1;
      self.watches_.emplace(fd, watch);
    }
    watch->wanted = what;
    self.wait_for(watch);
  } catch (...) {
    return -1;
  }
  return 0;
}

void MultiLoop::wait_for(const std::shared_ptr<Watch>& watch) {
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

}  // namespace dn::net
