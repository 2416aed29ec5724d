"""Many tasks in one process, over many symbols and every pair of venues, at the venues' real rate limits.

DN_MANY_TASKS: how many; what the measurement says is printed."""
import json
import os
import time
import unittest
from decimal import Decimal

from crash_tools import flag, say
from live_tools import LiveTest
from tools import ToolTest

TASKS = flag("DN_MANY_TASKS", 24)
PAPER = flag("DN_MANY_PAPER_TASKS", 500)
SYMBOLS = flag("DN_MANY_SYMBOLS", 4)  # each brings connections of its own to every venue, which many tasks share
# A slice of each coin, about 20 USDT.
COINS = {"ADA": "30", "APT": "10", "ARB": "100", "ATOM": "10", "AVAX": "2", "BCH": "0.1", "BNB": "0.1", "BTC": "0.001", "DOGE": "200", "DOT": "10",
         "ETH": "0.01", "FIL": "10", "LINK": "2", "LTC": "0.3", "NEAR": "10", "OP": "100", "SUI": "10", "TON": "10", "UNI": "4", "XRP": "10"}
PAIRS = [("mexc_spot", "gateio_spot"), ("gateio_spot", "mexc_spot"), ("mexc_spot", "gateio_futures"), ("gateio_spot", "gateio_futures")]
PATIENT = 'max_repeated_errors = 1000\nmax_imbalance_time = "10m"\nmax_imbalance_bps = 10000\nmax_loss = 10000\nmax_capital_fraction = 1\n'


class ManyTasks(LiveTest):
    settings = {"latency_ms": 15}

    def files(self, prefix, count, pairs=tuple(PAIRS)):
        coins = list(COINS.items())[:SYMBOLS]
        out = []
        for i in range(count):
            coin, slice_ = coins[i % len(coins)]
            buy, sell = pairs[(i // len(coins) + i) % len(pairs)]
            out.append(self.task_file(f"{prefix}{i}", f"{coin}/USDT", buy, sell, str(Decimal(slice_) * 2), slice_, more=PATIENT))
        return out

    def memory(self, process):
        """The most it ever had, in KiB."""
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))

    def run_all(self, files):
        """To their end. What it used, in KiB, and how long it took."""
        began, most = time.monotonic(), 0
        run = self.begin_live(*files, "--quiet")
        while run.poll() is None:
            try:
                most = max(most, self.memory(run))
            except (OSError, StopIteration):
                pass  # it has just ended
            time.sleep(0.05)
        _, err = run.communicate()
        self.assertEqual(run.returncode, 0, err[-3000:])
        return most, time.monotonic() - began

    def assert_turns_are_kept(self):
        """Where the budget has no room for an order, it is told when; nobody asks again and again, although hedges go first. Without turns it was ten refusals
        for each order that left."""
        events = [json.loads(line) for line in self.status("events", "--ndjson").stdout.splitlines()]
        refused = [e for e in events if e["type"] == "reject" and e["code"] == "rate_budget"]
        sent = [e for e in events if e["type"] == "ack"]
        self.assertLess(len(refused), 2 * len(sent))

    def test_all_complete_within_the_limits(self):
        folder = os.path.dirname(self.db)
        self.db = os.path.join(folder, "few.db")
        few, _ = self.run_all(self.files("few", 2))
        self.db = os.path.join(folder, "many.db")
        before = self.exchange.ledger()
        most, took = self.run_all(self.files("m", TASKS))
        self.assert_books_equal(before)
        self.assert_no_sins()
        self.assert_turns_are_kept()
        tasks = json.loads(self.status("--json").stdout)["tasks"]
        self.assertEqual({t["verdict"] for t in tasks}, {"COMPLETED"})
        self.assertEqual(len(tasks), TASKS)
        each = (most - few) / (TASKS - 2)
        cycles = [Decimal(t["latency_us"]["cycle"]["p99"]) for t in tasks if "cycle" in t["latency_us"]]
        say(f"{TASKS} tasks: {took:.1f} s, {each:.0f} KiB each, cycle p99 {sorted(cycles)[len(cycles) // 2] / 1000:.1f} ms in the middle, {max(cycles) / 1000:.1f} ms at most")
        self.assertLess(each, 512 if TASKS >= 100 else 768, "with few of them the connections of their symbols weigh more than they do")


class ManyOnPaper(ToolTest):
    def test_five_hundred_run_in_one_process(self):
        coins = list(COINS.items())
        text = ""
        for i in range(PAPER):
            coin, slice_ = coins[i % len(coins)]
            buy, sell = PAIRS[i // len(coins) % len(PAIRS)]
            text += f'[[task]]\nname = "p{i}"\nsymbol = "{coin}/USDT"\ntotal_quantity = "{Decimal(slice_) * 2}"\norder_quantity = "{slice_}"\n'
            text += f'[task.buy]\nexchange = "{buy}"\nprice_reference = "opposite"\n[task.sell]\nexchange = "{sell}"\nprice_reference = "opposite"\n'
        done = self.run_task(self.write("many.toml", text), "--speed", "max", "--seed", "1", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        tasks = json.loads(self.status("--json").stdout)["tasks"]
        self.assertEqual({t["verdict"] for t in tasks}, {"COMPLETED"})
        self.assertEqual(len(tasks), PAPER)


if __name__ == "__main__":
    unittest.main()
