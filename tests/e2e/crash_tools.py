"""Kills and damages the tools at exact system calls, and says what has to hold afterwards."""
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
from decimal import Decimal

from live_tools import LiveTest
from tools import REBALANCE, RECOVER, RUN, SOURCE

TOOLS = {"run": RUN, "recover": RECOVER, "rebalance": REBALANCE}
WATCHDOG = os.path.join(SOURCE, "scripts", "examples", "watchdog.sh")
PATIENT = 'max_repeated_errors = 1000\nmax_imbalance_time = "5m"\nmax_imbalance_bps = 10000\n'
# So far apart are the sides at most when all is done: less than either venue trades.
# Calls that only look, at memory, time or names: a kill there is a kill at the call before.
LOOKS = {"access", "newfstatat", "fstat", "stat", "lstat", "mmap", "ioctl", "getsockname", "getpeername", "getsockopt", "getdents64", "getcwd", "readlink"}


def flag(name, default):
    return int(os.environ.get(name, default))


@unittest.skipUnless(shutil.which("strace"), "strace is missing")
class CrashTest(LiveTest):
    """Hundreds of starts follow each other, so the request budget is wide; that it is kept is tested elsewhere."""

    settings = {"rate_scale": "1000"}
    pair = ("mexc_spot", "gateio_spot")
    least = Decimal("0.001")  # what both venues of the pair trade

    def setUp(self):
        super().setUp()
        self.worlds = self.kills = 0
        self.new_books()

    def new_books(self):
        """An empty state directory; the exchange stays what it is."""
        self.worlds += 1
        self.made_anew = False  # by dn-recover --from-venue
        shutil.rmtree(os.path.dirname(self.db), ignore_errors=True)
        self.db = os.path.join(self.dir, f"state-{self.worlds}", "dn.db")
        self.config = self.write_config()
        self.before = self.exchange.ledger()
        return f"k{self.worlds}"

    def new_exchange(self):
        """The ledger grows with every task, and with it the time to read it."""
        self.end_exchange()
        folder = os.path.join(self.dir, "exchange")
        self.exchange = type(self.exchange)(os.environ["DN_EXCHANGE"], folder, "--seed", "7", "--config", os.path.join(self.dir, "exchange.json"))
        self.write_credentials()

    # ---- tasks

    def taker(self, name, total="0.2", more=PATIENT):
        return self.task_file(name, "ETH/USDT", *self.pair, total, "0.1", more=more)

    def lopsided(self, name):
        """The sell side takes, the buy side rests far away, and nothing repairs the difference for a while."""
        text = f'name = "{name}"\nsymbol = "ETH/USDT"\ntotal_quantity = "0.2"\norder_quantity = "0.1"\n'
        text += f'[buy]\nexchange = "{self.pair[0]}"\nprice_reference = "opposite"\noffset_ticks = 2000\ntick_tolerance = 2000\n'
        text += f'[sell]\nexchange = "{self.pair[1]}"\nprice_reference = "opposite"\noffset_ticks = 0\ntick_tolerance = 5\n'
        text += '[risk]\nmax_order_notional = 100000\nimbalance_grace = "5m"\n' + PATIENT
        return self.write(name + ".toml", text)

    def left_apart(self, name):
        """A run that was killed with an order open and the sides apart."""
        run = self.begin_live(self.lopsided(name), "--ndjson")
        self.wait_for_event(run, "fill")
        self.kill(run)

    # ---- kills

    def command(self, tool, *arguments):
        return [TOOLS[tool], *arguments, "--db", self.db, "--config", self.config]

    def tool(self, tool, *arguments):
        return self.call(*self.command(tool, *arguments))

    def under_strace(self, options, command):
        return subprocess.run(["strace", "-f", "-qq", *options, *command], capture_output=True, text=True, timeout=120, env=self.environment, cwd=self.dir)

    def count_calls(self, command):
        """How often the busiest thread of an undisturbed run makes each call: strace counts by thread."""
        trace = os.path.join(self.dir, "trace")
        done = self.under_strace(["-o", trace, "-e", "trace=%file,%desc,%network"], command)
        counts = collections.Counter()
        with open(trace, encoding="utf-8", errors="replace") as f:
            for line in f:
                found = re.match(r"(\d+) +([a-z0-9_]+)\(", line)
                if found:
                    counts[found[1], found[2]] += 1
        busiest = collections.Counter()
        for (_, call), n in counts.items():
            busiest[call] = max(busiest[call], n)
        return done, {call: n for call, n in sorted(busiest.items()) if call not in LOOKS}

    def killed_at(self, call, n, command):
        """Whether it was killed: it may end before it has made so many calls."""
        done = self.under_strace(["-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"], command)
        killed = done.returncode == -signal.SIGKILL
        self.kills += killed
        return killed

    # ---- ways back

    def knows(self, name):
        answer = self.status("--json", "--task", name)
        return answer.returncode == 0 and json.loads(answer.stdout)["tasks"] != []

    def run_to_the_end(self, file):
        done = self.tool("run", file, "--max-runtime", "2m")
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])

    def by_hand(self, name):
        """dn-recover, then dn-rebalance: nothing rests and the sides are equal, also when the run does not go on."""
        if not self.knows(name):
            return
        done = self.tool("recover", "--task", name, "--apply")
        self.assertIn(done.returncode, (0, 20), done.stdout + done.stderr)
        self.assertEqual([o for o in self.exchange.ledger()["orders"] if o["open"]], [], "dn-recover left an order open")
        apart = abs(Decimal(self.task(name)["imbalance"])) >= self.least
        self.assertEqual(done.returncode, 20 if apart else 0, done.stdout + done.stderr)
        done = self.tool("rebalance", "--task", name, "--yes", "--max-notional", "100000")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_balanced(name, self.least)

    def assert_whole(self, name):
        """Gate's spot market lists no order that ended without a fill, and finds it by its own id only: where no answer to the order was stored,
        the books hold it as one that never arrived, and books that were made anew do not know it."""
        rows = self.rows("orders")
        acknowledged = {o["client_order_id"] for o in rows if o["venue_order_id"]}
        in_vain = {o["client_order_id"] for o in rows} - acknowledged

        def ours(order):
            id_ = order["client_order_id"]
            forgotten = order["venue"] == "gateio_spot" and Decimal(order["filled"]) == 0 and (self.made_anew or id_ in in_vain)
            return id_.startswith("t-") and (id_ in acknowledged or not forgotten)

        self.assertEqual(self.task(name)["verdict"], "COMPLETED")
        self.assert_balanced(name, self.least)
        self.assertEqual(self.exchange.ledger()["counters"]["duplicate_orders"], 0)
        self.assert_books_equal(self.before, ours=ours)
        done = self.tool("recover", "verify")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


def say(text):
    print(text, file=sys.stderr, flush=True)
