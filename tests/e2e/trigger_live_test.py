"""[trigger] over the wire: books that the exchange is told to show, starts that outlive a kill, and the ways to keep it from starting anything."""
import json
import os
import signal
import threading
import unittest
from decimal import Decimal

from live_tools import LiveTest

TRIGGER = """name = "scan"
order_quantity = "0.1"
total_quantity = "0.2"
[buy]
price_reference = "opposite"
tick_tolerance = 5
[sell]
price_reference = "opposite"
tick_tolerance = 5
[risk]
max_order_notional = 100000
max_capital_fraction = 1
[trigger]
symbols = ["ETH/USDT", "LTC/USDT"]
venue_pairs = ["mexc_spot > gateio_spot", "mexc_spot > gateio_futures"]
min_spread_bps = 50
cooldown = "{cooldown}"
max_tasks = {most}
"""
FAIR = {"ETH": Decimal(4000), "LTC": Decimal(100)}
# name of the venue and of the market, by ours
MARKETS = {"mexc_spot": "{}USDT", "gateio_spot": "{}_USDT", "gateio_futures": "{}_USDT"}


class Trigger(LiveTest):
    def setUp(self):
        super().setUp()
        for coin in FAIR:
            for venue in MARKETS:
                self.pin(venue, coin, 0)

    def pin(self, venue, coin, bps):
        """The market's book stands so far above its fair price from now on."""
        price = FAIR[coin] * (1 + Decimal(bps) / 10_000)
        bid, ask = str(price.quantize(Decimal("0.01"))), str((price * Decimal("1.0002")).quantize(Decimal("0.01")))
        self.exchange.control("POST", "book", {"venue": venue, "symbol": MARKETS[venue].format(coin), "bids": [[bid, "500"]], "asks": [[ask, "500"]]})

    def trigger(self, cooldown="1h", most=5):
        return self.write("scan.toml", TRIGGER.format(cooldown=cooldown, most=most))

    def tasks(self):
        return {t["task"]: t for t in json.loads(self.status("--json").stdout)["tasks"]}

    def say(self, process, words):
        """Waits until a process says so; one that does not in a minute is ended."""
        end = threading.Timer(60, process.kill)
        end.start()
        try:
            heard = any(words in line for line in process.stderr)
        finally:
            end.cancel()
        self.assertTrue(heard, f"it ended, or a minute went by, without a word of {words}")

    def started(self, name):
        return [e for e in self.events(name) if e["type"] == "trigger"]


class Live(Trigger):
    def test_pairs_that_share_a_book_all_begin_and_the_widest_first(self):
        self.pin("gateio_spot", "ETH", 130)
        self.pin("gateio_futures", "ETH", 150)
        done = self.live(self.trigger(), "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        began = [e for name in self.tasks() for e in self.started(name)]
        self.assertEqual([e["task"] for e in sorted(began, key=lambda e: e["ts_us"])],
                         ["scan.ETH-USDT.mexc_spot.gateio_futures", "scan.ETH-USDT.mexc_spot.gateio_spot"], done.stderr)

    def test_exactly_the_pairs_that_are_worth_it_trade_and_the_books_are_equal(self):
        before = self.exchange.ledger()
        self.pin("gateio_spot", "ETH", 120)
        self.pin("gateio_futures", "LTC", 30)  # too little
        run = self.begin_live(self.trigger(), "--ndjson")
        self.wait_for_event(run, "summary")
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=20)
        self.assertEqual(run.returncode, 130, err)
        self.assertEqual({name: t["verdict"] for name, t in self.tasks().items()}, {"scan.ETH-USDT.mexc_spot.gateio_spot": "COMPLETED"})
        why = self.started("scan.ETH-USDT.mexc_spot.gateio_spot")[0]
        self.assertGreater(Decimal(why["spread_bps"]), 50)
        self.assert_books_equal(before)
        self.assert_no_sins()

    def test_one_look_is_for_cron(self):
        none = self.live(self.trigger(), "--once")
        self.assertEqual(none.returncode, 12, none.stderr)
        self.assertIn("the widest pair is", none.stderr)
        self.pin("gateio_futures", "LTC", 100)
        one = self.live(self.trigger(), "--once")
        self.assertEqual(one.returncode, 0, one.stderr)
        self.assertEqual(list(self.tasks()), ["scan.LTC-USDT.mexc_spot.gateio_futures"])
        again = self.live(self.trigger(), "--once")
        self.assertEqual(again.returncode, 12, "the pair cools down: " + again.stderr)

    def test_one_that_is_killed_goes_on_with_its_task_and_starts_no_second_one(self):
        self.pin("gateio_spot", "ETH", 120)
        for _ in range(3):
            run = self.begin_live(self.trigger(), "--ndjson")
            self.wait_for_event(run, "intent", "summary")  # it may have sent all of its orders before it was killed
            self.kill(run)
            if self.tasks()["scan.ETH-USDT.mexc_spot.gateio_spot"]["verdict"] == "COMPLETED":
                break
        done = self.live(self.trigger(), "--once")
        self.assertIn(done.returncode, (0, 12), done.stderr)
        task = self.tasks()["scan.ETH-USDT.mexc_spot.gateio_spot"]
        self.assertEqual((task["verdict"], Decimal(task["buy"]["filled"])), ("COMPLETED", Decimal("0.2")))
        self.assertEqual(len(self.started("scan.ETH-USDT.mexc_spot.gateio_spot")), 1)
        self.assertEqual(len(self.tasks()), 1)
        self.assert_no_sins()

    def test_a_lost_database_does_not_make_it_trade_once_more(self):
        self.pin("gateio_spot", "ETH", 120)
        self.assertEqual(self.live(self.trigger(), "--once").returncode, 0)
        traded = len(self.exchange.ledger()["trades"])
        for tail in ("", "-wal", "-shm"):
            if os.path.exists(self.db + tail):
                os.unlink(self.db + tail)
        again = self.live(self.trigger(), "--once")
        self.assertEqual(again.returncode, 24, again.stderr)
        self.assertEqual(len(self.exchange.ledger()["trades"]), traded)

    def test_one_process_watches_a_trigger(self):
        run = self.begin_live(self.trigger())
        self.until(lambda: os.path.exists(os.path.join(os.path.dirname(self.db), "locks", "trigger:scan.lock")))
        second = self.live(self.trigger(), "--once")
        self.assertEqual(second.returncode, 11, second.stderr)
        self.assertIn("another process watches it", second.stderr)
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=20)
        self.assertEqual(run.returncode, 143)

    def test_the_widest_begins_first_whichever_answers_first(self):
        self.pin("gateio_spot", "ETH", 120)
        self.pin("gateio_futures", "LTC", 300)
        self.exchange.fault(venue="gateio_futures", what="public", fault="slow", count=1000, ms=400)
        done = self.live(self.trigger(most=1), "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(self.tasks()), ["scan.LTC-USDT.mexc_spot.gateio_futures"])

    def test_what_it_was_told_while_halted_decides_nothing(self):
        """The stream stands still with a book that was worth a task; the book is gone when the halt is lifted."""
        halt = os.path.join(os.path.dirname(self.db), "HALT")
        os.makedirs(os.path.dirname(self.db), mode=0o700, exist_ok=True)
        run = self.begin_live(self.trigger())
        self.until(lambda: os.path.exists(os.path.join(os.path.dirname(self.db), "locks", "trigger:scan.lock")))
        self.write(halt, "")
        self.pin("gateio_spot", "ETH", 120)
        self.say(run, "nothing starts until it is gone")
        self.exchange.fault(venue="gateio_spot", what="stream", fault="stall_stream", count=1)
        self.pin("gateio_spot", "ETH", 0)
        os.unlink(halt)
        self.pin("gateio_futures", "LTC", 300)  # so that its end shows that it looked
        self.say(run, "Trigger scan starts")
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=20)
        self.assertEqual(list(self.tasks()), ["scan.LTC-USDT.mexc_spot.gateio_futures"])

    def test_sighup_changes_what_starts_from_then_on(self):
        run = self.begin_live(self.trigger())
        self.say(run, "pairs are watched")
        with open(self.trigger(), encoding="utf-8") as f:
            text = f.read()
        self.write("scan.toml", text.replace("min_spread_bps = 50", "min_spread_bps = 200"))
        run.send_signal(signal.SIGHUP)
        self.say(run, "reloaded: for the tasks that start from now on")
        self.pin("gateio_spot", "ETH", 120)
        self.write("scan.toml", text.replace('["ETH/USDT", "LTC/USDT"]', '["ETH/USDT"]'))
        run.send_signal(signal.SIGHUP)
        self.say(run, "reload refused")
        self.pin("gateio_spot", "LTC", 300)
        self.say(run, "Trigger scan starts")
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=20)
        self.assertEqual(list(self.tasks()), ["scan.LTC-USDT.mexc_spot.gateio_spot"])

    def test_a_pair_is_free_again_when_another_process_ends_its_task(self):
        self.pin("gateio_spot", "ETH", 120)
        run = self.begin_live(self.trigger(cooldown="1s"), "--ndjson")
        self.wait_for_event(run, "trigger")
        name = "scan.ETH-USDT.mexc_spot.gateio_spot"
        self.recover("halt", "--task", name, "--config", self.config)
        self.wait_for_event(run, "summary")
        self.recover("resume", "--task", name, "--yes", "--config", self.config)
        self.until(lambda: self.live("--task", name, "--quiet").returncode == 0, 60)
        self.wait_for_event(run, "trigger")
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=20)

    def test_halt_keeps_everything_from_starting(self):
        os.makedirs(os.path.dirname(self.db), mode=0o700, exist_ok=True)
        self.write(os.path.join(os.path.dirname(self.db), "HALT"), "")
        self.pin("gateio_spot", "ETH", 120)
        done = self.live(self.trigger(), "--once")
        self.assertEqual(done.returncode, 12, done.stderr)
        self.assertIn("nothing starts until it is gone", done.stderr)
        self.assertEqual(self.exchange.ledger()["orders"], [])
        os.unlink(os.path.join(os.path.dirname(self.db), "HALT"))
        self.assertEqual(self.live(self.trigger(), "--once").returncode, 0)

    def test_a_venue_that_is_away_leaves_the_other_pairs(self):
        self.pin("gateio_spot", "ETH", 120)
        self.exchange.fault(venue="gateio_futures", what="public", fault="http_502_html", count=1000)
        done = self.live(self.trigger(), "--once")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(self.tasks()), ["scan.ETH-USDT.mexc_spot.gateio_spot"])
        self.assertIn("mexc_spot > gateio_futures is not watched", done.stderr)


class PoorAccount(Trigger):
    settings = {"balances": {"mexc": {"USDT": "100"}, "gate_spot": {"USDT": "100", "ETH": "1"}}}

    def test_a_start_that_fails_for_want_of_money_is_not_twelve(self):
        self.pin("gateio_spot", "ETH", 120)
        done = self.live(self.trigger(), "--once")
        self.assertEqual(done.returncode, 22, done.stderr)
        self.assertIn("does not begin", done.stderr)
        self.assertEqual(self.exchange.ledger()["orders"], [])


if __name__ == "__main__":
    unittest.main()
