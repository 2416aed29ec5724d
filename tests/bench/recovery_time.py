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
SLICES = {"BTC": "0.002", "ETH": "0.05", "SOL": "1", "DOGE": "500"}
TASK = """[[task]]
name = "t{i}"
symbol = "{base}/USDT"
total_quantity = "{slice}"
order_quantity = "{slice}"
[task.buy]
exchange = "mexc_spot"
price_reference = "touch"
offset_ticks = 200
tick_tolerance = 100000
[task.sell]
exchange = "{sell}"
price_reference = "touch"
offset_ticks = -200
tick_tolerance = 100000
[task.risk]
max_order_notional = 100000
max_capital_fraction_bps = 10000
"""


class RecoveryTime(LiveTest):
    def resting(self):
        return [o for o in self.exchange.ledger()["orders"] if o["open"]]

    def wait_for(self, process, good):
        """Reads events until the last task had a good one."""
        left = {f"t{i}" for i in range(TASKS)}
        for line in process.stdout:
            event = json.loads(line)
            if good(event):
                left.discard(event["task"])
            if not left:
                return
        self.fail(process.stderr.read()[-2000:])

    def one(self, number):
        self.db = os.path.join(self.dir, f"state-{number}", "dn.db")
        self.config = self.write_config()
        self.exchange.control("POST", "latency", {"ms": 0})
        bases = list(SLICES)
        text = ""
        for i in range(TASKS):
            base = bases[i % len(bases)]
            text += TASK.format(i=i, base=base, slice=SLICES[base], sell=("gateio_spot", "gateio_futures")[i // len(bases) % 2])
        file = self.write("many.toml", text)
        run = self.begin_live(file, "--ndjson")
        self.wait_for(run, lambda e: e["type"] == "ack")  # as long as a task has one
        self.until(lambda: print(len(self.resting())) or len(self.resting()) >= 2 * TASKS - 4, 30)
        self.kill(run)
        self.exchange.control("POST", "latency", {"ms": LATENCY})
        began = time.monotonic()
        run = self.begin_live(file, "--ndjson")
        self.wait_for(run, lambda e: e["type"] == "state" and e["to"] == "ANALYZING")
        took = time.monotonic() - began
        self.assertGreaterEqual(len(self.resting()), 2 * TASKS - 4, "a few may have filled")
        run.terminate()
        run.communicate()
        return took

    def test_rounds(self):
        took = sorted(self.one(number) for number in range(ROUNDS))
        self.assert_no_sins()
        print(f"{2 * TASKS} open orders, {LATENCY} ms: {', '.join(f'{t:.2f}' for t in took)} s from the start to the last task that trades again")


if __name__ == "__main__":
    unittest.main()
