"""An exchange for the tests of a class, and what they all need."""

import json
import os
import tempfile
import time
import unittest
from decimal import Decimal

from exchange_client import Exchange, Gate, Mexc, WebSocket

PROGRAM = os.environ["DN_EXCHANGE"]


def poll(ask, good):
    """Asks until the answer is good: what the venue shows late."""
    end = time.monotonic() + 20
    while True:
        answer = ask()
        if good(answer):
            return answer
        assert time.monotonic() < end, answer


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        config = os.path.join(cls.folder.name, "config.json")
        with open(config, "w", encoding="utf-8") as f:
            json.dump({"rate_scale": "20", "mexc_hidden_ms": 100, "mexc_not_by_api": ["TRXUSDT"], "balances": {"mexc": {"LTC": "1"}}}, f)
        cls.exchange = Exchange(PROGRAM, cls.folder.name, "--seed", "7", "--config", config)
        cls.mexc, cls.gate = Mexc(cls.exchange), Gate(cls.exchange)

    @classmethod
    def tearDownClass(cls):
        for rest in (cls.mexc, cls.gate):
            rest.connection.close() if rest.connection else None
        with cls.exchange:
            pass
        cls.folder.cleanup()
        assert cls.exchange.status == 0, cls.exchange.status

    def ws(self, url, headers=None):
        ws = WebSocket(self.exchange, self.exchange.urls[url[0]] + url[1] if isinstance(url, tuple) else self.exchange.urls[url], headers)
        self.addCleanup(ws.socket.close)
        return ws

    def mexc_price(self, side, away="0.98"):
        ticker = self.mexc.public("ticker/bookTicker", "symbol=ETHUSDT")[1]
        return str((Decimal(ticker[side]) * Decimal(away)).quantize(Decimal("0.01")))

    def order_in_ledger(self, client_id):
        return [o for o in self.exchange.ledger()["orders"] if o["client_order_id"] == client_id][-1]
