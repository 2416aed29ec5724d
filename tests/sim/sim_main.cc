// dn-sim: replays simulated lives. See scripts/sim.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/planted.h"
#include "sim/life.h"

namespace {

struct Arguments {
  std::uint64_t first_seed = 1;
  std::uint64_t count = 0;  // 0: one life, as a story
  int bug = 0;
  unsigned jobs = 2;
};

int usage() {
  std::fputs(
      "usage: dn-sim --seed N                    one simulated life, told as a story\n"
      "       dn-sim --first-seed N --count M    M lives; stops at the first broken promise and prints its seed\n"
      "options: --jobs N   threads (default 2)\n"
      "         --bug N    plant bug N (only in the build with planted bugs)\n",
      stderr);
  return 64;
}

bool number(const char* text, std::uint64_t* out) {
  char* end = nullptr;
  *out = std::strtoull(text, &end, 10);
  return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

bool read_arguments(int argc, char** argv, Arguments* a) {
  for (int i = 1; i < argc; i += 2) {
    std::uint64_t n = 0;
    if (i + 1 >= argc || !number(argv[i + 1], &n)) return false;
    const std::string flag = argv[i];
    if (flag == "--seed" || flag == "--first-seed") {
      a->first_seed = n;
    } else if (flag == "--count") {
      a->count = n;
    } else if (flag == "--jobs" && n >= 1 && n <= 256) {
      a->jobs = static_cast<unsigned>(n);
    } else if (flag == "--bug" && n < dn::kBugCount) {
      a->bug = static_cast<int>(n);
    } else {
      return false;
    }
  }
  return true;
}

int tell_one(std::uint64_t seed) {
  const dn::sim::LifePlan plan = dn::sim::plan_life(seed);
  std::printf("%s\n", dn::sim::describe(plan).c_str());
  dn::sim::LifeOptions options;
  options.tell = [](const std::string& line) { std::printf("%s\n", line.c_str()); };
  const dn::sim::LifeResult r = dn::sim::run_life(plan, options);
  const auto& t = r.end.task;
  std::printf("steps %lld, runs %lld, crashes %lld, faults %lld; verdict '%s', mode %s, bought %s, sold %s\n", static_cast<long long>(r.steps),
              static_cast<long long>(r.runs), static_cast<long long>(r.crashes), static_cast<long long>(r.faults), std::string(dn::name(t.verdict)).c_str(),
              std::string(dn::name(t.mode)).c_str(), t.leg.buy.net.str().c_str(), t.leg.sell.net.str().c_str());
  if (!r.violation) return 0;
  std::printf("BROKEN: %s\n", r.violation->c_str());
  return 1;
}

struct Sums {
  std::atomic<std::uint64_t> lives{0}, completed{0}, cancelled{0}, halted{0}, crashes{0}, faults{0}, steps{0};
};

int run_many(const Arguments& a) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> broken{false};
  std::mutex print;
  std::uint64_t broken_seed = UINT64_MAX;
  std::string broken_what;
  Sums sums;
  const auto work = [&] {
    for (std::uint64_t i = next++; i < a.count && !broken; i = next++) {
      const std::uint64_t seed = a.first_seed + i;
      const dn::sim::LifeResult r = dn::sim::run_life(dn::sim::plan_life(seed));
      ++sums.lives;
      sums.crashes += static_cast<std::uint64_t>(r.crashes);
      sums.faults += static_cast<std::uint64_t>(r.faults);
      sums.steps += static_cast<std::uint64_t>(r.steps);
      ++(r.end.task.verdict == dn::Verdict::Completed ? sums.completed : r.end.task.verdict == dn::Verdict::Cancelled ? sums.cancelled : sums.halted);
      if (!r.violation) continue;
      const std::lock_guard lock(print);
      broken = true;
      if (seed < broken_seed) {
        broken_seed = seed;
        broken_what = *r.violation;
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned j = 0; j < a.jobs; ++j) threads.emplace_back(work);
  for (std::thread& t : threads) t.join();
  const auto n = [](const std::atomic<std::uint64_t>& x) { return static_cast<unsigned long long>(x.load()); };
  std::printf("%llu lives: %llu completed, %llu cancelled, %llu halted; %llu crashes, %llu faults, %llu steps\n", n(sums.lives), n(sums.completed),
              n(sums.cancelled), n(sums.halted), n(sums.crashes), n(sums.faults), n(sums.steps));
  if (!broken) return 0;
  std::printf("BROKEN in seed %llu: %s\n  scripts/sim --seed %llu tells its story\n", static_cast<unsigned long long>(broken_seed), broken_what.c_str(),
              static_cast<unsigned long long>(broken_seed));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (argc < 2 || !read_arguments(argc, argv, &a)) return usage();
  if (a.bug != 0) {
#ifdef DN_PLANTED_BUGS
    dn::planted_bug = static_cast<dn::Bug>(a.bug);
#else
    std::fputs("dn-sim: this build has no planted bugs; use dn-sim-planted\n", stderr);
    return 64;
#endif
  }
  return a.count == 0 ? tell_one(a.first_seed) : run_many(a);
}
