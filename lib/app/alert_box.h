// One task's alerts for one receiver: the events of the database are the queue, a ledger in a file says how far it is delivered.
//
// Whoever opens a box holds the task's lock, and holds it until the box is gone. One thread at a time. Nothing fails: what cannot be read
// or written is said in `notes`, and delivery goes on with what is known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/alert_ledger.h"
#include "model/task_event.h"
#include "store/store.h"

namespace dn::app {

class AlertBox {
 public:
  // Goes on where an earlier run stopped, or begins behind the newest event. `receiver` names who gets the alerts.
  AlertBox(Store& store, std::string task, std::string path, std::string receiver, Time now, std::vector<std::string>& notes);

  // Offers further events; true when there are no more at present.
  bool read(Store& store, AlertThrottle& throttle, AlertLevel least, Time now, std::vector<std::string>& notes);
  void close_windows(AlertThrottle& throttle, Time now, bool ending);
  // The delivery that is due now, oldest first; at the end each is due once.
  std::optional<std::size_t> due(Time now, bool ending) const;
  // What is delivered; nullopt when the event is not in the database any more.
  std::optional<std::string> text(Store& store, std::size_t pending) const;
  void delivered(std::size_t pending);
  // True: it was the last try of its own.
  bool failed(const AlertThrottle& throttle, std::size_t pending, Time now, bool ending);
  // It cannot be told: counted as failed at once.
  void drop(std::size_t pending);

  std::int64_t waiting() const;                // events that nobody has been told of yet
  bool all_read() const { return all_read_; }  // false: there are more in the database
  const std::string& task() const { return task_; }
  // Writes the file, where something changed: soon after a delivery, else once a second.
  void save(Time now, bool at_once, std::vector<std::string>& notes);

 private:
  std::optional<StoredEvent> event(Store& store, std::int64_t id) const;
  std::optional<StoredEvent> newest(Store& store) const;

  std::string task_;
  std::string path_;
  std::vector<std::int64_t> rounds_;  // the task's rows, oldest first
  std::size_t reading_ = 0;           // those before it have been read to their end
  AlertLedger ledger_;
  bool all_read_ = false;
  bool changed_ = false;
  bool unwritable_ = false;  // and said so
  bool unreadable_ = false;  // likewise
  Time saved_;
};

}  // namespace dn::app
