#include "app/alert_mail.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "app/side_thread.h"
#include "app/wall_clock.h"

namespace dn::app {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks(100);  // at the database
constexpr Dur kBetweenOpens = Dur::seconds(1);
constexpr int kPostTries = 3;
constexpr int kMostPagesAtEnd = 40;  // what is beyond is told as "at least"

AlertBounds bounds(const AlertOptions& options) {
  AlertBounds b;
  b.interval = options.interval;
  return b;
}

}  // namespace

AlertMail::AlertMail(std::unique_ptr<AlertSink> sink, const AlertOptions& options, std::string db)
    : sink_(std::move(sink)), options_(options), db_(std::move(db)), throttle_(bounds(options)) {}

AlertMail::~AlertMail() { end(); }

void AlertMail::watch(AlertBox box) {
  {
    const std::lock_guard lock(mutex_);
    arriving_.push_back(std::move(box));
    draining_ = false;
    drained_ = false;
  }
  start();
}

void AlertMail::drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  changed_.notify_one();
}

void AlertMail::post(std::string json) {
  {
    const std::lock_guard lock(mutex_);
    post_ = std::move(json);
    posted_ = false;
    changed_.notify_one();
  }
  start();
}

bool AlertMail::idle() const {
  const std::lock_guard lock(mutex_);
  return drained_ && !post_;
}

bool AlertMail::posted() const {
  const std::lock_guard lock(mutex_);
  return posted_;
}

std::vector<std::string> AlertMail::take_notes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notes_, {});
}

std::vector<std::string> AlertMail::take_troubles() {
  const std::lock_guard lock(mutex_);
  return std::exchange(troubles_, {});
}

void AlertMail::start() {
  if (thread_.joinable()) return;
  stop_ = std::make_unique<StopSignal>();
  thread_ = side_thread([this] { run(); });
}

void AlertMail::end() {
  if (!thread_.joinable()) return;
  stop_->raise();
  {
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
  }
  thread_.join();
  std::int64_t left = 0;
  bool all_read = true;
  for (AlertBox& box : arriving_) boxes_.push_back(std::move(box));
  for (AlertBox& box : boxes_) {
    // What was written while a delivery kept the thread is counted as well.
    for (int pages = 0; store_ && pages < kMostPagesAtEnd && !box.read(*store_, throttle_, options_.level, wall_clock(), notes_); ++pages) {
    }
    box.save(wall_clock(), true, notes_);
    left += box.waiting();
    all_read = all_read && box.all_read();
  }
  if (left > 0) {
    troubles_.push_back(
        fmt::format("alerts not delivered by {} yet: {}{}; the next run of the task tries again", receiver(), all_read ? "" : "at least ", left));
  }
  arriving_.clear();
  boxes_.clear();
  store_.reset();
  post_.reset();
  drained_ = true;
}

void AlertMail::note(std::string text) {
  const std::lock_guard lock(mutex_);
  notes_.push_back(std::move(text));
}

// Once until a delivery succeeds: a receiver that is away must not fill the log.
void AlertMail::note_failure(const std::string& why) {
  if (!std::exchange(failing_, true)) note(fmt::format("an alert is not delivered: {} {}; it is tried again", receiver(), why));
}

void AlertMail::run() {
  stand_behind();
  std::unique_lock lock(mutex_);
  while (!stop_->raised()) {
    for (AlertBox& box : arriving_) boxes_.push_back(std::move(box));
    arriving_.clear();
    const bool ending = draining_;
    lock.unlock();
    const bool more = work(ending);
    lock.lock();
    if (more) continue;
    if (ending && arriving_.empty()) {
      drained_ = true;
      changed_.wait(lock, [&] { return stop_->raised() || !draining_ || post_; });
    } else {
      changed_.wait_for(lock, kBetweenLooks);
    }
  }
}

Store* AlertMail::store() {
  if (store_ || wall_clock() < next_open_) return store_.get();
  auto opened = Store::open(db_, Store::Mode::ReadOnly);
  if (opened) {
    store_ = std::move(*opened);
  } else {
    if (next_open_ == Time{}) note(fmt::format("alerts cannot be read: {}", opened.error().message));
    next_open_ = wall_clock() + kBetweenOpens;
  }
  return store_.get();
}

bool AlertMail::work(bool ending) {
  if (deliver_post()) return true;
  if (boxes_.empty()) return false;
  Store* const from = store();
  if (from == nullptr) return false;
  bool all_read = true;
  std::vector<std::string> said;
  for (AlertBox& box : boxes_) {
    const bool end_of_box = box.read(*from, throttle_, options_.level, wall_clock(), said);
    all_read = all_read && end_of_box;
    box.close_windows(throttle_, wall_clock(), ending && end_of_box);
    box.save(wall_clock(), false, said);
  }
  for (std::string& s : said) note(std::move(s));
  return deliver_next(ending && all_read) || !all_read;
}

// True when a delivery was tried.
bool AlertMail::deliver_next(bool ending) {
  for (AlertBox& box : boxes_) {
    const auto due = box.due(wall_clock(), ending);
    if (!due) continue;
    const auto json = box.text(*store_, *due);
    std::vector<std::string> said;
    if (!json) {
      box.drop(*due);
      said.push_back(fmt::format("task {}: an alert is lost: its event is not in the database any more", box.task()));
    } else if (const std::string why = sink_->deliver(*json, *stop_); why.empty()) {
      box.delivered(*due);
      failing_ = false;
    } else {
      note_failure(why);
      if (box.failed(throttle_, *due, wall_clock(), ending)) {
        said.push_back(fmt::format("task {}: an alert could not be delivered: {} {}; it becomes part of a later sum: dn-status events {}", box.task(),
                                   receiver(), why, box.task()));
      }
    }
    box.save(wall_clock(), true, said);  // at once: whoever is killed now must not deliver it twice
    for (std::string& s : said) note(std::move(s));
    return true;
  }
  return false;
}

bool AlertMail::deliver_post() {
  std::optional<std::string> text;
  {
    const std::lock_guard lock(mutex_);
    text = post_;
  }
  if (!text) return false;
  std::string why;
  for (int i = 0; i < kPostTries && !stop_->raised(); ++i) {
    why = sink_->deliver(*text, *stop_);
    if (why.empty()) break;
  }
  if (!why.empty()) note(fmt::format("the alert of this error could not be delivered: {} {}", receiver(), why));
  const std::lock_guard lock(mutex_);
  posted_ = why.empty();
  post_.reset();
  return true;
}

}  // namespace dn::app
