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
