"""[adapt] in a recording that jumps once: smaller orders from the jump until it has left the window, told by two events."""
import json
import os
import unittest
from decimal import Decimal

from tools import ToolTest

START = 1_700_000_000
JUMP = 30  # seconds from the start; the window is ten long
END = 90

TASK = """name = "jumpy"
symbol = "NEW/USDT"
total_quantity = 50000
order_quantity = 50
[buy]
exchange = "mexc_spot"
tick_tolerance = 2
[sell]
exchange = "gateio_spot"
tick_tolerance = 2
[risk]
max_orders_per_minute = 1000
[adapt]
volatility_bps = 30
window = "10s"
tick_tolerance = 4
slice_percent = 50
"""


class Adapt(ToolTest):
    def setUp(self):
        super().setUp()
        self.recording = os.path.join(self.dir, "recording")
        os.makedirs(self.recording)
        books = "timestamp,bid_price_0,bid_size_0,ask_price_0,ask_size_0\n"
        trades = "timestamp,price,size,side\n"
        for i in range(END * 5):
            bid = Decimal("1.515") if i >= JUMP * 5 else Decimal("1.500")
            ask = bid + Decimal("0.002")
            at = START + Decimal(i) / 5
            books += f"{at},{bid},900,{ask},900\n"
            trades += f"{at + Decimal('0.1')},{bid - Decimal('0.004') if i % 2 else ask + Decimal('0.004')},2000,{'sell' if i % 2 else 'buy'}\n"
        for name, text in (("orderbooks_NEW_USDT.csv", books), ("trades_NEW_USDT.csv", trades)):
            self.write(os.path.join("recording", name), text)
        self.file = self.write("jumpy.toml", TASK)

    def replay(self, *more):
        done = self.run_task(self.file, "--replay", self.recording, *more)
        self.assertEqual(done.returncode, 10, done.stdout + done.stderr)
        return done.stdout

    def changes(self, events):
        return [e for e in events if e.get("code") in ("adapt", "adapt_end")]

    def test_orders_are_smaller_from_the_jump_until_it_has_left_the_window(self):
        events = [json.loads(line) for line in self.replay("--ndjson").splitlines()]
        begin, end = self.changes(events)
        self.assertEqual((begin["code"], begin["level"], begin["limit"]), ("adapt", "INFO", "30"))
        self.assertGreater(Decimal(begin["value"]), 90)
        self.assertIn("slice 50 -> 25, tick tolerance buy 4, sell 4", begin["message"])
        self.assertEqual((end["code"], end["limit"]), ("adapt_end", "18"))
        self.assertEqual(begin["ts_us"] // 1_000_000 - START, JUMP)
        self.assertIn(end["ts_us"] // 1_000_000 - START, (JUMP + 10, JUMP + 11))
        sizes = {"before": [], "during": [], "after": []}
        for e in events:
            if e["type"] == "intent" and e["purpose"] == "quote":
                part = "before" if e["ts_us"] < begin["ts_us"] else "during" if e["ts_us"] < end["ts_us"] else "after"
                sizes[part].append(Decimal(e["quantity"]))
        self.assertEqual({part: max(them) for part, them in sizes.items()}, {"before": 50, "during": 25, "after": 50})

    def test_a_person_sees_it_and_can_switch_it_off(self):
        plan = self.run_task(self.file, "--replay", self.recording, "--plan")
        self.assertIn("adapts above 30 bps in 10s, until 18 bps: slice 25 NEW, tick tolerance 4 (buy) and 4 (sell)", plan.stdout)
        plan = json.loads(self.run_task(self.file, "--replay", self.recording, "--plan", "--json").stdout)
        self.assertEqual(plan["adapt"], {"volatility_bps": "30", "calm_bps": "18", "window_us": 10_000_000, "order_quantity": "25", "buy_tick_tolerance": 4, "sell_tick_tolerance": 4})
        self.replay()
        self.assertEqual([e["code"] for e in self.changes(self.events("jumpy"))], ["adapt", "adapt_end"])
        refused = self.run_task("set", "jumpy", "adapt.calm_bps=30")
        self.assertEqual(refused.returncode, 78)
        self.assertIn("adapt.calm_bps: 30 is not below volatility_bps 30", refused.stderr)
        self.assertEqual(self.run_task("set", "jumpy", "adapt.volatility_bps=0").returncode, 0)
        self.assertEqual(self.changes([json.loads(line) for line in self.replay("--ndjson").splitlines()]), [])


if __name__ == "__main__":
    unittest.main()
