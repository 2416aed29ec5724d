"""A benchmark, no test: see scripts/recovery-time."""
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["DN_SOURCE"], "tests", "e2e"))
from live_tools import LiveTest  # noqa: E402  pylint: disable=wrong-import-position

LATENCY = int(os.environ["DN_RECOVERY_LATENCY"])
ROUNDS = int(os.environ["DN_RECOVERY_ROUNDS"])
TASKS = 50
REFILL = 10  # seconds; the first run has used up what MEXC allows in so long
# A slice, and how far from the market it waits on each side, in ticks.
SLICES = {"BTC": ("0.002", 50000, 10000), "ETH": ("0.05", 4000, 4000), "DOGE": ("500", 200, 200)}
TASK = """[[task]]
name = "{name}"
symbol = "{base}/USDT"
total_quantity = "{slice}"
order_quantity = "{slice}"
[task.buy]
exchange = "mexc_spot"
price_reference = "touch"
offset_ticks = {far}
tick_tolerance = 100000
[task.sell]
exchange = "{sell}"
price_reference = "touch"
offset_ticks = -{far_up}
tick_tolerance = 100000
[task.risk]
max_order_notional = 100000
max_capital_fraction = 1
dead_man = "60s"
"""


class RecoveryTime(LiveTest):
    settings = {"rate_scale": os.environ.get("DN_RECOVERY_RATE_SCALE", "1")}

    def resting(self):
        return [o for o in self.exchange.ledger()["orders"] if o["open"]]

    def wait_for_acks(self, process):
        """As long as a task has none."""
        seen = set()
        for line in process.stdout:
            event = json.loads(line)
            if event["type"] == "ack":
                seen.add(event["task"])
            if len(seen) == TASKS:
                return
        self.fail(process.stderr.read()[-2000:])

    def one(self, number):
        self.db = os.path.join(self.dir, "state", f"{number}.db")  # one state directory: the request budget is the account's
        self.config = self.write_config()
        self.exchange.control("POST", "latency", {"ms": 0})
        bases = list(SLICES)
        text = ""
        for i in range(TASKS):
            base = bases[i % len(bases)]
            size, far, far_up = SLICES[base]
            text += TASK.format(name=f"r{number}-{i}", base=base, slice=size, far=far, far_up=far_up, sell=("gateio_spot", "gateio_futures")[i // len(bases) % 2])
        file = self.write("many.toml", text)
        run = self.begin_live(file, "--ndjson")
        self.wait_for_acks(run)
        self.until(lambda: len(self.resting()) == 2 * TASKS, 30)
        self.kill(run)
        time.sleep(REFILL)
        self.exchange.control("POST", "latency", {"ms": LATENCY})
        began = time.monotonic()
        done = self.live(file, "--max-cycles", "1", "--on-exit", "leave", "--quiet")  # a cycle begins when all orders are known again
        took = time.monotonic() - began
        self.assertEqual(done.returncode, 10, done.stderr[-2000:])
        self.assertEqual(len(self.resting()), 2 * TASKS)
        self.assertEqual(self.status("--check").returncode, 0)
        self.live(file, "--max-cycles", "1", "--quiet")  # takes away what rests
        self.assertEqual(self.resting(), [])
        return took

    def test_rounds(self):
        took = sorted(self.one(number) for number in range(ROUNDS))
        self.assert_no_sins()
        print(f"{2 * TASKS} open orders, {LATENCY} ms: {', '.join(f'{t:.2f}' for t in took)} s from the start of the process to its end behind the first cycle of every task")


if __name__ == "__main__":
    unittest.main()
