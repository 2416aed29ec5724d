"""dn-status report: its numbers are those of the fills and orders, reckoned here once more; its page needs nothing and harms nobody."""
import csv
import html.parser
import io
import json
import os
import sqlite3
import stat
import unittest
import xml.etree.ElementTree
from decimal import Decimal, localcontext

import tools

PLOTS = ["progress", "imbalance", "spread", "profit", "slippage", "latency", "timeline"]
TASK = """
name = "btc"
symbol = "BTC/USDT"
total_quantity = {total}
order_quantity = {slice}
[buy]
exchange = "{buy}"
offset_ticks = 2
tick_tolerance = 5
[sell]
exchange = "{sell}"
offset_ticks = -2
tick_tolerance = 3
[risk]
max_orders_per_run = 100000
max_orders_per_minute = 100000
"""
FAULTS = 'for = "10m"\nlost_reply = 40\nreject = 40\nreorder_event = 50\ncrash = 30\n'


class Page(html.parser.HTMLParser):
    """The tables, tiles and elements of a page."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tiles, self.elements = [], {}, []
        self._cell = self._row = self._term = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self._row = []
        elif tag in ("td", "th", "dt", "dd"):
            self._cell = ""

    def handle_data(self, data):
        if self._cell is not None:
            self._cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._row.append(self._cell)
        elif tag == "dt":
            self._term = self._cell
        elif tag == "dd":
            self.tiles[self._term] = self._cell
        elif tag == "tr":
            self.rows.append(self._row)
        if tag in ("td", "th", "dt", "dd"):
            self._cell = None


class Report(tools.ToolTest):
    def write_task(self, total="1", slice="0.1", buy="gateio_spot", sell="mexc_spot"):
        return self.write("btc.toml", TASK.format(total=total, slice=slice, buy=buy, sell=sell))

    def run_to_end(self, *arguments, code=0, **task):
        answer = self.run_task(self.write_task(**task), "--speed", "max", "--quiet", *arguments)
        self.assertEqual(answer.returncode, code, answer.stderr)

    def page(self, *arguments):
        path = os.path.join(self.dir, "report.html")
        answer = self.status("report", "-o", path, *arguments)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        with open(path, encoding="utf-8") as f:
            return f.read()

    def data(self, plot):
        answer = self.status("report", "--csv", "--svg", plot)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return list(csv.DictReader(io.StringIO(answer.stdout)))

    # ---- reckoned from the rows of fills and nothing else

    def legs(self):
        """Per leg: filled, net and cash."""
        sums = {leg: {"filled": Decimal(0), "net": Decimal(0), "cash": Decimal(0)} for leg in ("buy", "sell")}
        fees = {}
        for fill in self.rows("fills"):
            leg, quantity, fee = sums[fill["leg"]], Decimal(fill["quantity"]), Decimal(fill["fee"])
            forward = quantity if fill["side"] == fill["leg"] else -quantity
            value = quantity * Decimal(fill["price"])
            leg["filled"] += forward
            leg["net"] += forward
            leg["cash"] += value if fill["side"] == "sell" else -value
            if fill["fee_asset"] == "BTC":
                leg["net"] += -fee if fill["leg"] == "buy" else fee
            fees[fill["fee_asset"]] = fees.get(fill["fee_asset"], Decimal(0)) + fee
        return sums, fees

    def pairs(self):
        """(quantity, bought, sold) of what was bought first and sold first."""
        waiting = {"buy": [], "sell": []}
        out = []
        for fill in sorted(self.rows("fills"), key=lambda f: f["ts_us"]):
            side, price = fill["side"], Decimal(fill["price"])
            left = Decimal(fill["quantity"])
            if fill["fee_asset"] == "BTC":
                left += Decimal(fill["fee"]) * (-1 if side == "buy" else 1)
            others = waiting["sell" if side == "buy" else "buy"]
            while left > 0 and others:
                both = min(left, others[0][0])
                out.append((both, price if side == "buy" else others[0][1], others[0][1] if side == "buy" else price))
                left -= both
                others[0][0] -= both
                if others[0][0] == 0:
                    others.pop(0)
            if left > 0:
                waiting[side].append([left, price])
        return out

    def check_numbers(self):
        """Every number of the page and its data that follows from the fills."""
        sums, fees = self.legs()
        page = Page(self.page())
        rows = {row[0]: row for row in page.rows}
        for leg in ("buy", "sell"):
            for what in ("filled", "net", "cash"):
                row = rows[f"{leg} {what}"]
                self.assertEqual(Decimal(row[2]), sums[leg][what], row)
                self.assertEqual(Decimal(row[3]), sums[leg][what], row)
                self.assertEqual(row[4], "0")
        imbalance = sums["buy"]["net"] - sums["sell"]["net"]
        self.assertEqual(Decimal(page.tiles["imbalance"].split()[0]), imbalance)
        self.assertEqual(Decimal(page.tiles["matched, net of fees"].split()[0]), min(sums["buy"]["net"], sums["sell"]["net"]))
        orders = self.rows("orders")
        traded = sum(Decimal(o["filled"]) > 0 for o in orders)
        self.assertTrue(page.tiles["orders that traded"].startswith(f"{traded} of {len(orders)},"), page.tiles)

        spread = [row for row in self.data("spread") if row["series"] == "pair"]
        self.assertEqual([(Decimal(p["quantity"]), Decimal(p["bought"]), Decimal(p["sold"])) for p in spread], self.pairs())
        for p in spread:
            exact = (Decimal(p["sold"]) - Decimal(p["bought"])) * 10000 / Decimal(p["bought"])
            self.assertLessEqual(abs(Decimal(p["y"]) - exact), Decimal("0.00005"))
        self.assertEqual(Decimal(self.data("imbalance")[-2]["y"]), imbalance)

        self.check_profit(sums, fees, imbalance, rows)

    def check_profit(self, sums, fees, imbalance, rows):
        parts = [row for row in self.data("profit") if row["series"] in ("part", "sum")]
        so_far = Decimal(0)
        for part in parts:
            if part["series"] == "sum":
                self.assertEqual(Decimal(part["y"]), so_far, part)
            else:
                so_far += Decimal(part["y"])
            self.assertEqual(rows[part["x"]][1], part["y"])
        # What is unmatched stands at its cost: the average of the side that is ahead, rounded as the tools do.
        task = self.task("btc")
        with localcontext() as context:
            context.prec = 60
            ahead = "buy" if imbalance > 0 else "sell"
            cost = Decimal(task[ahead]["avg_price"]) * imbalance
            net = sums["buy"]["cash"] + sums["sell"]["cash"] + cost - fees.get("USDT", Decimal(0))
        if imbalance == 0:
            self.assertEqual(so_far, net)
        else:
            self.assertLessEqual(abs(so_far - net), Decimal("0.0000001"))
        paid = {row["unit"]: Decimal(row["y"]) for row in self.data("profit") if row["series"] == "paid"}
        self.assertEqual(paid, {asset: fee for asset, fee in fees.items() if fee != 0})

    # ---- the runs

    def test_a_smooth_run(self):
        self.run_to_end("--seed", "7")
        self.check_numbers()
        page = Page(self.page())
        figures = [attrs["id"].split("-")[0] for tag, attrs in page.elements if tag == "figure"]
        self.assertEqual(figures, PLOTS)
        self.assertIn("The books keep every promise.", self.page())

    def test_a_perpetual_leg(self):
        self.run_to_end("--seed", "11", buy="mexc_spot", sell="gateio_futures")
        self.check_numbers()

    def test_a_run_that_crashed_and_was_gone_on_with(self):
        faults = self.write("faults.toml", FAULTS)
        self.run_to_end("--seed", "3", "--faults", faults, code=70)
        self.run_to_end("--seed", "4")
        self.check_numbers()
        text = self.page()
        self.assertIn("2 runs", text)
        self.assertIn(">cut off<", text)
        self.assertIn(">begun again<", text)

    def test_a_halted_task(self):
        self.run_to_end("--max-cycles", "12", code=10)
        answer = self.recover("halt", "--task", "btc", "--reason", "odd <b>prices</b> & more")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.run_to_end(code=23)
        self.check_numbers()
        text = self.page()
        self.assertNotIn("<b>prices", text)
        self.assertIn("odd &lt;b&gt;prices&lt;/b&gt; &amp; more", text)
        self.assertIn("Exit code 23", text)

    def test_thousands_of_orders(self):
        self.run_to_end("--seed", "8", total="10", slice="0.01")
        self.assertGreater(len(self.rows("orders")), 1500)
        self.check_numbers()
        self.assertLess(len(self.page()), 2_000_000)

    def test_a_database_without_tasks(self):
        self.run_to_end("--max-cycles", "1", code=10)
        with sqlite3.connect(self.db) as db:
            for table in ("legs", "fees", "orders", "fills", "events", "latency", "leases", "fundings", "holdings", "tasks"):
                db.execute(f"DELETE FROM {table}")
        self.assertIn("There are no tasks yet", self.page())
        self.assertEqual(self.status("report", "--csv").stdout.count("\n"), 1)
        self.assertEqual(self.status("report", "--svg", "profit").returncode, 66)

    def test_what_was_tampered_with_is_seen(self):
        self.run_to_end()
        with sqlite3.connect(self.db) as db:
            db.execute("UPDATE legs SET cash = '-1' WHERE leg = 'buy'")
        text = self.page()
        self.assertIn("do not trade on them before you know why", text)
        self.assertIn('class="n bad"', text)

    def test_numbers_that_no_venue_tells_end_nothing_in_a_crash(self):
        self.run_to_end()
        for number in ("123456789012345678901234567890.1", "0.00000000000000000000000000000000000001"):
            with sqlite3.connect(self.db) as db:
                db.execute("UPDATE fills SET price = ? WHERE id = 3", (number,))
            for answer in (self.status("report"), self.recover("verify")):
                self.assertEqual(answer.returncode, 24, answer.stderr)
                self.assertIn("holds a number that no venue tells", answer.stderr + answer.stdout)

    # ---- the file, and what is refused

    def test_the_page_is_one_private_file_that_needs_nothing(self):
        self.run_to_end()
        text = self.page()
        path = os.path.join(self.dir, "report.html")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        tags = {tag for tag, _ in Page(text).elements}
        self.assertFalse(tags & {"script", "link", "img", "iframe", "object"}, tags)
        self.assertNotIn("://", text.replace("http://www.w3.org/2000/svg", ""))
        os.chmod(path, 0o644)
        self.page()
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual([f for f in os.listdir(self.dir) if f.startswith("report.html.")], [], "nothing is left beside it")
        self.assertIn("<!DOCTYPE html>", self.status("report").stdout, "without -o it goes to stdout")
        told = json.loads(self.status("report", "-o", path, "--json").stdout)
        self.assertEqual((told["schema"], told["tasks"], told["bytes"]), ("dn.report/1", 1, os.path.getsize(path)))

    def test_each_plot_alone(self):
        self.run_to_end()
        for plot in PLOTS:
            answer = self.status("report", "--svg", plot, "--task", "btc")
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertTrue(xml.etree.ElementTree.fromstring(answer.stdout).tag.endswith("svg"))

    def test_what_cannot_be_meant_is_refused(self):
        self.run_to_end()
        path = os.path.join(self.dir, "x.html")
        link = os.path.join(self.dir, "link.html")
        os.symlink(path, link)
        for arguments, code, why in (
            (("--svg", "profits"), 64, "did you mean profit?"),
            (("nobody",), 66, "there is no task nobody"),
            (("-o", self.db), 64, "is the database itself"),
            (("-o", os.path.join(self.dir, "nowhere", "x.html")), 74, "No such file"),
            (("-o", self.dir), 74, "not a regular file"),
            (("-o", "/dev/null"), 74, "not a regular file"),
            (("-o", link), 74, "not a regular file"),
            (("-o", ""), 64, "empty"),
            (("--watch",), 64, "written once"),
        ):
            answer = self.status("report", *arguments)
            self.assertEqual(answer.returncode, code, (arguments, answer.stderr))
            self.assertIn(why, answer.stderr)
        self.assertEqual(self.status("report", "--json").returncode, 64)
        self.assertEqual(self.call(tools.STATUS, "report", "--db", os.path.join(self.dir, "no.db")).returncode, 66)
        self.assertFalse(os.path.exists(path))

    def test_one_plot_is_of_one_task(self):
        self.run_to_end()
        other = self.write("eth.toml", TASK.format(total="1", slice="0.1", buy="gateio_spot", sell="mexc_spot").replace('"btc"', '"eth"').replace("BTC/", "ETH/"))
        self.assertEqual(self.run_task(other, "--speed", "max", "--quiet").returncode, 0)
        answer = self.status("report", "--svg", "profit")
        self.assertEqual(answer.returncode, 64)
        self.assertIn("--task NAME", answer.stderr)
        self.assertEqual(self.status("report", "--svg", "profit", "--task", "eth").returncode, 0)
        self.assertEqual(len([e for e in Page(self.page()).elements if e[0] == "section"]), 2)
        self.assertEqual(len([e for e in Page(self.page("--task", "eth")).elements if e[0] == "section"]), 1)


if __name__ == "__main__":
    unittest.main()
