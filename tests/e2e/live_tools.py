"""The tools against the loopback exchange: real sockets, TLS, signatures, and a ledger to compare the books with."""
import json
import os
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

from tools import ToolTest

sys.path.insert(0, os.path.join(os.environ["DN_SOURCE"], "tests", "exchange"))
from exchange_client import Exchange, Gate, Mexc  # noqa: E402  pylint: disable=wrong-import-position

EXCHANGE = os.environ["DN_EXCHANGE"]
# What a good client never does.
SINS = ("bad_signatures", "bad_timestamps", "filter_violations", "rate_limit_breaches", "duplicate_orders", "protocol_errors", "unknown_paths", "ws_refusals")


def rows_by(rows, *keys):
    return {tuple(r[k] for k in keys): r for r in rows}


class LiveTest(ToolTest):
    settings = {}  # of the exchange

    def setUp(self):
        super().setUp()
        folder = os.path.join(self.dir, "exchange")
        os.mkdir(folder)
        flags = ["--seed", "7"]
        if self.settings:
            flags += ["--config", self.write("exchange.json", json.dumps(self.settings))]
        self.exchange = Exchange(EXCHANGE, folder, *flags)
        self.addCleanup(self.end_exchange)
        self.config = self.write_config()
        self.write_credentials()

    def end_exchange(self):
        self.exchange.__exit__()

    def write_config(self, rest=None, ca=None, mode="live", more=""):
        """dn.toml that differs from the real venues by addresses, certificate and the exchange's scale alone. `rest`: another address for everything."""
        urls = self.exchange.urls
        text = f'mode = "{mode}"\nstate_dir = "{os.path.dirname(self.db)}"\n{more}\n'
        for venue, http, ws in (("mexc_spot", "mexcRest", "mexcWs"), ("gateio_spot", "gateRest", "gateWs"), ("gateio_futures", "gateRest", "gateFuturesWs")):
            at = rest or urls[http].replace("/api/v4", "")
            stream = urls[ws] if rest is None else rest.replace("https", "wss") + "/" + urls[ws].split("/", 3)[3]
            text += f'[endpoints.{venue}]\nrest = "{at}"\nws = "{stream}"\nca_file = "{ca or self.exchange.ca}"\n'
            text += f'rate_scale = {self.settings.get("rate_scale", 1)}\n'
        return self.write("dn.toml", text)

    def write_credentials(self, mode=0o600, **changes):
        keys = {"mexc": dict(self.exchange.keys["mexc"]), "gateio": dict(self.exchange.keys["gate"])}
        for name, value in changes.items():
            section, key = name.split("_")
            keys[section][key] = value
        text = "".join(f'[{s}]\nkey = "{k["key"]}"\nsecret = "{k["secret"]}"\n' for s, k in keys.items())
        path = os.path.join(self.dir, "credentials.toml")
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def live(self, *arguments):
        return self.run_task(*arguments, "--config", self.config)

    def begin_live(self, *arguments):
        return self.begin(*arguments, "--config", self.config)

    def task_file(self, name, symbol, buy, sell, total, slice_, quote="opposite", offset=0, tolerance=5, more=""):
        """A task that takes, unless told otherwise: it ends within a second or two. `offset`: ticks away from the reference, on both sides."""
        def leg(ticks):
            return f'price_reference = "{quote}"\noffset_ticks = {ticks}\ntick_tolerance = {tolerance}\n'

        text = f'name = "{name}"\nsymbol = "{symbol}"\ntotal_quantity = "{total}"\norder_quantity = "{slice_}"\n'
        text += f'[buy]\nexchange = "{buy}"\n{leg(offset)}[sell]\nexchange = "{sell}"\n{leg(-offset)}[risk]\nmax_order_notional = 100000\n{more}'
        return self.write(name + ".toml", text)

    def until(self, good, seconds=20):
        end = time.monotonic() + seconds
        while not good():
            self.assertLess(time.monotonic(), end, "it did not happen in time")
            time.sleep(0.005)

    # ---- the exchange's truth against ours

    def assert_no_sins(self, *, but=()):
        counters = self.exchange.ledger()["counters"]
        self.assertEqual({k: counters[k] for k in SINS if k not in but and counters[k] != 0}, {})

    def assert_books_equal(self, before, *, ours=lambda order: order["client_order_id"].startswith("t-")):
        """Orders, trades, fees and what they did to balances and positions, to the last digit. `before`: the ledger at the start."""
        after = self.exchange.ledger()
        known = rows_by(before["orders"], "venue", "venue_order_id")
        new = [o for o in after["orders"] if (o["venue"], o["venue_order_id"]) not in known]  # the list goes by venue, not by time
        theirs = rows_by([o for o in new if ours(o)], "venue", "client_order_id")
        sent = [o for o in self.rows("orders") if o["venue_order_id"] and o["purpose"] != "restored"]
        books = rows_by(sent, "exchange", "client_order_id")
        self.assertEqual(sorted(theirs), sorted(books))
        for key, order in books.items():
            for field in ("venue_order_id", "side"):
                self.assertEqual(order[field], theirs[key][field], key)
            for field in ("price", "quantity", "filled"):
                self.assertEqual(Decimal(order[field]), Decimal(theirs[key][field]), (key, field))
            self.assertFalse(theirs[key]["open"], key)
        self.assert_trades_equal(after, {o["venue_order_id"] for o in books.values()} | self.adopted())
        self.assert_money_moved(before, after)

    def adopted(self):
        return {o["venue_order_id"] for o in self.rows("orders") if o["purpose"] == "restored"}

    def real_fills(self):
        """Without the rows that stand for a position of before."""
        return [f for f in self.rows("fills") if not f["trade_id"].startswith("restored-")]

    def assert_trades_equal(self, ledger, venue_orders):
        theirs = rows_by([t for t in ledger["trades"] if t["venue_order_id"] in venue_orders], "venue", "trade_id")
        books = rows_by(self.real_fills(), "exchange", "trade_id")
        self.assertEqual(sorted(theirs), sorted(books))
        for key, fill in books.items():
            trade = theirs[key]
            for field in ("client_order_id", "side", "fee_asset", "liquidity"):
                if field != "client_order_id" or fill["client_order_id"].startswith("t-"):
                    self.assertEqual(fill[field], trade[field], key)
            for field in ("price", "quantity", "fee"):
                self.assertEqual(Decimal(fill[field]), Decimal(trade[field]), (key, field))

    def assert_money_moved(self, before, after):
        moved = {}
        position = {}
        for f in self.real_fills():
            base, quote = self.task(f["task"])["symbol"].split("/")
            sign = 1 if f["side"] == "buy" else -1
            venue = {"mexc_spot": "mexc", "gateio_spot": "gate_spot", "gateio_futures": "gate_futures"}[f["exchange"]]
            quantity, value = Decimal(f["quantity"]), Decimal(f["quantity"]) * Decimal(f["price"])
            if venue == "gate_futures":
                position[f"{base}_{quote}"] = position.get(f"{base}_{quote}", Decimal(0)) + sign * quantity
            else:
                moved[venue, base] = moved.get((venue, base), Decimal(0)) + sign * quantity
                moved[venue, quote] = moved.get((venue, quote), Decimal(0)) - sign * value
            moved[venue, f["fee_asset"]] = moved.get((venue, f["fee_asset"]), Decimal(0)) - Decimal(f["fee"])
        for (venue, asset), amount in moved.items():
            change = Decimal(after["balances"][venue][asset]["total"]) - Decimal(before["balances"][venue][asset]["total"])
            if venue != "gate_futures" or not position:
                self.assertEqual(change, amount, (venue, asset))
        for contract, quantity in position.items():
            held = Decimal(before["positions"].get(contract, {"quantity": "0"})["quantity"])
            self.assertEqual(Decimal(after["positions"][contract]["quantity"]) - held, quantity, contract)

    def assert_balanced(self, name, minimum="0.0001"):
        self.assertLess(abs(Decimal(self.task(name)["imbalance"])), Decimal(minimum))
