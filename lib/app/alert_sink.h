// Where alerts go: one delivery at a time, on a thread that has nothing else to do.
#pragma once

#include <string>

#include "app/descriptor.h"

namespace dn::app {

// Told to those who wait on a descriptor, once and for good. Raised by one thread, seen by another.
class StopSignal {
 public:
  StopSignal();
  void raise() const;
  bool raised() const;
  int fd() const { return fd_.get(); }  // readable when raised

 private:
  Descriptor fd_;
};

class AlertSink {
 public:
  static constexpr int kMostMillis = 10'000;  // that one delivery may take

  virtual ~AlertSink() = default;
  // For a person, without what may be secret: "the command notify-send", "the webhook https://host".
  virtual std::string name() const = 0;
  // Why nothing can be delivered, known before anything is; "" when it is not known.
  virtual std::string unusable() const { return ""; }
  // "" when it was delivered; why not otherwise. Ends early when stopped. Within kMostMillis.
  virtual std::string deliver(const std::string& json, const StopSignal& stop) = 0;
};

}  // namespace dn::app
