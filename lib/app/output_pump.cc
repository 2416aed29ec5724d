#include "app/output_pump.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "app/side_thread.h"

namespace dn::app {

struct OutputPump::State {
  int fd = -1;
  std::size_t most = 0;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> waiting;
  std::size_t bytes = 0;    // of those that wait
  std::size_t lost = 0;     // texts
  std::size_t written = 0;  // bytes; for whoever waits to see that it goes on
  bool closed = false;      // the reader is gone: nothing is missed
  bool finishing = false;
  bool done = false;
};

namespace {

enum class Wrote : std::uint8_t { All, Closed, Failed };

Wrote write_all(int fd, std::string_view text, const std::function<void(std::size_t)>& tell) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
      tell(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EPIPE) return Wrote::Closed;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return Wrote::Failed;
    pollfd p{fd, POLLOUT, 0};
    (void)poll(&p, 1, -1);
  }
  return Wrote::All;
}

}  // namespace

OutputPump::OutputPump(int fd, std::size_t most) : state_(std::make_shared<State>()) {
  state_->fd = fd;
  state_->most = most;
  side_thread([state = state_] {
    State& s = *state;
    std::unique_lock lock(s.mutex);
    for (;;) {
      s.changed.wait(lock, [&s] { return !s.waiting.empty() || s.finishing; });
      if (s.waiting.empty()) break;
      const std::string text = std::move(s.waiting.front());
      s.waiting.pop_front();
      lock.unlock();
      const Wrote wrote = s.closed ? Wrote::Closed : write_all(s.fd, text, [&s](std::size_t n) {
        const std::lock_guard counted(s.mutex);
        s.written += n;
      });
      lock.lock();
      s.bytes -= text.size();
      s.closed = wrote == Wrote::Closed;
      if (wrote == Wrote::Failed) ++s.lost;
    }
    s.done = true;
    s.changed.notify_all();
  }).detach();
}

void OutputPump::put(std::string_view text) {
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  if (s.bytes + text.size() > s.most) {
    ++s.lost;
    return;
  }
  s.waiting.emplace_back(text);
  s.bytes += text.size();
  s.changed.notify_all();
}

std::size_t OutputPump::lost() const {
  const std::lock_guard lock(state_->mutex);
  return state_->lost;
}

void OutputPump::finish(std::chrono::milliseconds patience) {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  s.finishing = true;
  s.changed.notify_all();
  for (std::size_t before = s.written; !s.changed.wait_for(lock, patience, [&s] { return s.done; }); before = s.written) {
    if (s.written != before) continue;
    s.lost += s.waiting.size() + 1;  // the one that is being written
    s.waiting.clear();
    return;
  }
}

}  // namespace dn::app
