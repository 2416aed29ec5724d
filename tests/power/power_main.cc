// dn-power: simulated lives on a disk that loses what was not synced. See scripts/power.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "power_life.h"

namespace {

using dn::power::live_through;
using dn::power::PowerPlan;
using dn::power::PowerResult;

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t lives = 100;
  bool story = false;
  std::uint64_t cut_at = 0;  // of a story: one more than PowerPlan's
  dn::power::Planted planted = dn::power::Planted::None;
  std::uint64_t every = 0;  // of the lives so many are cut at every commit, each time lived anew
};

bool read_arguments(int argc, char** argv, Arguments* a) {
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 >= argc) return false;
    char* end = nullptr;
    const std::uint64_t n = std::strtoull(argv[i + 1], &end, 10);
    if (argv[i + 1][0] < '0' || argv[i + 1][0] > '9' || *end != '\0') return false;
    const std::string flag = argv[i];
    if (flag == "--first-seed") {
      a->first = n;
    } else if (flag == "--seed") {
      a->story = true;
      a->first = n;
    } else if (flag == "--cut") {
      a->cut_at = n + 1;
    } else if (flag == "--lives") {
      a->lives = n;
    } else if (flag == "--planted" && n <= 3) {
      a->planted = static_cast<dn::power::Planted>(n);
    } else if (flag == "--every-commit") {
      a->every = n;
    } else {
      return false;
    }
  }
  return true;
}

struct Sums {
  std::uint64_t lives = 0;
  PowerResult all;

  // False when a promise is broken.
  bool live(const PowerPlan& plan) {
    const PowerResult r = live_through(plan);
    ++lives;
    all.commits += r.commits;
    all.cuts += r.cuts;
    all.cuts_that_took += r.cuts_that_took;
    all.rows_lost += r.rows_lost;
    all.orders_adopted += r.orders_adopted;
    all.sectors_lost += r.sectors_lost;
    all.sectors_kept += r.sectors_kept;
    if (!r.broken) return true;
    std::printf("BROKEN in seed %llu", static_cast<unsigned long long>(plan.life.seed));
    if (plan.cut_at) std::printf(", cut %llu", static_cast<unsigned long long>(*plan.cut_at));
    std::printf(": %s\n", r.broken->c_str());
    return false;
  }

  bool live_cut_at_every_commit(PowerPlan plan) {
    plan.anywhere = false;
    const std::uint64_t commits = live_through(plan).commits;
    for (std::uint64_t n = 0; n < 2 * commits; ++n) {
      plan.cut_at = n;
      if (!live(plan)) return false;
    }
    return true;
  }

  void print() const {
    const auto n = [](std::uint64_t x) { return static_cast<unsigned long long>(x); };
    std::printf(
        "%llu lives, %llu commits, %llu cuts: %llu of them took rows, %llu orders and fills in all; %llu orders taken over; sectors lost %llu, kept %llu\n",
        n(lives), n(all.commits), n(all.cuts), n(all.cuts_that_took), n(all.rows_lost), n(all.orders_adopted), n(all.sectors_lost), n(all.sectors_kept));
  }
};

bool run(const Arguments& a, Sums& sums) {
  for (std::uint64_t seed = a.first; seed < a.first + a.lives; ++seed) {
    PowerPlan plan = dn::power::plan_power(seed);
    plan.planted = a.planted;
    if (!sums.live(plan)) return false;
    if (seed - a.first < a.every && !sums.live_cut_at_every_commit(plan)) return false;
  }
  return true;
}

int tell_one(const Arguments& a) {
  PowerPlan plan = dn::power::plan_power(a.first);
  plan.planted = a.planted;
  plan.tell = [](const std::string& line) { std::printf("%s\n", line.c_str()); };
  plan.anywhere = a.cut_at == 0;
  if (a.cut_at > 0) plan.cut_at = a.cut_at - 1;
  std::printf("%s\n", dn::sim::describe(plan.life).c_str());
  Sums sums;
  return sums.live(plan) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (!read_arguments(argc, argv, &a)) {
    std::fputs(
        "usage: dn-power --lives N [--first-seed M] [--every-commit K] | --seed N [--cut C]   see scripts/power\n"
        "options: --planted N   plant fault N of power_life.h\n",
        stderr);
    return 64;
  }
  if (a.story) return tell_one(a);
  Sums sums;
  const bool fine = run(a, sums);
  sums.print();
  return fine ? 0 : 1;
}
