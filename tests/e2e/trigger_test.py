"""[trigger]: which tasks start by themselves, why, and how often. Recorded books that are made here say exactly when a pair is worth a task."""
import json
import os
import unittest
from decimal import Decimal

from tools import EXAMPLES, ToolTest

START = 1_700_000_000
HEADER = "timestamp,sequence,exchange_timestamp,bid_price_0,bid_size_0,ask_price_0,ask_size_0,bid_price_1,bid_size_1,ask_price_1,ask_size_1\n"
TRADES = "timestamp,price,size,side,trade_id,exchange_timestamp\n"
TRIGGER = """name = "scan"
order_quantity = 10
total_quantity = 20
[buy]
price_reference = "opposite"
tick_tolerance = 5
[sell]
price_reference = "opposite"
tick_tolerance = 5
[trigger]
symbols = [{symbols}]
venue_pairs = ["mexc_spot > gateio_spot"]
min_spread_bps = {least}
cooldown = "{cooldown}"
max_tasks = {most}
{more}
"""


class Recording(ToolTest):
    def setUp(self):
        super().setUp()
        self.directory = os.path.join(self.dir, "recording")

    def trigger(self, *coins, least=20, cooldown="30s", most=5, more=""):
        symbols = ", ".join(f'"{c}/USDT"' for c in coins)
        return self.write("scan.toml", TRIGGER.format(symbols=symbols, least=least, cooldown=cooldown, most=most, more=more))

    def record(self, coin, gaps, seconds=120, size=50, deep=500):
        """MEXC stands at 1.0000 / 1.0001 all along, Gate.io higher by a gap in bps that changes at given seconds: {0: 5, 40: 100}."""
        for venue in ("mexc_spot", "gateio_spot"):
            folder = os.path.join(self.directory, venue)
            os.makedirs(folder, exist_ok=True)
            books, gap = HEADER, 0
            for i in range(seconds * 5):
                gap = gaps.get(i // 5, gap)
                up = Decimal(gap) / 10_000 if venue == "gateio_spot" else Decimal(0)
                bid, ask = Decimal(1) + up, Decimal("1.0001") + up
                at = START + i / 5
                books += f"{at:.6f},{i},{at * 1000:.0f},{bid},{size},{ask},{size},{bid - Decimal('0.0010')},{deep},{ask + Decimal('0.0010')},{deep}\n"
            with open(os.path.join(folder, f"orderbooks_{coin}_USDT.csv"), "w", encoding="utf-8") as f:
                f.write(books)
            with open(os.path.join(folder, f"trades_{coin}_USDT.csv"), "w", encoding="utf-8") as f:
                f.write(TRADES)

    def watch(self, file, *more):
        done = self.run_task(file, "--replay", self.directory, "--speed", "max", "--ndjson", *more)
        return done, [json.loads(line) for line in done.stdout.splitlines()]

    def starts(self, events):
        """Which pair's task began, and in which second of the recording."""
        return [(e["task"].split(".")[1].split("-")[0], (e["ts_us"] - START * 1_000_000) // 1_000_000) for e in events if e["type"] == "trigger"]


class Replayed(Recording):
    def test_a_task_starts_when_its_pair_is_worth_it_and_says_why(self):
        self.record("AAA", {0: 5, 40: 100, 50: 5})
        self.record("BBB", {0: 5})
        done, events = self.watch(self.trigger("AAA", "BBB"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.starts(events), [("AAA", 40)])
        why = next(e for e in events if e["type"] == "trigger")
        self.assertEqual(why["trigger"], "scan")
        self.assertEqual((why["min_spread_bps"], why["quantity"], why["slice"]), ("20", "20", "10"))
        self.assertEqual({k: Decimal(v["price"]) for k, v in ((s, why[s]) for s in ("buy", "sell"))}, {"buy": Decimal("1.0001"), "sell": Decimal("1.01")})
        self.assertGreater(Decimal(why["spread_bps"]), 20)
        self.assertEqual([e["task"] for e in self.events("scan.AAA-USDT.mexc_spot.gateio_spot") if e["type"] == "trigger"], ["scan.AAA-USDT.mexc_spot.gateio_spot"])
        self.assertEqual([t["task"] for t in json.loads(self.status("--json").stdout)["tasks"]], ["scan.AAA-USDT.mexc_spot.gateio_spot"])
        fills = [e for e in events if e["type"] == "fill"]
        self.assertTrue(all(40 <= (f["ts_us"] - START * 1_000_000) / 1_000_000 < 50 for f in fills), "it trades in the market that was watched")

    def test_the_size_counts_not_the_touch(self):
        """With 2 at the touch and the rest ten ticks of the price behind it, a slice of 10 costs 8 bps more on each side."""
        self.record("AAA", {0: 50}, size=2)
        wide, events = self.watch(self.trigger("AAA", least=5, cooldown="1h"))
        self.assertEqual(len(self.starts(events)), 1, wide.stderr)
        why = next(e for e in events if e["type"] == "trigger")
        self.assertAlmostEqual(Decimal(why["touch_spread_bps"]) - Decimal(why["spread_bps"]), Decimal(16), delta=Decimal("0.2"))
        between = (Decimal(why["touch_spread_bps"]) + Decimal(why["spread_bps"])) / 2
        self.db += ".again"
        done, events = self.watch(self.trigger("AAA", least=between))
        self.assertEqual((done.returncode, self.starts(events)), (12, []))
        self.assertIn("the widest pair is AAA/USDT mexc_spot > gateio_spot", done.stderr)
        self.assertIn("at the size of a slice", done.stderr)

    def test_a_slice_that_the_books_do_not_show_starts_nothing(self):
        self.record("AAA", {0: 100}, size=2, deep=3)
        done, events = self.watch(self.trigger("AAA"))
        self.assertEqual((done.returncode, self.starts(events)), (12, []))

    def test_after_a_task_its_pair_cools_down(self):
        self.record("AAA", {0: 100})
        done, events = self.watch(self.trigger("AAA", cooldown="30s"))
        self.assertEqual(done.returncode, 0, done.stderr)
        starts = [second for _, second in self.starts(events)]
        ends = [(e["ts_us"] - START * 1_000_000) / 1_000_000 for e in events if e["type"] == "summary"]
        self.assertGreaterEqual(len(starts), 3)
        for end, after in zip(ends, starts[1:]):
            self.assertTrue(end + 30 <= after + 1 <= end + 32, (end, after))

    def test_no_more_tasks_than_max_tasks_and_the_widest_first(self):
        for coin, gap in (("AAA", 60), ("BBB", 90), ("CCC", 70)):
            self.record(coin, {0: 5, 20: gap})
        done, events = self.watch(self.trigger("AAA", "BBB", "CCC", most=1, cooldown="10m"))
        self.assertEqual(done.returncode, 0, done.stderr)
        running = 0
        for e in events:
            running += {"trigger": 1, "summary": -1}.get(e["type"], 0)
            self.assertLessEqual(running, 1)
        self.assertEqual(sorted(coin for coin, _ in self.starts(events)), ["AAA", "BBB", "CCC"])

    def test_every_round_of_a_pair_can_be_looked_at(self):
        self.record("AAA", {0: 100})
        _, events = self.watch(self.trigger("AAA", cooldown="10s"))
        rounds = len(self.starts(events))
        self.assertGreater(rounds, 2)
        told = [json.loads(line) for line in self.status("events", "--rounds", "--ndjson").stdout.splitlines()]
        self.assertEqual(len([e for e in told if e["type"] == "trigger"]), rounds)
        tasks = json.loads(self.status("--rounds", "--json").stdout)["tasks"]
        self.assertEqual([t["round"] for t in tasks], list(range(1, rounds + 1)))

    def test_the_portfolio_of_its_file_holds_for_its_tasks(self):
        for coin in ("AAA", "BBB", "CCC"):
            self.record(coin, {0: 100})
        portfolio = "[portfolio]\ncapital = 1000\nmax_concurrent_tasks = 1\nmax_total_exposure = 0.05"  # 20 coins bought and sold are 40
        done, events = self.watch(self.trigger("AAA", "BBB", "CCC", cooldown="1h", more=portfolio))
        running = 0
        for e in events:
            running += {"run_start": 1, "summary": -1}.get(e["type"], 0)
            self.assertLessEqual(running, 1)
        held = json.loads(self.status("--json").stdout)["portfolios"][0]
        self.assertEqual(held["limits"]["max_concurrent_tasks"], 1, held)
        self.assertTrue([e for e in events if e["type"] == "limit" and e["code"] == "max_total_exposure"], done.stderr)

    def test_a_run_that_comes_later_starts_nothing_twice(self):
        self.record("AAA", {0: 100})
        file = self.trigger("AAA", cooldown="1h")
        first, events = self.watch(file)
        self.assertEqual(len(self.starts(events)), 1, first.stderr)
        again, events = self.watch(file)
        self.assertEqual((again.returncode, self.starts(events)), (12, []), again.stderr)
        self.assertEqual(len(json.loads(self.status("--json").stdout)["tasks"]), 1)

    def test_one_that_was_cut_off_is_continued_and_not_started_again(self):
        self.record("AAA", {0: 100}, seconds=200)
        file = self.trigger("AAA", cooldown="1h", more="[risk]\nmax_orders_per_minute = 2")
        cut, events = self.watch(file, "--max-runtime", "5s")
        self.assertEqual((cut.returncode, len(self.starts(events))), (10, 1), cut.stderr)
        on, events = self.watch(file)
        self.assertEqual((on.returncode, self.starts(events)), (0, []), on.stderr)
        self.assertEqual(self.task("scan.AAA-USDT.mexc_spot.gateio_spot")["verdict"], "COMPLETED")

    def test_the_same_recording_gives_the_same_bytes(self):
        self.record("AAA", {0: 5, 20: 80, 60: 5, 90: 80})
        self.record("BBB", {0: 70})
        file = self.trigger("AAA", "BBB", cooldown="5s")
        first = self.watch(file, "--seed", "4")[0].stdout
        self.db += ".again"
        self.assertEqual(first, self.watch(file, "--seed", "4")[0].stdout)

    def test_one_look_starts_what_is_worth_it_or_says_that_nothing_is(self):
        self.record("AAA", {0: 5, 10: 100})
        self.record("BBB", {0: 5})
        none, events = self.watch(self.trigger("AAA", "BBB"), "--once")
        self.assertEqual((none.returncode, events), (12, []), none.stderr)
        self.record("BBB", {0: 100})
        one, events = self.watch(self.trigger("AAA", "BBB"), "--once")
        self.assertEqual((one.returncode, self.starts(events)), (0, [("BBB", 0)]), one.stderr)
        self.assertEqual(self.task("scan.BBB-USDT.mexc_spot.gateio_spot")["verdict"], "COMPLETED")

    def test_sizes_by_notional_follow_the_price(self):
        self.record("AAA", {0: 100})
        file = self.write("scan.toml", TRIGGER.replace("order_quantity = 10\ntotal_quantity = 20\n", "").format(
            symbols='"AAA/USDT"', least=20, cooldown="1h", most=1, more="total_notional = 30\norder_notional = 15"))
        done, events = self.watch(file)
        self.assertEqual(done.returncode, 0, done.stderr)
        why = next(e for e in events if e["type"] == "trigger")
        self.assertEqual((why["quantity"], why["slice"]), ("29", "14"), "at 1.0001, in whole coins as the recording has them")

    def test_a_plan_shows_every_pair_and_starts_nothing(self):
        self.record("AAA", {0: 100})
        self.record("BBB", {0: 5})
        file = self.trigger("AAA", "BBB")
        done = self.run_task(file, "--replay", self.directory, "--plan", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        pairs = json.loads(done.stdout)["pairs"]
        self.assertEqual([(p["symbol"], p["starts"]) for p in pairs], [("AAA/USDT", True), ("BBB/USDT", False)])
        self.assertFalse(os.path.exists(self.db))
        self.assertIn("AAA/USDT", self.run_task(file, "--replay", self.directory, "--plan").stdout)

    def test_books_that_contradict_each_other_start_nothing(self):
        self.record("AAA", {0: 90_000})  # Gate.io ten times as high: one of them is wrong
        done, events = self.watch(self.trigger("AAA"))
        self.assertEqual((done.returncode, self.starts(events)), (12, []), done.stderr)


class MadeUp(ToolTest):
    def test_a_made_up_market_starts_tasks_and_ends_with_its_time(self):
        file = self.write("scan.toml", TRIGGER.replace("order_quantity = 10\ntotal_quantity = 20\n", "").format(
            symbols='"BTC/USDT", "ETH/USDT"', least=5, cooldown="20s", most=2, more="total_notional = 3000\norder_notional = 1000"))
        done = self.run_task(file, "--seed", "3", "--speed", "max", "--max-runtime", "3m", "--ndjson")
        self.assertIn(done.returncode, (0, 10), done.stderr)
        starts = [json.loads(line) for line in done.stdout.splitlines() if '"type":"trigger"' in line]
        self.assertGreaterEqual(len(starts), 2)
        for why in starts:
            self.assertGreaterEqual(Decimal(why["spread_bps"]), 5)

    def test_what_cannot_be_is_refused_with_its_place(self):
        text = TRIGGER.format(symbols='"BTC/USDT"', least=5, cooldown="20s", most=1, more="")
        for change, place, words in (
                (("symbols", "symbol"), "scan.toml:11:10", "did you mean symbols?"),
                (('["mexc_spot > gateio_spot"]', '["mexc_spot"]'), "scan.toml:12:15", "as in \"mexc_spot > gateio_spot\""),
                (("min_spread_bps = 5", ""), "scan.toml", "trigger.min_spread_bps: is required"),
                (("max_tasks = 1", "max_tasks = 0"), "scan.toml:15:13", "max_tasks"),
                (('["BTC/USDT"]', '["BTC/USDT", "BTC/USDT"]'), "scan.toml:11", "stands there twice"),
                (("max_tasks = 1", "max_tasks = 1\ntotal_notional = 5"), "scan.toml", "trigger.order_notional: is required"),
                (("[trigger]", "[[trigger]]"), "scan.toml", "is one table; write [trigger]"),
                (("[trigger]", '[[task]]\nname = "x"\n[trigger]'), "scan.toml", "do not go together"),
                (("[trigger]", "[risk]\nmin_spread_bps = 6\n[trigger]"), "scan.toml", "a task would begin and not quote"),
                (("[trigger]", 'exchange = "mexc_spot"\n[trigger]'), "scan.toml", "say the same thing twice")):
            with self.subTest(change=change):
                done = self.run_task(self.write("scan.toml", text.replace(*change)))
                self.assertEqual(done.returncode, 78, done.stderr)
                self.assertIn(place, done.stderr)
                self.assertIn(words, done.stderr)
        for flags, words in ((("--max-cycles", "3"), "--once"), (("--restart",), "after the cooldown")):
            done = self.run_task(self.write("scan.toml", text), *flags)
            self.assertEqual(done.returncode, 64)
            self.assertIn(words, done.stderr)
        twice = self.run_task(self.write("one.toml", text), self.write("two.toml", text))
        self.assertEqual(twice.returncode, 78)
        self.assertIn("is used by another trigger", twice.stderr)


class Example(ToolTest):
    def test_it_shows_its_pairs_and_starts_nothing_below_its_spread(self):
        file = os.path.join(EXAMPLES, "trigger.toml")
        plan = self.run_task(file, "--plan")
        self.assertEqual(plan.returncode, 0, plan.stderr)
        self.assertEqual(plan.stdout.count("gateio_spot"), 6, plan.stdout)
        done = self.run_task(file, "--once", "--speed", "max")
        self.assertEqual(done.returncode, 12, done.stderr)
        self.assertIn("no task started; the widest pair is", done.stderr)
        self.assertEqual(self.rows("orders"), [])


if __name__ == "__main__":
    unittest.main()
