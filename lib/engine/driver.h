// What moves a task's engine through time, and who is told of it. The engine decides; a driver brings it the events of a
// simulated or a real world, makes its journal durable and carries its sends out.
#pragma once

#include "engine/task.h"

namespace dn {

// Told what happens, in the order in which it happens. All calls are made during the driver's start, step and inject.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void heard(Time /*now*/, const Event& /*event*/) {}
  // The engine answered; nothing is durable or sent yet.
  virtual void after_handle(Time /*now*/, const TaskEngine& /*engine*/, const Commands& /*commands*/) {}
  // The intents of `commands` are durable by themselves (model/intents.h); they will be sent now and committed later.
  virtual void promised(Time /*now*/, const TaskEngine& /*engine*/, const Commands& /*commands*/) {}
  // The journal of `commands` is durable: of one step or of several in a row. The sends of its steps have left, or will now.
  virtual void committed(Time /*now*/, const TaskEngine& /*engine*/, const Commands& /*commands*/) {}
  virtual void sending(Time /*now*/, const Send& /*send*/) {}
  // All sends of the step are carried out.
  virtual void sent(Time /*now*/) {}
};

class TaskDriver {
 public:
  virtual ~TaskDriver() = default;
  // The engine's first step; see TaskEngine::start.
  virtual Expected<void, JournalError> start(Time now, const std::vector<Event>& known) = 0;
  // When the next step is due; never() when the engine has finished.
  virtual Time next_time() const = 0;
  // Carries out what is due at next_time().
  virtual Expected<void, JournalError> step() = 0;
  // An event from outside the world (a person, a signal, the end of the budget), as of `now`.
  virtual Expected<void, JournalError> inject(const Event& event, Time now) = 0;
  // All that the engine has decided is durable when it returns (engine/bookkeeper.h): for whoever is about to write that it was done.
  virtual Expected<void, JournalError> settle() = 0;
  virtual bool finished() const = 0;
  // Nothing can be journaled any more: asks for the cancel of whatever may rest, which needs no promise beforehand. Its answers are not heard;
  // the next run proves what came of it.
  virtual void withdraw() {}
  // A rehearsal drew a crash: the process would be dead now; nothing more must be called.
  virtual bool crashed() const { return false; }
  virtual Time now() const = 0;
};

}  // namespace dn
