// The names of checks (dn-status check, dn-run --plan) and of findings (dn-recover). A test compares them with those that the sources can print.
#include <array>

#include "app/codes.h"

namespace dn::app {
namespace {

constexpr auto kChecks = std::to_array<CodeInfo>({
    {"account", "check", "what the account is like", "the venue tells its kind and its settings", "change the setting that the message names, at the venue"},
    {"alerts", "check", "whether alerts have a receiver, with --test-alert whether it takes one", "alert_command and alert_webhook of dn.toml",
     "write one of them into dn.toml, or see what the receiver says"},
    {"balance", "check", "whether the account has what the task still needs", "the balances are read with the key",
     "pay in, or write a smaller total_quantity"},
    {"books", "check", "whether the books of a task keep their promises", "its sums are added up anew from fills and payments",
     "dn-recover verify names each; then dn-recover --from-venue FILE --apply"},
    {"capital", "check", "the task's share of what the account has", "max_capital_fraction bounds it",
     "write a smaller total_quantity, or a larger max_capital_fraction under [risk]"},
    {"clock", "check", "how far this machine's clock is from the venue's", "orders are dated by it", "set the clock (chrony, systemd-timesyncd)"},
    {"config", "check", "whether dn.toml can be read", "it says mode, directory and addresses for every tool", "mend the line that the message names"},
    {"contradicts", "finding", "an order of the books is on the other side at the venue", "the books or the venue's list are wrong; nothing is done about it",
     "compare with the venue's own page before anything is resumed"},
    {"credentials", "check", "whether there are keys, and nobody else can read them", "live trading signs with them",
     "write the file with mode 0600, or credential_command into dn.toml"},
    {"database", "check", "whether the database is there, ours and sound", "its pages, indexes and rows are read",
     "dn-recover --from-venue FILE --apply makes it anew where it is damaged"},
    {"delay", "check", "the time between two cycles", "shorter asks the venues often, longer reacts late", "write another delay"},
    {"depth", "check", "a slice against what the books show", "a slice that is a large part of the depth moves the market", "write another order_quantity"},
    {"dust", "check", "what rounding to the venues' steps leaves", "quantities are multiples of both venues' steps",
     "nothing, or write a total that they divide"},
    {"ended", "finding", "an order of the books has ended at the venue", "the run that sent it was cut off", "dn-recover --apply books how it ended"},
    {"fees", "check", "the fees of the whole task and the spread that pays for them", "rates are the account's own where the key may read them", "nothing"},
    {"foreign", "finding", "an open order of another hand", "somebody or something else trades on the account", "nothing: it is named and never touched"},
    {"foreign_trades", "finding", "trades of another hand, added up", "somebody or something else trades on the account",
     "nothing: they are named and never booked"},
    {"halt", "check", "whether a file of the kill switch is there", "HALT, HALT-VENUE or a name that begins so",
     "when its cause is over: dn-recover resume --all --yes"},
    {"hold", "check", "max_hold", "a task that runs for longer halts balanced", "write another max_hold under [risk]"},
    {"key", "check", "whether the venue takes the key", "a call is signed with it", "mend the key at the venue or in the credentials file"},
    {"limits", "check", "whether the limits under [risk] let the task trade at all", "a limit below what the task needs halts it",
     "change the limit that the message names"},
    {"lost", "finding", "an order of the task is not in the books", "a power cut took its row", "dn-recover --apply takes it over"},
    {"max_concurrent_tasks", "check", "places of the portfolio against the tasks of the run", "all processes count",
     "nothing: tasks begin as places come free"},
    {"max_exposure_per_symbol", "check", "what the run may come to in a symbol, with what others hold", "the portfolio's limit bounds it",
     "write smaller totals, close what is held, or a larger limit under [portfolio]"},
    {"max_loss", "check", "the worst case of a slice of each task with what is lost already", "the portfolio's max_loss bounds it",
     "write a smaller order_quantity, or a larger max_loss under [portfolio]"},
    {"max_total_exposure", "check", "what the run may come to, with what others hold", "the portfolio's limit bounds it",
     "write smaller totals, close what is held, or a larger limit under [portfolio]"},
    {"missed_fill", "finding", "a trade of an order that the books closed", "the venue showed it late, or a power cut took its row",
     "dn-recover --apply books it; then look that the sides are equal"},
    {"note", "check", "something that the venue says of the symbol", "it changes its rules", "see whether that is as you want it"},
    {"order_size", "check", "a slice against what the account has", "a large slice leaves little for what goes wrong", "write a smaller order_quantity"},
    {"other_task", "finding", "an open order made by dn that no task of this database accounts for", "another database trades on the account",
     "nothing: it is named and never touched; find the database that it is of"},
    {"portfolio", "check", "whether the portfolio's limits can be reckoned with", "its quote has to be that of its tasks", "mend [portfolio] of the file"},
    {"position", "finding", "the account's position is not what the books add up to", "another hand, another database, or a liquidation",
     "nothing is done about it: compare with the venue's own page"},
    {"prices", "check", "where the first orders would stand", "offsets and references against the books of now", "nothing, or write other offsets"},
    {"reachable", "check", "whether the venue answers", "it is asked for its time", "look at the network; try again"},
    {"resting", "finding", "an order of the books rests at the venue", "the run that sent it was cut off", "dn-recover --apply cancels and proves it"},
    {"sizes", "check", "the sizes, rounded to what both venues trade", "both legs are held against both venues' minimums", "write larger sizes"},
    {"spread", "check", "the net spread of the first orders", "what both legs would earn less their fees", "nothing, or set min_spread_bps under [risk]"},
    {"state", "check", "whether others can read or change the state directory", "whoever can change it can change the books", "chmod 700, as its owner"},
    {"symbol", "check", "whether the venue trades the symbol, by API", "its rules are read", "write another symbol, or wait for the venue"},
    {"task", "check", "how a task of the database stands", "its mode, its orders and how its last run ended", "do what the message says next"},
    {"task_file", "check", "whether a task file can be read", "every key is checked", "mend the line that the message names"},
    {"tolerance", "check", "tick_tolerance against the usual spread", "a small one replaces orders often, a large one leaves them behind",
     "write another tick_tolerance"},
    {"trade_right", "check", "whether the key may trade", "an order that there never was is cancelled", "give the key that right at the venue"},
    {"unproven", "finding", "an order of the books is in no list of the venue", "lists are late, or it never arrived",
     "dn-recover --apply asks until there is proof"},
    {"venues", "check", "whether the venues can be asked at all", "the tasks name them", "read the message"},
    {"withdraw_right", "check", "whether the account may withdraw", "a stolen key could take the money", "make a key without that right"},
    {"worst_case", "check", "what is lost when of a slice the second leg fails at the slippage limit", "max_loss is held against it",
     "write a smaller order_quantity, or a larger max_loss under [risk]"},
});

}  // namespace

std::span<const CodeInfo> check_codes() { return kChecks; }

}  // namespace dn::app
