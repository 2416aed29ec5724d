// The thread that brings alerts to one receiver. It reads the database on a connection of its own and is asked for nothing while a run
// trades, so a receiver that hangs or fails is its trouble alone.
//
// Ownership: the mail owns its receiver, its thread and the boxes of the tasks. Thread rule: all functions are for the run's thread; none
// but `end` and the destructor waits, and these for what cannot be stopped at once only (a lookup of a name, a write to the disk).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/alert_box.h"
#include "app/alert_options.h"
#include "app/alert_sink.h"
#include "store/store.h"

namespace dn::app {

class AlertMail {
 public:
  AlertMail(std::unique_ptr<AlertSink> sink, const AlertOptions& options, std::string db);
  ~AlertMail();
  AlertMail(const AlertMail&) = delete;
  AlertMail& operator=(const AlertMail&) = delete;

  // The task's alerts are delivered from now on. Its lock is held until `end`.
  void watch(AlertBox box);
  // No event comes any more: what is left is tried once, sums included.
  void drain();
  // A text that is in no table, tried a few times. One at a time.
  void post(std::string json);
  bool idle() const;    // drained, and nothing posted is under way
  bool posted() const;  // the text was delivered
  // Stops the thread; a delivery that is under way fails. What is left stays in the files.
  void end();

  std::string receiver() const { return sink_->name(); }
  AlertSink& sink() { return *sink_; }
  // What a person should know, once.
  std::vector<std::string> take_notes();
  std::vector<std::string> take_troubles();  // also a person who wants nothing but trouble

 private:
  void start();
  void run();
  bool work(bool ending);  // false: there is nothing to do for a while
  bool deliver_next(bool ending);
  bool deliver_post();
  Store* store();
  void note(std::string text);
  void note_failure(const std::string& why);

  std::unique_ptr<AlertSink> sink_;
  AlertOptions options_;
  std::string db_;
  std::unique_ptr<StopSignal> stop_;

  mutable std::mutex mutex_;  // of the next group
  std::condition_variable changed_;
  std::vector<AlertBox> arriving_;
  std::vector<std::string> notes_;
  std::vector<std::string> troubles_;
  std::optional<std::string> post_;
  bool posted_ = false;
  bool draining_ = false;
  bool drained_ = true;

  // The thread's own while it runs.
  std::unique_ptr<Store> store_;
  std::vector<AlertBox> boxes_;
  AlertThrottle throttle_;
  Time next_open_;        // of the database, when it could not be opened
  bool failing_ = false;  // the last delivery failed, and that was said

  std::thread thread_;
};

}  // namespace dn::app
