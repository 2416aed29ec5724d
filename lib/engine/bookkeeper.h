// What of a run's steps becomes durable when: between the engine and the journal, the same for every driver.
//
// The journal of a killed run must know every order that may have left, and nothing more than that: fills, acknowledgements and ends are asked for
// at the next start, whatever was booked of them. So where the journal promises intents by themselves (Journal::promises), the other rows wait for
// each other and go into one commit, a twentieth of a second later, and a price finds nobody at work on the disk. Everything is committed at once
// when a step sends an order that was not promised, when the task's mode changes, and when the run ends; see `may_wait`.
//
// Ownership: engine, journal and observer outlive it. Thread rule: the driver's thread. Dropped with a crash: what waits is gone, as with the process.
#pragma once

#include "engine/driver.h"

namespace dn {

class Bookkeeper {
 public:
  Bookkeeper(const TaskEngine& engine, Journal& journal, RunObserver& observer) : engine_(engine), journal_(journal), observer_(observer) {}

  // Makes durable what the sends of the step need; a value: they may leave. After an error nothing is sent.
  Expected<void, JournalError> before_sends(Time now, const Commands& step);
  // They have left: makes room for the next promises.
  Expected<void, JournalError> after_sends(Time now);

  // When `commit` is due; never(): nothing waits.
  Time due() const { return due_; }
  Expected<void, JournalError> commit(Time now);

 private:
  bool may_wait(const JournalBatch& batch) const;

  const TaskEngine& engine_;
  Journal& journal_;
  RunObserver& observer_;
  Commands waiting_;  // without sends
  std::size_t promised_ = 0;
  Time due_ = Time::never();
  TaskMode mode_ = TaskMode::Active;  // as last committed
};

}  // namespace dn
