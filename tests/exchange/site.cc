#include "site.h"

#include <fmt/format.h>

#include <algorithm>

#include "digest.h"

namespace dn::exchange {

RateLimits::Standing RateLimits::take(const std::string& what, std::int64_t limit, Dur window, Time now, std::int64_t weight) {
  Window& w = windows_[what];
  while (!w.hits.empty() && w.hits.front().first + window <= now) {
    w.sum -= w.hits.front().second;
    w.hits.pop_front();
  }
  Standing s;
  s.limit = limit;
  s.good = w.sum + weight <= limit;
  if (s.good) {
    w.sum += weight;
    w.hits.emplace_back(now, weight);
  }
  s.remain = std::max<std::int64_t>(0, limit - w.sum);
  s.until_free = w.hits.empty() ? Dur{} : w.hits.front().first + window - now;
  return s;
}

Site::Site(asio::io_context& i, std::uint64_t seed, Settings settings) : io(i), exchange(seed, std::move(settings)) {
  const std::string base = fmt::format("dn-exchange {} ", seed);
  mexc = {"mx0v" + sha512(base + "mexc key").substr(0, 14), sha512(base + "mexc secret").substr(0, 32), std::to_string(209'302'000 + seed % 1000)};
  gate = {sha512(base + "gate key").substr(0, 32), sha512(base + "gate secret").substr(0, 64), std::to_string(12'870'000 + seed % 1000)};
  const Settings& given = exchange.settings();
  if (!given.mexc_key.empty()) mexc.key = given.mexc_key;
  if (!given.mexc_secret.empty()) mexc.secret = given.mexc_secret;
  if (!given.gate_key.empty()) gate.key = given.gate_key;
  if (!given.gate_secret.empty()) gate.secret = given.gate_secret;
}

RateLimits::Standing Site::limit(const std::string& what, std::int64_t most, Dur window, std::int64_t weight) {
  const Decimal scaled = (Decimal(most) * exchange.settings().rate_scale).rounded(0, Rounding::Down);
  const RateLimits::Standing s = limits.take(what, whole_from(scaled.str()).value_or(most), window, exchange.now(), weight);
  if (!s.good) exchange.count("rate_limit_breaches");
  return s;
}

void Site::after(Dur wait, std::function<void()> what) {
  if (wait.us <= 0) {
    what();
    return;
  }
  const auto timer = std::make_shared<asio::steady_timer>(io, std::chrono::microseconds(wait.us));
  timer->async_wait([timer, what = std::move(what)](const asio::error_code& error) {
    if (!error) what();
  });
}

std::vector<std::shared_ptr<Stream>> Site::live(std::optional<Venue> venue) {
  std::vector<std::shared_ptr<Stream>> out;
  streams.erase(std::remove_if(streams.begin(), streams.end(), [](const auto& s) { return s.expired(); }), streams.end());
  for (const auto& weak : streams) {
    auto stream = weak.lock();
    if (stream && stream->is_open() && (!venue || stream->venue() == *venue)) out.push_back(std::move(stream));
  }
  return out;
}

// ---- streams

void Site::mark(std::string what, Venue venue, std::string detail) {
  constexpr std::size_t kMost = 10'000;
  marks.push_back({exchange.now(), std::move(what), venue, std::move(detail)});
  if (marks.size() > kMost) marks.pop_front();
}

void Stream::opened(const std::shared_ptr<Connection>& connection) {
  connection_ = connection;
  site_.streams.push_back(weak_from_this());
  started();
}

void Stream::say(std::string_view text) {
  if (connection_) connection_->send_text(text);
}

void Stream::push(WsMessage::Kind kind, std::string payload, bool is_private) {
  if (!connection_) return;
  Due due{std::chrono::steady_clock::now() + std::chrono::milliseconds(site_.exchange.settings().push_delay_ms), kind, std::move(payload)};
  const auto fault = site_.faults.for_push(venue_, is_private);
  if (!fault) {
    enqueue(std::move(due));
  } else if (fault->fault == "duplicate") {
    enqueue(due);
    enqueue(std::move(due));
  } else if (fault->fault == "reorder") {
    if (held_) enqueue(*std::exchange(held_, std::nullopt));
    held_ = std::move(due);
    return;
  } else if (fault->fault == "garbage") {
    due.payload = kind == WsMessage::Kind::Text ? "<<garbage>>" : std::string("\xff\xff\xff garbage");
    enqueue(std::move(due));
  } else if (fault->fault == "truncate") {
    due.payload.resize(due.payload.size() / 2);
    enqueue(std::move(due));
  } else if (fault->fault == "slow") {
    due.at += std::chrono::milliseconds(fault->ms);
    enqueue(std::move(due));
  }  // drop_private: it never was
  if (held_ && !queue_.empty()) enqueue(*std::exchange(held_, std::nullopt));
}

// In order of time; what is slow is overtaken.
void Stream::enqueue(Due due) {
  const auto at = due.at;
  const auto later = std::upper_bound(queue_.begin(), queue_.end(), at, [](auto t, const Due& other) { return t < other.at; });
  queue_.insert(later, std::move(due));
  if (at <= std::chrono::steady_clock::now()) {
    deliver();
    return;
  }
  const auto timer = std::make_shared<asio::steady_timer>(site_.io, at);
  timer->async_wait([self = shared_from_this(), timer](const asio::error_code&) { self->deliver(); });
}

void Stream::deliver() {
  while (connection_ && !queue_.empty() && queue_.front().at <= std::chrono::steady_clock::now()) {
    const Due due = std::move(queue_.front());
    queue_.pop_front();
    connection_->send_frame(due.kind, due.payload);
  }
  if (!connection_) queue_.clear();
}

}  // namespace dn::exchange
