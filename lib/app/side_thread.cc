#include "app/side_thread.h"

#include <sys/resource.h>

#include <csignal>
#include <utility>

namespace dn::app {

std::thread side_thread(std::function<void()> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread made(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return made;
}

void stand_behind() {
  constexpr int kNice = 10;
  (void)::setpriority(PRIO_PROCESS, 0, kNice);  // Linux: 0 is the calling thread
}

}  // namespace dn::app
