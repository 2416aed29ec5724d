#include "app/signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <ctime>

#include "base/check.h"

namespace dn::app {

SignalReader::SignalReader() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, s);
  sigprocmask(SIG_BLOCK, &set, &before_);
  fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  DN_CHECK(fd_ >= 0, "signalfd");
}

SignalReader::~SignalReader() {
  wait(0);
  close(fd_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::vector<int> SignalReader::wait(std::int64_t micros) {
  pollfd p{fd_, POLLIN, 0};
  const timespec timeout{micros / 1'000'000, (micros % 1'000'000) * 1000};
  std::vector<int> out;
  if (ppoll(&p, 1, &timeout, nullptr) <= 0) return out;
  signalfd_siginfo info{};
  while (read(fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) out.push_back(static_cast<int>(info.ssi_signo));
  return out;
}

}  // namespace dn::app
