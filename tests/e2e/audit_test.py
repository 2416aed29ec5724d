"""dn-status audit on paper: the ledger adds up, an honest journal is proven, and whatever another hand changes in the database is named."""
import csv
import io
import json
import os
import shutil
import sqlite3
import unittest
from decimal import Decimal

from audit_tools import Auditor
from tools import EXAMPLES, RECOVER, STATUS, ToolTest

BTC = os.path.join(EXAMPLES, "btc.toml")
# What an audit and dn-recover verify must find: what is done to the database, and the words that name it.
TAMPERINGS = {
    "an amount": (["UPDATE fills SET quantity = '9' WHERE id = 2"], "the journal says quantity"),
    "a price": (["UPDATE fills SET price = '1' WHERE id = 2"], "the journal says price"),
    "a side": (["UPDATE fills SET side = iif(side = 'buy', 'sell', 'buy') WHERE id = 2"], "the journal says side"),
    "a fee": (["UPDATE fills SET fee = '0' WHERE id = 2"], "the journal says fee"),
    "a fee's coin": (["UPDATE fills SET fee_asset = 'BTC' WHERE id = 2"], "the journal says fee_asset"),
    "a time": (["UPDATE fills SET time_us = time_us + 1 WHERE id = 2"], "the journal says venue_time_us"),
    "a removed fill": (["DELETE FROM fills WHERE id = 2"], "the table fills has no such row"),
    "a fill that never was": (["INSERT INTO fills SELECT NULL, task_id, venue, 'made-up', client_order_id, venue_order_id, leg, side, price, quantity, fee, fee_asset, "
                               "liquidity, time_us FROM fills WHERE id = 2"], "trade made-up"),
    "an order's price": (["UPDATE orders SET price = '1' WHERE id = 1"], "the journal says price"),
    "a removed order": (["DELETE FROM orders WHERE id = 1"], "the table orders has no such row"),
    "an event's text": (["UPDATE events SET json = replace(json, '\"level\"', '\"Level\"'), ts_us = ts_us + 1 WHERE id = 5"], "event 5 "),
    "two events swapped": (["UPDATE events SET id = -1 WHERE id = 7", "UPDATE events SET id = 7 WHERE id = 8", "UPDATE events SET id = 8 WHERE id = -1"], "event 7 "),
    "a removed event": (["DELETE FROM events WHERE id = 6"], "event 7 "),
    "the first events": (["DELETE FROM events WHERE id < 4"], "does not begin the chain"),
    "an event put in": (["UPDATE events SET id = 1000000 WHERE id = 9", "INSERT INTO events SELECT 9, task_id, ts_us, type, json, digest FROM events WHERE id = 8"], "event 9 "),
    "digests taken away": (["UPDATE events SET digest = ''"], "has no digest"),
}


class Audit(Auditor, ToolTest):
    def setUp(self):
        super().setUp()
        done = self.run_task(BTC, "--seed", "2", "--speed", "max")
        self.assertEqual(done.returncode, 0, done.stderr)

    def keep(self):
        shutil.copytree(os.path.dirname(self.db), os.path.join(self.dir, "kept"))

    def put_back(self):
        shutil.rmtree(os.path.dirname(self.db))
        shutil.copytree(os.path.join(self.dir, "kept"), os.path.dirname(self.db))

    def test_an_honest_run_is_proven_and_its_ledger_is_what_its_fills_add_up_to(self):
        told = self.audit()
        self.assertEqual(told["findings"], [])
        self.assertEqual([(c["task"], c["round"], c["unchained"]) for c in told["chains"]], [("btc", 1, 0)])
        self.assertEqual(told["chains"][0]["events"], len(self.events("btc")))
        lines = {(line["exchange"], line["asset"]): line for line in told["ledger"]}
        sums = {}
        for f in self.rows("fills"):
            sign = 1 if f["side"] == "buy" else -1
            for asset, amount in (("BTC", sign * Decimal(f["quantity"])), ("USDT", -sign * Decimal(f["quantity"]) * Decimal(f["price"])),
                                  (f["fee_asset"], -Decimal(f["fee"]))):
                sums[f["exchange"], asset] = sums.get((f["exchange"], asset), 0) + amount
        self.assertEqual({k: Decimal(line["change"]) for k, line in lines.items()}, sums)
        for line in lines.values():
            self.assertEqual(Decimal(line["in"]) - Decimal(line["out"]) - Decimal(line["fees"]) + Decimal(line["funding"]), Decimal(line["change"]))
        text = self.status("audit")
        self.assertEqual(text.returncode, 0, text.stderr)
        self.assertIn("1 round of tasks: the books agree with themselves and their journal", text.stdout)
        self.assertIn(told["chains"][0]["head"], text.stdout)

    def test_whatever_another_hand_changes_is_named_by_audit_and_verify(self):
        self.keep()
        for what, (statements, words) in TAMPERINGS.items():
            with self.subTest(what=what):
                self.alter(*statements)
                told = self.audit(code=24)
                self.assertTrue(any(words in m for m in self.messages(told, "books")), told["findings"])
                verified = self.recover("verify", "--json")
                self.assertEqual(verified.returncode, 24, verified.stdout)
                self.assertTrue(any(words in line for line in json.loads(verified.stdout)["broken"]), verified.stdout)
                self.put_back()
        self.audit()

    def test_a_fill_that_is_changed_with_all_its_sums_is_still_named(self):
        """Books that agree with themselves are not what was written."""
        (order, leg, old, price) = self.query("SELECT client_order_id, leg, quantity, price FROM fills WHERE id = 2")[0]
        more = Decimal("0.001")
        value = more * Decimal(price)

        def add(table, column, where, amount):
            (now,) = self.query(f"SELECT {column} FROM {table} WHERE {where}")[0]
            self.alter(f"UPDATE {table} SET {column} = '{(Decimal(now) + amount).normalize():f}' WHERE {where}")

        self.alter(f"UPDATE fills SET quantity = '{(Decimal(old) + more).normalize():f}' WHERE id = 2")
        for column, amount in (("quantity", more), ("filled", more), ("booked", more), ("filled_quote", value)):
            add("orders", column, f"client_order_id = '{order}'", amount)
        cash = -value if leg == "buy" else value
        for column, amount in (("filled", more), ("net", more), ("traded", more), ("traded_quote", value), ("cash", cash)):
            add("legs", column, f"leg = '{leg}'", amount)
        (arrival,) = self.query(f"SELECT arrival FROM orders WHERE client_order_id = '{order}'")[0]
        add("legs", "slippage", f"leg = '{leg}'", more * ((Decimal(arrival) - Decimal(price)) * (1 if leg == "buy" else -1)))
        told = self.audit(code=24)
        self.assertEqual([m for m in self.messages(told) if "the journal says" not in m], [], "the sums agree")
        self.assertTrue(any(f"the journal says quantity {old}" in m for m in self.messages(told)), told["findings"])

    def test_the_newest_rows_can_be_cut_off_unseen_but_not_behind_a_head_that_was_noted(self):
        told = self.audit()
        head = told["chains"][0]["head"]
        self.assertEqual(self.audit("--head", head)["findings"], [])
        (newest,) = self.query("SELECT max(id) FROM events")[0]
        self.assertEqual(self.query(f"SELECT type FROM events WHERE id = {newest}")[0][0], "summary")
        self.alter(f"DELETE FROM events WHERE id = {newest}")
        self.assertEqual(self.audit()["findings"], [], "so a power cut leaves it")
        cut = self.audit("--head", head, code=24)
        self.assertEqual([f["finding"] for f in cut["findings"]], ["head"])
        self.assertIn(head, cut["findings"][0]["message"])
        (fill,) = self.query("SELECT max(id) FROM events WHERE type = 'fill'")[0]
        self.alter(f"DELETE FROM events WHERE id >= {fill}")
        self.assertTrue(any("the journal does not tell of it" in m for m in self.messages(self.audit(code=24))), "a trade still stands in its table")

    def test_a_run_that_was_killed_and_gone_on_with_has_one_chain(self):
        run = self.begin(BTC, "--set", "name=killed", "--seed", "5", "--speed", "20", "--ndjson")
        self.wait_for_event(run, "fill")
        self.kill(run)
        self.assertEqual(self.audit("killed")["findings"], [])
        self.run_task("--task", "killed", "--speed", "max", "--seed", "6")
        self.assertEqual(self.call(STATUS, "--db", self.db, "--task", "killed", "--json").returncode, 0)
        for arguments in (("pause", "killed"), ("resume", "killed")):
            self.run_task(*arguments)
        told = self.audit()
        self.assertEqual(told["findings"], [])
        self.assertEqual([c["task"] for c in told["chains"]], ["btc", "killed"])

    def test_rounds_and_tasks_have_lines_of_their_own_and_sums_of_all(self):
        self.run_task(BTC, "--restart", "--seed", "3", "--speed", "max")
        self.run_task(BTC, "--set", "name=other", "--seed", "4", "--speed", "max")
        told = self.audit()
        self.assertEqual([(c["task"], c["round"]) for c in told["chains"]], [("btc", 1), ("btc", 2), ("other", 1)])
        for line in told["sums"]:
            mine = [Decimal(one["change"]) for one in told["ledger"] if (one["exchange"], one["asset"]) == (line["exchange"], line["asset"])]
            self.assertEqual(sum(mine), Decimal(line["change"]))
        self.assertEqual({line["task"] for line in self.audit("other")["ledger"]}, {"other"})
        table = self.status("audit", "--csv")
        rows = list(csv.DictReader(io.StringIO(table.stdout)))
        self.assertEqual([{k: row[k] for k in ("task", "exchange", "asset", "change")} for row in rows],
                         [{k: line[k] for k in ("task", "exchange", "asset", "change")} for line in told["ledger"]])

    def test_a_period_has_the_trades_of_its_time(self):
        times = sorted(f["ts_us"] for f in self.rows("fills"))
        day = self.rows("fills")[0]["ts"][:10]
        self.assertEqual(self.audit("--from", day)["ledger"], self.audit()["ledger"])
        self.assertEqual(self.audit("--to", day)["ledger"], [])
        self.assertEqual(self.audit("--from", "2030-01-01T00:00:00Z")["ledger"], [])
        self.assertGreater(len(times), 1)
        for wrong in (("--from", "yesterday"), ("--from", day, "--to", day), ("--head", "abc"), ("--online", "--to", day), ("--check",)):
            done = self.status("audit", *wrong)
            self.assertEqual(done.returncode, 64, done.stderr)
            self.assertIn("next:", done.stderr)
        self.assertEqual(self.status("audit", "nobody").returncode, 66)

    def test_the_days_that_profit_is_told_by_are_held_against_the_trades(self):
        by_day = self.status("pnl", "--by", "day", "--json").stdout
        self.assertEqual(len(json.loads(by_day)["rows"]), 1)
        (day,) = self.query("SELECT day FROM days")[0]
        self.alter(f"UPDATE day_legs SET cash = '5' WHERE leg = 'buy' AND day = {day}")
        self.assertTrue(any("the buy side says cash 5, its fills add up to 0" in m for m in self.messages(self.audit(code=24))))
        # Without them the trades are read.
        self.alter("DELETE FROM day_fees", "DELETE FROM day_legs", "DELETE FROM days")
        self.assertEqual(self.audit()["findings"], [])
        self.assertEqual(self.status("pnl", "--by", "day", "--json").stdout, by_day)
        self.alter(f"INSERT INTO days SELECT id, {day - 1}, 0 FROM tasks")
        self.assertTrue(any("table day_legs" in m and "0 legs of 1 days" in m for m in self.messages(self.audit(code=24))))

    def test_a_copy_is_proven_like_the_original(self):
        copy = os.path.join(self.dir, "copy.db")
        self.status("backup", copy)
        told = json.loads(self.call(STATUS, "audit", "--json", "--db", copy).stdout)
        self.assertEqual((told["findings"], told["chains"]), ([], self.audit()["chains"]))

    def test_what_an_older_version_wrote_is_told_as_not_chained(self):
        events = len(self.events("btc"))
        self.alter("DROP TABLE days", "DROP TABLE day_legs", "DROP TABLE day_fees", "DROP INDEX orders_of_task", "DROP INDEX fills_of_task", "ALTER TABLE events DROP COLUMN digest", "ALTER TABLE tasks DROP COLUMN unchained", "PRAGMA user_version = 6")
        self.assertEqual(self.status("audit").returncode, 65)
        self.assertEqual(self.call(RECOVER, "--db", self.db).returncode, 0, "it brings the file up to date")
        self.run_task(BTC, "--restart", "--seed", "3", "--speed", "max")
        told = self.audit()
        self.assertEqual(told["findings"], [])
        self.assertEqual([(c["round"], c["unchained"]) for c in told["chains"]], [(1, events), (2, 0)])
        self.assertEqual(told["chains"][0]["head"], "")
        self.alter("UPDATE fills SET price = '1' WHERE id = 2")
        self.assertTrue(any("the journal says price" in m for m in self.messages(self.audit(code=24))), "what its events say still counts")

    def test_a_database_that_is_not_there_or_damaged_says_so(self):
        self.assertEqual(self.call(STATUS, "audit", "--db", os.path.join(self.dir, "nothing.db")).returncode, 66)
        self.alter("UPDATE fills SET price = 'much' WHERE id = 2")
        done = self.status("audit")
        self.assertEqual(done.returncode, 74, done.stdout)
        self.assertIn("price \"much\"", done.stderr)

    def test_paper_has_nothing_at_a_venue(self):
        told = self.audit("--online")
        self.assertIn("no task of these trades live", told["not_proven"][0])
        text = self.status("audit", "--online").stdout
        self.assertIn("what is not proven was not held against the venues", text)
        self.assertNotIn("with what the venues tell", text)


class ManyNumbers(Auditor, ToolTest):
    def test_numbers_that_no_venue_tells_are_named_and_nothing_falls_over(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        connection = sqlite3.connect(self.db)
        (fee,) = connection.execute("SELECT fee FROM fills WHERE id = 2").fetchone()
        connection.close()
        self.assertNotEqual(fee, "0")
        for long in ("0.00000000000000000000000000000000001", "12345678901234567890123456789012345678"):
            self.alter(f"UPDATE fills SET fee = '{long}' WHERE id = 2")
            told = self.audit(code=24)
            self.assertTrue(any("cannot be added up" in line for line in told["not_proven"]), told)


if __name__ == "__main__":
    unittest.main()
