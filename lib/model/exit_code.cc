#include "model/exit_code.h"

#include <array>

namespace dn {
namespace {

// Ordered from the most to the least severe: when several tasks end differently, the first row that any of them has wins.
constexpr std::array kCodes{
    ExitCodeInfo{ExitCode::Contradiction, "a venue contradicts the books", "look at dn-status events, then dn-recover"},
    ExitCodeInfo{ExitCode::UnknownOrder, "an order's fate is unknown", "run dn-recover --apply, or the same command again"},
    ExitCodeInfo{ExitCode::Imbalanced, "the sides are not equal and could not be made so", "run dn-rebalance, or flatten by hand"},
    ExitCodeInfo{ExitCode::Halted, "the task is halted", "read the reason (dn-status show NAME), then dn-recover resume --task NAME --yes"},
    ExitCodeInfo{ExitCode::Refused, "a limit refused to go on",
                 "read the limit (dn-status events NAME), change it or the task; what halted goes on by dn-recover resume --task NAME --yes"},
    ExitCodeInfo{ExitCode::RebalancedPartly, "a rebalance filled only partly", "run dn-rebalance again"},
    ExitCodeInfo{ExitCode::Internal, "a fault of the program", "report it; the state is saved, run dn-recover"},
    ExitCodeInfo{ExitCode::Io, "the disk or the database failed", "free space or mend the disk, then run the same command again"},
    ExitCodeInfo{ExitCode::Permission, "a key or a permission is missing", "check the credentials file and the key's rights"},
    ExitCodeInfo{ExitCode::Config, "a configuration or task file is wrong", "mend the line that the message names"},
    ExitCodeInfo{ExitCode::BadData, "a data file or the database is not what it should be", "check the file that the message names"},
    ExitCodeInfo{ExitCode::NotFound, "no such task or file", "check the name; dn-status lists the tasks"},
    ExitCodeInfo{ExitCode::Usage, "the command line is wrong", "see --help"},
    ExitCodeInfo{ExitCode::VenueDown, "a venue cannot be reached", "run the same command again later"},
    ExitCodeInfo{ExitCode::Terminated, "ended by SIGTERM after saving", "run the same command again to go on"},
    ExitCodeInfo{ExitCode::Interrupted, "ended by SIGINT after saving", "run the same command again to go on"},
    ExitCodeInfo{ExitCode::Temporary, "a temporary fault", "run the same command again"},
    ExitCodeInfo{ExitCode::Locked, "another process holds the task", "nothing: it is being worked on"},
    ExitCodeInfo{ExitCode::BudgetUsed, "the budget is used, the state saved, the sides balanced", "run the same command again to go on"},
    ExitCodeInfo{ExitCode::Waiting, "waiting: paused, or the market offers nothing worth doing", "run the same command again later, or resume the task"},
    ExitCodeInfo{ExitCode::Ok, "done, or nothing to do", "nothing"},
};

std::size_t row(ExitCode c) {
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    if (kCodes[i].code == c) return i;
  }
  return row(ExitCode::Internal);  // a number that is no code, as a damaged database may hold: never taken for success
}

}  // namespace

const ExitCodeInfo& info(ExitCode c) { return kCodes[row(c)]; }

ExitCode worse(ExitCode a, ExitCode b) { return row(a) <= row(b) ? a : b; }

}  // namespace dn
