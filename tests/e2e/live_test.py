"""The seed's examples with real money's code paths: live mode over TLS against the loopback exchange, books against its ledger."""
import os
import unittest
from decimal import Decimal

from live_tools import Gate, LiveTest, Mexc
from tools import EXAMPLES


class Live(LiveTest):
    def example(self, name, *arguments):
        before = self.exchange.ledger()
        done = self.live(os.path.join(EXAMPLES, name), *arguments)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assert_no_sins()
        self.assert_books_equal(before)
        return done

    def completed(self, name):
        task = self.task(name)
        self.assertEqual((task["verdict"], task["open_orders"], task["unknown_orders"]), ("COMPLETED", 0, 0))
        return task

    def test_cross_exchange(self):
        self.example("btc.toml")
        task = self.completed("btc")
        self.assertEqual((task["buy"]["filled"], task["sell"]["filled"], task["imbalance"]), ("1", "1", "0"))

    def test_spot_against_futures_in_whole_contracts(self):
        self.example("eth-spot-futures.toml")
        task = self.completed("eth-spot-futures")
        self.assertEqual(task["imbalance"], "0")

    def test_market_making_on_one_venue(self):
        self.example("usdc-market-making.toml")
        task = self.completed("usdc-market-making")
        self.assertEqual((task["buy"]["filled"], task["sell"]["filled"]), ("10000", "10000"))

    def test_a_position_and_a_resting_order_are_taken_over(self):
        mexc = Mexc(self.exchange)
        _, book = mexc.public("ticker/bookTicker", "symbol=BTCUSDT")
        status, placed = mexc.signed("POST", "order", f"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.1&price={book['bidPrice']}&newClientOrderId=before")
        self.assertEqual(status, 200, placed)
        with open(os.path.join(EXAMPLES, "btc-restore.toml"), encoding="utf-8") as f:
            text = f.read()
        self.assertIn('"mexc_order_123"', text)
        before = self.exchange.ledger()
        done = self.live(self.write("restore.toml", text.replace("mexc_order_123", placed["orderId"])))
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assert_no_sins()
        self.assert_books_equal(before)
        self.assertEqual(self.completed("btc-restore")["imbalance"], "0")
        order = next(o for o in self.exchange.ledger()["orders"] if o["venue_order_id"] == placed["orderId"])
        self.assertFalse(order["open"])

    def partly_filled(self, quantity="0.1"):
        """A resting order at Gate of which half has filled: its id, what filled of it, and at which price."""
        for venue, symbol, asks in (("gateio_spot", "BTC_USDT", [["60001", "0.05"], ["60300", "50"]]), ("mexc_spot", "BTCUSDT", [["60001", "50"]])):
            self.exchange.control("POST", "book", {"venue": venue, "symbol": symbol, "bids": [["60000", "50"]], "asks": asks})
        order = {"currency_pair": "BTC_USDT", "side": "buy", "amount": quantity, "price": "60001", "text": "t-before"}
        status, placed = Gate(self.exchange).signed("POST", "/spot/orders", body=order)
        self.assertEqual(status, 201, placed)
        return placed["id"]

    def restored(self, order_id, filled, average):
        return self.write("restored.toml", f"""name = "restored"
symbol = "BTC/USDT"
total_quantity = 0.2
order_quantity = 0.1
[buy]
exchange = "gateio_spot"
offset_ticks = 300
tick_tolerance = 1000
[sell]
exchange = "mexc_spot"
offset_ticks = -300
tick_tolerance = 1000
[restore.buy]
filled_quantity = {filled}
avg_price = {average}
order_id = "{order_id}"
[risk]
max_order_notional = 20000
max_capital_fraction = 1
""")

    def test_what_an_order_to_take_over_filled_is_not_counted_twice(self):
        order_id = self.partly_filled()
        file = self.restored(order_id, "0.05", "60001.0")
        done = self.live(file)
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn(f"restore.buy.filled_quantity 0.05 holds the 0.05 that order_id {order_id} filled on gateio_spot already", done.stderr)
        self.assertIn("dn-run cancel restored", done.stderr)
        self.assertEqual(len([o for o in self.exchange.ledger()["orders"] if o["client_order_id"] != "t-before"]), 0, "nothing was sent")
        self.assertEqual(self.run_task("cancel", "restored").returncode, 0)
        file = self.restored(order_id, "0", "0")
        done = self.live(file, "--restart", "--max-runtime", "3s")
        self.assertEqual(done.returncode, 10, done.stderr)
        self.assertEqual(Decimal(self.task("restored")["buy"]["filled"]), Decimal("0.05"))

    def test_where_it_cannot_be_told_the_owner_is_asked(self):
        order_id = self.partly_filled()
        done = self.live(self.restored(order_id, "0.07", "59000"), "--max-runtime", "3s")
        self.assertEqual(done.returncode, 10, done.stderr)
        self.assertIn("is it in there already, and counted twice?", done.stderr)
        (told,) = [e for e in self.events("restored") if e.get("code") == "restored_order_filled"]
        self.assertEqual(told["level"], "WARNING")
        self.assertEqual(Decimal(self.task("restored")["buy"]["filled"]), Decimal("0.12"))

    def test_a_foreign_order_is_left_alone(self):
        gate = Gate(self.exchange)
        _, book = gate.public("/spot/order_book", "currency_pair=BTC_USDT&limit=1")
        price = str((Decimal(book["bids"][0][0]) * Decimal("0.95")).quantize(Decimal("0.1")))
        order = {"currency_pair": "BTC_USDT", "side": "buy", "amount": "0.001", "price": price, "text": "t-mine"}
        status, placed = gate.signed("POST", "/spot/orders", body=order)
        self.assertEqual(status, 201, placed)
        file = self.task_file("small", "BTC/USDT", "mexc_spot", "gateio_spot", "0.004", "0.002")
        done = self.live(file)
        self.assertEqual(done.returncode, 0, done.stderr)
        order = next(o for o in self.exchange.ledger()["orders"] if o["client_order_id"] == "t-mine")
        self.assertTrue(order["open"])


if __name__ == "__main__":
    unittest.main()
