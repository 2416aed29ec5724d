"""Every number that people and programs are shown equals the one that the exchange's ledger gives, to the last digit: status, pnl, rows, metrics and the
report, after five kinds of runs. What the ledger cannot know (latency, when the sides stood apart) is held against itself only. The mids that orders were
decided at come from the books pinned here, and where the books move from what the orders' rows keep."""
import contextlib
import csv
import html
import io
import json
import os
import re
import sqlite3
import time
import unittest
from fractions import Fraction

from exposition import Metrics
from ledger_reckoning import Reckoning, plain, rounded
from live_tools import LiveTest

SYMBOL = "BTC/USDT"
MARKET = {"mexc_spot": "BTCUSDT", "gateio_spot": "BTC_USDT", "gateio_futures": "BTC_USDT"}


def number(text):
    return None if text in (None, "-", "") else Fraction(text)


class LedgerTest(LiveTest):
    """What each output is held against."""

    settings = {"rate_scale": "4"}
    goes_round = False

    def pin(self, venue, bid, ask, quantity="50", more=()):
        """A book of one level, and perhaps more behind it."""
        side = lambda price, sign: [[price, quantity]] + [[str(float(price) + sign * float(away)), q] for away, q in more]
        self.exchange.control("POST", "book", {"venue": venue, "symbol": MARKET[venue], "bids": side(bid, -1), "asks": side(ask, 1)})

    # ---- each output against the reckoning

    def check(self, name, before, venues, total, mids=None):
        """`mids`: {venue: mid} of books that stood still."""
        r = Reckoning(before, self.exchange.ledger(), venues, SYMBOL, total, self.goes_round)
        self.assertGreater(len(r.trades), 0)
        with contextlib.closing(sqlite3.connect(self.db)) as c:
            arrivals = {order: Fraction(mid) for order, mid in c.execute("SELECT client_order_id, arrival FROM orders")}
        r.take_mids(lambda t: mids[t["venue"]] if mids else arrivals[t["client_order_id"]])
        self.check_json(r, self.task(name))
        self.check_show(r, self.status("show", name).stdout)
        self.check_table(r, name)
        self.check_pnl(r, name)
        self.check_sums(r)
        self.check_rows(r)
        self.check_metrics(r, name)
        self.check_report_data(r)
        self.check_page(r, name)
        return r

    def same(self, shown, wanted, places, what):
        """`wanted` at so many places; None: exact."""
        told = None if wanted is None else number(plain(wanted) if places is None else rounded(wanted, places))
        self.assertEqual(number(shown), told, what)

    def check_json(self, r, task):
        for side in ("buy", "sell"):
            leg, told = r.leg[side], task[side]
            self.same(told["filled"], leg.filled, None, (side, "filled"))
            self.same(told["net"], leg.net, None, (side, "net"))
            self.same(told["avg_price"], leg.average, 8, (side, "avg_price"))
            self.same(told["progress"], r.progress(side), 6, (side, "progress"))
            self.assertEqual({a: Fraction(f) for a, f in told["fees"].items()}, leg.fees)
        self.assertEqual({a: Fraction(f) for a, f in task["fees"].items()}, r.fees)
        self.same(task["imbalance"], r.imbalance, None, "imbalance")
        self.same(task["imbalance_pct"], abs(r.imbalance) * 100 / r.total, 4, "imbalance_pct")
        for key, value, places in (("spread_bps", r.spread, 4), ("gross_quote", r.gross, 8), ("profit_quote", r.profit, 8), ("profit_bps", r.profit_bps, 4),
                                   ("break_even_bps", r.break_even, 4)):
            self.same(task[key], value, places, key)
        profit = {k: number(v) for k, v in task["profit"].items()}
        self.same(task["profit"]["total"], r.profit, 20, "profit.total")
        self.same(task["profit"]["fees"], r.fees_quote, 20, "profit.fees")
        self.same(task["profit"]["funding"], r.funding, None, "profit.funding")
        self.same(task["profit"]["slippage"], r.slippage, 20, "profit.slippage")
        self.same(task["profit"]["basis"], r.basis, 20, "profit.basis")
        if r.profit is not None:
            self.assertEqual(profit["basis"] + profit["slippage"] + profit["funding"] - profit["fees"], profit["total"])
        self.assertEqual(task["open_orders"], sum(o["open"] for o in r.orders))
        self.assertEqual(task["unknown_orders"], 0)

    def check_show(self, r, text):
        dash = lambda value, places: "-" if value is None else rounded(value, places)
        for side in ("buy", "sell"):
            leg = r.leg[side]
            percent = rounded(Fraction(rounded(r.progress(side), 6)) * 100, 1)
            line = next(line for line in text.splitlines() if re.match(rf"{side} +\d", line))
            told = re.match(rf"{side} +(\S+) filled \((\S+)%\), net (\S+), average (\S+) on (\S+)$", line)
            self.assertEqual([number(x) for x in told.groups()[:4]], [leg.filled, number(percent), leg.net, number(dash(leg.average, 8))])
            self.assertEqual(told.group(5), r.venues[side])
        imbalance = re.search(r"^imbalance +(\S+) \((\S+)% of", text, re.MULTILINE)
        self.assertEqual([number(x) for x in imbalance.groups()], [r.imbalance, number(rounded(abs(r.imbalance) * 100 / r.total, 4))])
        profit = re.search(r"^profit +(\S+) USDT gross, (\S+) USDT net of fees, (\S+) bps", text, re.MULTILINE)
        self.assertEqual([number(x) for x in profit.groups()], [number(dash(v, p)) for v, p in ((r.gross, 8), (r.profit, 8), (r.profit_bps, 4))])
        parts = re.search(r"^  made of +basis (\S+), slippage (\S+), funding (\S+), fees (\S+)$", text, re.MULTILINE)
        self.assertEqual(parts is not None, r.profit is not None)
        if parts:
            self.assertEqual([number(x) for x in parts.groups()], [number(rounded(v, 20)) for v in (r.basis, r.slippage, r.funding, -r.fees_quote)])
        told = [(Fraction(fee), asset) for fee, asset in re.findall(r"^  fees +(\S+) (\S+)$", text, re.MULTILINE)]
        self.assertEqual(sorted(told), sorted((fee, asset) for leg in r.leg.values() for asset, fee in leg.fees.items()))

    def check_table(self, r, name):
        row = next(row for row in csv.DictReader(io.StringIO(self.status("--csv").stdout)) if row["task"] == name)
        for side, head in (("buy", "bought"), ("sell", "sold")):
            filled, percent = re.match(r"(\S+) \((\S+)%\)", row[head]).groups()
            self.assertEqual((number(filled), number(percent)), (r.leg[side].filled, number(rounded(Fraction(rounded(r.progress(side), 6)) * 100, 1))))
        for head, value, places in (("imbalance", r.imbalance, None), ("spread bps", r.spread, 4), ("profit", r.profit, 4), ("profit bps", r.profit_bps, 4)):
            # Two places of basis points are those of the four that are kept.
            value = Fraction(rounded(value, 4)) if "bps" in head and value is not None else value
            self.same(row[head], value, 2 if "bps" in head else places, head)

    def check_pnl(self, r, name):
        row = next(row for row in csv.DictReader(io.StringIO(self.status("pnl", "--csv").stdout)) if row["task"] == name)
        for head, value, places in (("matched", r.matched, None), ("basis", r.basis, 20), ("slippage", r.slippage, 20), ("gross", r.gross, 20),
                                    ("funding", r.funding, None), ("fees in quote", r.fees_quote, 20), ("net", r.profit, 20), ("net bps", r.profit_bps, 4),
                                    ("imbalance", r.imbalance, None)):
            self.same(row[head], value, places, head)

    def check_sums(self, r):
        """By symbol and by day: both of one task here, so that they are its own numbers."""
        for by in ("symbol", "day"):
            rows = json.loads(self.status("pnl", "--by", by, "--json").stdout)["rows"]
            total = lambda key: sum((Fraction(row[key]) for row in rows), Fraction(0))  # pylint: disable=cell-var-from-loop
            self.assertEqual(total("fills"), len(r.trades))
            self.assertEqual(total("traded"), sum(Fraction(t["quantity"]) * Fraction(t["price"]) for t in r.trades))
            self.assertEqual(total("funding"), r.funding)
            self.assertEqual(total("fees_quote"), Fraction(rounded(r.fees_quote, 20)))
            self.assertEqual(total("slippage"), Fraction(rounded(r.slippage, 20)))
            others = {}
            for asset, fee in (item for row in rows for item in row["other_fees"].items()):
                others[asset] = others.get(asset, 0) + Fraction(fee)
            self.assertEqual(others, {asset: fee for asset, fee in r.fees.items() if asset not in (r.base, r.quote)})
            if r.profit is not None:
                self.assertEqual(total("net"), Fraction(rounded(r.profit, 20)))
                self.assertEqual(total("gross"), Fraction(rounded(r.gross, 20)))
            for row in rows:
                self.assertEqual(Fraction(row["basis"]) + Fraction(row["slippage"]), Fraction(row["gross"]))
                self.assertEqual(Fraction(row["gross"]) + Fraction(row["funding"]) - Fraction(row["fees_quote"]), Fraction(row["net"]))
        text = list(csv.DictReader(io.StringIO(self.status("pnl", "--by", "day", "--csv").stdout)))
        self.assertEqual([row["net"] for row in text], [row["net"] for row in rows])

    def check_rows(self, r):
        trades = {(t["venue"], t["trade_id"]): t for t in r.trades}
        fills = list(csv.DictReader(io.StringIO(self.status("fills", "--csv").stdout)))
        self.assertEqual(sorted((f["exchange"], f["trade_id"]) for f in fills), sorted(trades))
        for f in fills:
            t = trades[f["exchange"], f["trade_id"]]
            self.assertEqual([f["side"], f["fee_asset"], f["liquidity"]], [t["side"], t["fee_asset"], t["liquidity"]])
            for key in ("price", "quantity", "fee"):
                self.assertEqual(Fraction(f[key]), Fraction(t[key]), (key, f))
        orders = {(o["venue"], o["client_order_id"]): o for o in r.orders}
        ours = [o for o in csv.DictReader(io.StringIO(self.status("orders", "--csv").stdout)) if o["venue_order_id"]]
        self.assertEqual(sorted((o["exchange"], o["client_order_id"]) for o in ours), sorted(orders))
        for o in ours:
            theirs = orders[o["exchange"], o["client_order_id"]]
            for key in ("price", "quantity", "filled"):
                self.assertEqual(Fraction(o[key]), Fraction(theirs[key]), (key, o))

    def check_metrics(self, r, name):
        samples = Metrics(self.status("--prometheus").stdout)

        def told(metric, **labels):
            wanted = {("task", name), *labels.items()}
            return next((value for (n, of), value in samples.items() if n == metric and wanted <= of), None)

        for side in ("buy", "sell"):
            leg = r.leg[side]
            for metric, value, places in (("dn_task_filled_quantity", leg.filled, None), ("dn_task_net_quantity", leg.net, None),
                                          ("dn_task_progress_ratio", r.progress(side), 6), ("dn_task_average_price", leg.average, 8)):
                self.same(told(metric, side=side), value, places, (metric, side))
            for asset, fee in leg.fees.items():
                self.same(told("dn_task_fees", side=side, asset=asset), fee, None, ("fees", side, asset))
        bps = lambda value: None if value is None else Fraction(rounded(value, 4)) / 10000
        for metric, value, places in (("dn_task_imbalance_quantity", r.imbalance, None), ("dn_task_imbalance_ratio", abs(r.imbalance) / r.total, 6),
                                      ("dn_task_spread_ratio", bps(r.spread), None), ("dn_task_gross_profit", r.gross, 8), ("dn_task_profit", r.profit, 8),
                                      ("dn_task_profit_ratio", bps(r.profit_bps), None)):
            self.same(told(metric), value, places, metric)
        for part, value in (("basis", r.basis), ("slippage", r.slippage), ("funding", r.funding), ("fees", r.fees_quote)):
            self.same(told("dn_task_profit_part", part=part), value, 20, part)

    def check_report_data(self, r):
        rows = list(csv.DictReader(io.StringIO(self.status("report", "--csv").stdout)))
        for side in ("buy", "sell"):
            steps = [row for row in rows if row["plot"] == "progress" and row["series"] == side]
            self.same(steps[-1]["y"] if steps else "0", r.leg[side].filled, None, ("progress", side))
        steps = [row for row in rows if row["plot"] == "imbalance" and row["series"] == "imbalance"]
        self.same(steps[-1]["y"], r.imbalance, None, "imbalance")
        sums = {row["x"]: row["y"] for row in rows if row["plot"] == "profit" and row["series"] == "sum"}
        if r.profit is not None:
            self.same(sums["gross"], r.gross, 20, "gross")
            self.same(sums["net"], r.profit, 20, "net")
        paid = {row["unit"]: Fraction(row["y"]) for row in rows if row["plot"] == "profit" and row["series"] == "paid"}
        self.assertEqual(paid, r.fees)
        parts = {row["x"]: Fraction(row["y"]) for row in rows if row["plot"] == "profit" and row["series"] == "part"}
        self.assertEqual(parts, r.parts())
        moved = [(row["series"], Fraction(row["y"])) for row in rows if row["plot"] == "slippage"]
        self.assertEqual(sorted(moved), sorted((t["venue"], Fraction(rounded(bps, 4))) for t, bps in r.slips()))

    def check_page(self, r, name):
        page = self.status("report", "--task", name).stdout
        tiles = {html.unescape(k): html.unescape(v) for k, v in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)}
        for tile, value, places in (("average bought at", r.leg["buy"].average, 8), ("average sold at", r.leg["sell"].average, 8), ("imbalance", r.imbalance, None),
                                    ("spread captured", r.spread, 4), ("break-even", r.break_even, 4), ("gross profit", r.gross, 8), ("net profit", r.profit, 8),
                                    ("net profit of what was matched", r.profit_bps, 4), ("matched, net of fees", r.matched, None)):
            self.same(tiles[tile].split()[0], value, places, tile)
        for side, tile in (("buy", "bought"), ("sell", "sold")):
            filled, percent = re.match(r"(\S+) BTC, (\S+) %", tiles[tile]).groups()
            self.assertEqual((number(filled), number(percent)), (r.leg[side].filled, number(rounded(Fraction(rounded(r.progress(side), 6)) * 100, 2))))
        rows = [[html.unescape(re.sub("<.*?>", "", cell)) for cell in re.findall(r"<td.*?>(.*?)</td>", row)] for row in re.findall(r"<tr>(.*?)</tr>", page)]
        amounts = {row[0]: number(row[1]) for row in rows if len(row) == 3 and row[2] == r.quote and not row[0].startswith("paid in fees")}
        self.assertEqual(amounts, {**r.parts(), **({"gross": Fraction(rounded(r.gross, 20)), "net": Fraction(rounded(r.profit, 20))} if r.parts() else {})})
        for side, leg in r.leg.items():
            sums = [(row[0], row[1], number(row[2]), number(row[3])) for row in rows if len(row) == 5 and row[0].startswith(side + " ")]
            wanted = [("filled", r.base, leg.filled), ("net", r.base, leg.net), ("cash", r.quote, leg.cash), ("slippage", r.quote, leg.slippage),
                      ("funding", r.quote, r.funding if side == r.funded else 0)] + [("fees", asset, fee) for asset, fee in leg.fees.items()]
            self.assertEqual(sorted(sums), sorted((f"{side} {what}", unit, value, value) for what, unit, value in wanted))
        self.assertIn("The books keep every promise.", page)


class LedgerNumbers(LedgerTest):
    def test_a_smooth_run(self):
        venues = {"buy": "mexc_spot", "sell": "gateio_spot"}
        self.pin("mexc_spot", "60000", "60001")
        self.pin("gateio_spot", "60100.1", "60101.3")
        before = self.exchange.ledger()
        done = self.live(self.task_file("smooth", SYMBOL, *venues.values(), "0.03", "0.007"), "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check("smooth", before, venues, "0.03", {"mexc_spot": Fraction("60000.5"), "gateio_spot": Fraction("60100.7")})

    def test_a_perpetual_is_held_through_two_settlements_and_closed(self):
        self.goes_round = True
        venues = {"buy": "mexc_spot", "sell": "gateio_futures"}
        before = self.exchange.ledger()
        self.exchange.control("POST", "funding_terms", {"symbol": "BTC_USDT", "rate": "0.0003", "interval": 3600, "in": 4})
        path = self.task_file("carry", SYMBOL, *venues.values(), "0.02", "0.01", more='max_capital_fraction = 1\nmax_hold = "12h"\n')
        with open(path, encoding="utf-8") as f:
            text = f.read()
        run = self.begin_live(self.write("carry.toml", "exit_after_fundings = 2\n" + text), "--ndjson")
        for line in run.stdout:
            if json.loads(line).get("code") == "holding":
                break
        self.exchange.control("POST", "funding", {"symbol": "BTC_USDT", "rate": "0.0003"})
        time.sleep(1.1)  # the venue tells seconds, and two of one second are one settlement
        self.exchange.control("POST", "funding", {"symbol": "BTC_USDT", "rate": "-0.0001"})
        _, told = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 0, told)
        r = self.check("carry", before, venues, "0.02")
        self.assertGreater(r.funding, 0)
        self.same(self.task("carry")["funding"]["received"], r.funding, None, "received")
        self.assertEqual(len([e for e in self.events("carry") if e["type"] == "funding"]), 2)

    def test_a_run_that_was_killed_and_gone_on_with(self):
        venues = {"buy": "mexc_spot", "sell": "gateio_spot"}
        before = self.exchange.ledger()
        file = self.task_file("killed", SYMBOL, *venues.values(), "0.03", "0.003")
        self.exchange.fault(venue="mexc_spot", what="place", fault="reset_after", count=1)
        run = self.begin_live(file, "--ndjson")
        self.wait_for_event(run, "fill")
        self.wait_for_event(run, "fill")
        self.kill(run)
        done = self.recover("--task", "killed", "--apply", "--config", self.config)
        self.assertIn(done.returncode, (0, 20), done.stderr)
        self.check("killed", before, venues, "0.03")
        done = self.live(file, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check("killed", before, venues, "0.03")

    def test_a_run_that_was_halted_half_way(self):
        venues = {"buy": "gateio_spot", "sell": "mexc_spot"}
        before = self.exchange.ledger()
        run = self.begin_live(self.task_file("halted", SYMBOL, *venues.values(), "0.05", "0.004"), "--ndjson")
        self.wait_for_event(run, "fill")
        self.wait_for_event(run, "fill")
        with open(os.path.join(os.path.dirname(self.db), "HALT"), "w", encoding="utf-8"):
            pass
        _, told = run.communicate(timeout=60)
        self.assertIn(run.returncode, (20, 23), told)
        r = self.check("halted", before, venues, "0.05")
        self.assertLess(r.leg["buy"].filled, Fraction("0.05"))
        self.assertEqual(self.task("halted")["mode"], "HALTED")

    def test_rebalanced_with_partial_fills_and_fees_in_the_coin(self):
        venues = {"buy": "gateio_spot", "sell": "mexc_spot"}
        # The buying side fills at once, the other finds hardly anything: what it lacks is traded in pieces, level by level.
        thin = [(0.1 * i, "0.0007") for i in range(1, 12)]
        self.pin("gateio_spot", "60000", "60001.7")
        self.pin("mexc_spot", "60100", "60101", quantity="0.0007", more=thin)
        before = self.exchange.ledger()
        file = self.task_file("pieces", SYMBOL, *venues.values(), "0.012", "0.006", more='max_slippage_bps = 50\nimbalance_grace = "0s"\n')
        done = self.live(file, "--quiet", "--max-runtime", "20s")
        self.assertIn(done.returncode, (0, 10, 20), done.stderr)
        r = self.check("pieces", before, venues, "0.012")
        self.assertIn("BTC", r.fees, "a fee in the coin")
        self.assertGreater(len(r.trades), len([o for o in r.orders if Fraction(o["filled"]) > 0]), "orders that filled in pieces")
        self.assertGreater(self.task("pieces")["rebalances"], 0)


class LedgerNumbersOfTokens(LedgerTest):
    # So little of the venues' own tokens that it pays the first fees only.
    settings = {**LedgerTest.settings, "mexc_mx_price": "2.9", "gate_gt_price": "7.3",
                "balances": {"mexc": {"MX": "0.3", "": "1000000"}, "gate_spot": {"GT": "0.3", "": "1000000"}}}

    def test_fees_in_the_venues_own_tokens_while_there_are_some(self):
        venues = {"buy": "mexc_spot", "sell": "gateio_spot"}
        self.pin("mexc_spot", "60000", "60001")
        self.pin("gateio_spot", "60100.1", "60101.3")
        before = self.exchange.ledger()
        done = self.live(self.task_file("tokens", SYMBOL, *venues.values(), "0.03", "0.003"), "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        r = self.check("tokens", before, venues, "0.03", {"mexc_spot": Fraction("60000.5"), "gateio_spot": Fraction("60100.7")})
        self.assertGreater(len(r.leg["buy"].fees), 1, r.leg["buy"].fees)
        self.assertGreater(len(r.leg["sell"].fees), 1, r.leg["sell"].fees)


if __name__ == "__main__":
    unittest.main()
