#include "model/exit_code.h"

#include <array>

namespace dn {
namespace {

// Ordered from the most to the least severe: when several tasks end differently, the first row that any of them has wins.
constexpr std::array<ExitCodeInfo, 21> kCodes{{
    {ExitCode::Contradiction, "contradiction", "a venue contradicts the books",
     "a venue shows orders, trades or amounts that the books do not know or that cannot be, or the books break a promise: they were changed, lost, or begun "
     "twice",
     "look at dn-status events, then dn-recover"},
    {ExitCode::UnknownOrder, "unknown_order", "an order's fate is unknown",
     "a request to a venue got no usable answer and the run ended before the venue proved what became of it",
     "run dn-recover --apply, or the same command again"},
    {ExitCode::Imbalanced, "imbalanced", "the sides are not equal and could not be made so",
     "one leg could not be traded: its venue is away, shows no prices, refuses orders, or a limit holds them back",
     "dn-rebalance --task NAME --yes --max-notional N makes them equal; or do it by hand"},
    {ExitCode::Halted, "halted", "the task is halted",
     "a limit that a person has to look at was passed, a file of the kill switch is there, or a person halted it",
     "read the reason (dn-status show NAME), then dn-recover resume --task NAME --yes"},
    {ExitCode::Refused, "refused", "a limit refused to go on",
     "an order would pass a limit under [risk] or of the portfolio, a balance does not reach, or a task may not be changed like that",
     "read the limit (dn-status events NAME), change it or the task; of a portfolio, see who holds what (dn-status); what halted goes on by dn-recover "
     "resume --task NAME --yes"},
    {ExitCode::RebalancedPartly, "rebalanced_partly", "a rebalance filled only partly",
     "the market within max_slippage_bps held less than the difference of the sides", "dn-rebalance --task NAME --yes --max-notional N again"},
    {ExitCode::Internal, "internal", "a fault of the program",
     "something happened that the program holds for impossible, or a fault plan (--faults) drew a crash", "report it; the state is saved, run dn-recover"},
    {ExitCode::Io, "io", "the disk or the database failed",
     "the disk is full, a file may not be written or is there already, the database is damaged, or what stdout goes to cannot be written",
     "free space or mend the disk, then run the same command again"},
    {ExitCode::Permission, "permission", "a key or a permission is missing",
     "there are no keys, others can read them, the venue refuses them or gives them no right to trade, or others can change the state directory",
     "check the credentials file and the key's rights"},
    {ExitCode::Config, "config", "a configuration or task file is wrong",
     "a key of a file is unknown or its value makes no sense, a symbol is not traded, an account or this machine's clock is not fit, or the mode is another "
     "one than the task's",
     "mend the line that the message names"},
    {ExitCode::BadData, "bad_data", "a data file or the database is not what it should be",
     "a recording cannot be read, or the database is another program's or of a newer dn", "check the file that the message names"},
    {ExitCode::NotFound, "not_found", "no such task or file",
     "the name is in no table of this database, or the file is not there; --db and --config decide which database that is",
     "check the name; dn-status lists the tasks"},
    {ExitCode::Usage, "usage", "the command line is wrong", "a flag or word is unknown, lacks its value, or makes no sense together with another one",
     "see --help"},
    {ExitCode::VenueDown, "venue_down", "a venue cannot be reached",
     "the network, the venue, or its certificate; what rests at the other venue is cancelled and proven all the same", "run the same command again later"},
    {ExitCode::Terminated, "terminated", "ended by SIGTERM after saving", "a service manager or a person ended it", "run the same command again to go on"},
    {ExitCode::Interrupted, "interrupted", "ended by SIGINT after saving", "a person pressed Ctrl-C", "run the same command again to go on"},
    {ExitCode::Temporary, "temporary", "a temporary fault",
     "another process held the database for long, a run was killed, or a plan changed between its look and its doing", "run the same command again"},
    {ExitCode::Locked, "locked", "another process holds the task", "a task, or a trigger, is run by one process at a time", "nothing: it is being worked on"},
    {ExitCode::BudgetUsed, "budget_used", "the budget is used, the state saved, the sides balanced",
     "--max-runtime, --max-cycles or --once, or a recording, came to its end before the task did", "run the same command again to go on"},
    {ExitCode::Waiting, "waiting", "waiting: paused, or the market offers nothing worth doing",
     "the task is paused, min_spread_bps held back every order, no pair of a trigger is worth a task, or no place came free in the portfolio",
     "run the same command again later, or resume the task"},
    {ExitCode::Ok, "ok", "done, or nothing to do", "the task reached its target, was cancelled, or had ended before", "nothing"},
}};

std::size_t row(ExitCode c) {
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    if (kCodes[i].code == c) return i;
  }
  return row(ExitCode::Internal);  // a number that is no code, as a damaged database may hold: never taken for success
}

}  // namespace

const ExitCodeInfo& info(ExitCode c) { return kCodes[row(c)]; }

std::span<const ExitCodeInfo> exit_codes() { return kCodes; }

ExitCode worse(ExitCode a, ExitCode b) { return row(a) <= row(b) ? a : b; }

}  // namespace dn
