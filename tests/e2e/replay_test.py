"""Tasks over recorded books: the real recording when it is at hand, and a small one made here."""
import json
import os
import unittest
from decimal import Decimal

from tools import SOURCE, ToolTest

DATA = os.environ.get("DN_TEST_DATA", os.path.join(SOURCE, "..", "shared", "data"))
RECORDING = os.path.join(DATA, "gateio-spot-2025-09-03")


class Recorded(ToolTest):
    def setUp(self):
        super().setUp()
        if not os.path.isdir(RECORDING):
            self.skipTest(f"the recording {RECORDING} is not here; set DN_TEST_DATA")

    def replay(self, coin, buy, total, piece, *more):
        return self.run_task("--name", "r", "--symbol", coin + "/USDT", "--buy", buy, "--sell", "gateio_spot", "--total", total, "--slice", piece, "--buy-offset", "1",
                             "--sell-offset", "-1", "--buy-tolerance", "3", "--sell-tolerance", "3", "--replay", RECORDING, "--speed", "max", "--ndjson", *more)

    def books(self, coin):
        with open(os.path.join(RECORDING, f"orderbooks_{coin}_USDT.csv"), encoding="utf-8") as f:
            next(f)
            return [int(Decimal(line.split(",", 1)[0]) * 1_000_000) for line in f]

    def test_each_coin_and_rule_set_ends_balanced(self):
        for coin, total, piece in (("BTC", "1", "0.1"), ("ETH", "20", "2"), ("BTC", "0.05", "0.01")):
            for buy in ("gateio_spot", "mexc_spot"):
                with self.subTest(coin=coin, buy=buy, total=total):
                    self.db = os.path.join(self.dir, coin + buy + total, "dn.db")
                    done = self.replay(coin, buy, total, piece)
                    self.assertIn(done.returncode, (0, 10), done.stderr)
                    summary = json.loads(done.stdout.splitlines()[-1])
                    self.assertLess(abs(Decimal(summary["imbalance"])), Decimal(piece) / 50)
                    self.assertGreater(Decimal(summary["filled"]["buy"]), 0)
                    self.assertIsNotNone(summary["spread_bps"])

    def test_nothing_is_placed_or_kept_during_the_gap(self):
        times = self.books("BTC")
        start, end = max(zip(times, times[1:]), key=lambda pair: pair[1] - pair[0])
        self.assertGreater(end - start, 30_000_000, "the recording has a gap")
        done = self.replay("BTC", "gateio_spot", "5", "0.1")
        events = [json.loads(line) for line in done.stdout.splitlines()]
        stale = start + 2_000_000  # max_book_age
        self.assertFalse([e for e in events if e["type"] == "intent" and stale < e["ts_us"] < end])
        resting = set()
        for e in events:
            if e["ts_us"] > stale + 1_000_000:  # the cancels' own round trips
                break
            if e["type"] == "intent":
                resting.add(e["client_order_id"])
            elif e["type"] in ("cancel", "reject"):
                resting.discard(e["client_order_id"])
        done_orders = {o["client_order_id"] for o in self.rows("orders") if o["close_reason"] == "filled"}
        self.assertFalse(resting - done_orders)

    def test_the_same_recording_gives_the_same_bytes(self):
        first = self.replay("BTC", "mexc_spot", "1", "0.1", "--seed", "4").stdout
        self.db += ".again"
        self.assertEqual(first, self.replay("BTC", "mexc_spot", "1", "0.1", "--seed", "4").stdout)


class Made(ToolTest):
    """A coin that no table knows, in a recording of three minutes."""

    HEADER = "timestamp,sequence,exchange_timestamp,bid_price_0,bid_size_0,ask_price_0,ask_size_0,bid_price_1,bid_size_1,ask_price_1,ask_size_1\n"

    def record(self, books=None, trades=None):
        directory = os.path.join(self.dir, "recording")
        os.makedirs(directory, exist_ok=True)
        if books is None:
            books = self.HEADER
            for i in range(900):
                wave = (i // 40) % 3
                bid, ask = Decimal("1.500") + wave * Decimal("0.001"), Decimal("1.502") + wave * Decimal("0.001")
                books += f"{1_700_000_000 + i / 5:.6f},{i},{(1_700_000_000 + i / 5) * 1000:.0f},{bid},900,{ask},900,{bid - Decimal('0.001')},900,{ask + Decimal('0.001')},900\n"
        if trades is None:
            trades = "timestamp,price,size,side,trade_id,exchange_timestamp\n"
            for i in range(450):
                side = "sell" if i % 2 else "buy"
                price = Decimal("1.499") if side == "sell" else Decimal("1.506")
                trades += f"{1_700_000_000.1 + i / 2.5:.6f},{price},{'4e2' if i % 3 else '37.5'},{side},{i},\n"
        for name, text in (("orderbooks_NEW_USDT.csv", books), ("trades_NEW_USDT.csv", trades)):
            with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
                f.write(text)
        return directory

    def replay(self, directory):
        return self.run_task("--name", "new", "--symbol", "NEW/USDT", "--buy", "mexc_spot", "--sell", "gateio_spot", "--total", "500", "--slice", "50", "--buy-tolerance", "2",
                             "--sell-tolerance", "2", "--replay", directory, "--json")

    def test_an_unknown_coin_takes_its_rules_from_the_recording(self):
        done = self.replay(self.record())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["tasks"][0]["filled"]["buy"], "500")

    def test_a_recording_without_trades_to_fill_ends_with_code_10(self):
        done = self.replay(self.record(trades="timestamp,price,size,side,trade_id,exchange_timestamp\n"))
        self.assertEqual(done.returncode, 10, done.stdout + done.stderr)

    def test_bad_recordings_are_refused_with_their_place(self):
        good = self.HEADER + "1700000000.5,1,1,1.5,10,1.6,10,1.4,10,1.7,10\n"
        for books, place in ((self.HEADER + "1700000000.5,1,1,x,10,1.6,10,1.4,10,1.7,10\n", ":2:18:"), (self.HEADER + "yesterday,1,1,1.5,10,1.6,10,1.4,10,1.7,10\n", ":2:1:"),
                             ("timestamp,price\n", ":1:1:"), (self.HEADER, "no usable book")):
            with self.subTest(place=place):
                done = self.replay(self.record(books=books))
                self.assertEqual(done.returncode, 65, done.stdout)
                self.assertIn(place, done.stdout)
        done = self.replay(self.record(books=good, trades="timestamp,price,size,side\n1700000000,1.5,1,hold\n"))
        self.assertEqual(done.returncode, 65)
        self.assertIn("neither buy nor sell", done.stdout)
        self.assertFalse(os.path.exists(self.db), "nothing is written for a task that cannot run")
        self.assertEqual(self.replay(os.path.join(self.dir, "nowhere")).returncode, 66)


if __name__ == "__main__":
    unittest.main()
