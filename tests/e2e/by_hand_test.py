"""What a person does by hand after a run: recover, rebalance, flatten, halt, resume. On paper."""
import json
import os
import sqlite3
import unittest
from decimal import Decimal

from tools import ToolTest

SEND = ("--yes", "--max-notional", "30000")


class ByHand(ToolTest):
    def setUp(self):
        super().setUp()
        self.file = self.write("btc.toml", 'name = "btc"\nsymbol = "BTC/USDT"\ntotal_quantity = 2\norder_quantity = 0.05\n'
                               '[buy]\nexchange = "mexc_spot"\n[sell]\nexchange = "gateio_spot"\n')

    def begin_and_leave(self):
        """A run that ends with its orders resting."""
        done = self.run_task(self.file, "--seed", "5", "--speed", "max", "--max-cycles", "60", "--on-exit", "leave")
        self.assertIn(done.returncode, (10, 20), done.stderr)
        self.assertTrue(self.rows("orders", "--open"))

    def plan(self, *arguments):
        done = self.recover("--json", *arguments)
        return json.loads(done.stdout), done.returncode

    def test_a_plan_names_what_is_not_proven_and_changes_nothing(self):
        self.begin_and_leave()
        before = self.rows("orders")
        plan, code = self.plan()
        self.assertEqual(code, 21)
        open_orders = [o["client_order_id"] for o in self.rows("orders", "--open")]
        self.assertEqual([f["client_order_id"] for f in plan["tasks"][0]["findings"]], open_orders)
        self.assertEqual(self.rows("orders"), before)

    def test_apply_twice_is_once(self):
        self.begin_and_leave()
        first = self.recover("--apply")
        self.assertIn(first.returncode, (0, 20), first.stderr)
        self.assertEqual(self.rows("orders", "--open"), [])
        books = (self.rows("orders"), self.rows("fills"))
        second = self.recover("--apply")
        self.assertEqual(second.returncode, first.returncode)
        self.assertIn("nothing to do", second.stdout)
        self.assertEqual((self.rows("orders"), self.rows("fills")), books)
        self.assertEqual(self.recover("verify").returncode, 0)

    def test_a_plan_that_is_out_of_date_is_not_applied(self):
        self.begin_and_leave()
        plan, _ = self.plan()
        self.assertEqual(self.recover("--apply", "--plan-hash", "0123456789abcdef").returncode, 75)
        self.assertTrue(self.rows("orders", "--open"))
        self.assertIn(self.recover("--apply", "--plan-hash", plan["hash"]).returncode, (0, 20))

    def test_flatten_closes_both_sides_and_halts(self):
        self.begin_and_leave()
        done = self.rebalance("--task", "btc", "--flatten", *SEND)
        self.assertEqual(done.returncode, 0, done.stderr)
        task = self.task("btc")
        self.assertEqual(task["mode"], "HALTED")
        for side in ("buy", "sell"):
            self.assertLess(abs(Decimal(task[side]["net"])), Decimal("0.0001"))
        self.assertEqual(self.run_task("--task", "btc").returncode, 23)
        self.assertEqual(self.recover("resume", "--task", "btc", "--yes").returncode, 0)
        self.assertEqual(self.task("btc")["mode"], "ACTIVE")
        self.assertEqual(self.recover("verify").returncode, 0)

    def test_what_was_flattened_is_closed_for_every_tool(self):
        self.begin_and_leave()
        self.assertEqual(self.rebalance("--task", "btc", "--flatten", *SEND).returncode, 0)
        task = self.task("btc")
        self.assertIn("nothing is left to close", task["next"])
        self.assertIsNotNone(task["profit_quote"], "what it cost to come back is told")
        self.assertLess(abs(Decimal(task["profit_bps"])), 1000)
        self.assertEqual(self.run_task(self.file).returncode, 23, "halted, and not apart")
        self.assertEqual(self.status("--check").returncode, 23)
        self.assertIn("nothing is left to close", self.task("btc")["next"])
        self.assertEqual(self.run_task("cancel", "btc").returncode, 0)

    def test_an_order_by_hand_is_sent_once(self):
        order = ("--exchange", "gateio_spot", "--symbol", "BTC/USDT", "--side", "sell", "--quantity", "0.02", "--request-id", "r1", *SEND)
        for _ in range(3):
            done = self.rebalance(*order)
            self.assertEqual(done.returncode, 0, done.stderr)
        sent = self.rows("orders")
        self.assertEqual([(o["side"], Decimal(o["filled"])) for o in sent], [("sell", Decimal("0.02"))])
        self.assertEqual(self.task("hand-r1")["verdict"], "COMPLETED")

    def test_a_request_is_for_one_order_and_no_other(self):
        order = ("--exchange", "gateio_spot", "--symbol", "BTC/USDT", "--quantity", "0.02", "--request-id", "r2", *SEND)
        self.assertEqual(self.rebalance("--side", "sell", *order).returncode, 0)
        self.assertEqual(self.rebalance("--side", "buy", *order).returncode, 64)
        self.assertEqual(len(self.rows("orders")), 1)

    def test_a_request_that_was_refused_can_be_made_again(self):
        order = ("--exchange", "gateio_spot", "--symbol", "BTC/USDT", "--side", "sell", "--quantity", "0.02", "--request-id", "r3", "--yes")
        self.assertEqual(self.rebalance(*order, "--max-notional", "30").returncode, 22)
        self.assertEqual(self.task("hand-r3")["verdict"], "CANCELLED")
        self.assertEqual(self.rebalance(*order, "--max-notional", "30000").returncode, 0)
        self.assertEqual([Decimal(o["filled"]) for o in self.rows("orders")], [Decimal("0.02")])

    def test_an_order_below_the_minimum_is_refused_once(self):
        done = self.rebalance("--exchange", "gateio_spot", "--symbol", "BTC/USDT", "--side", "sell", "--quantity", "0.00001", *SEND)
        self.assertEqual(done.returncode, 22, done.stderr)
        self.assertEqual(done.stderr.count("takes no order so small"), 1)

    def test_what_an_ended_task_holds_can_be_closed(self):
        small = self.write("small.toml", open(self.file, encoding="utf-8").read().replace("total_quantity = 2", "total_quantity = 0.1").replace('"btc"', '"small"'))
        self.assertEqual(self.run_task(small, "--seed", "5", "--speed", "max").returncode, 0)
        sent = len(self.rows("orders"))
        self.assertEqual(self.rebalance("--task", "small", *SEND).returncode, 0)
        self.assertEqual(len(self.rows("orders")), sent, "its sides are equal")
        done = self.rebalance("--task", "small", "--flatten", *SEND)
        self.assertEqual(done.returncode, 0, done.stderr)
        task = self.task("small")
        self.assertEqual((task["verdict"], task["mode"]), ("COMPLETED", "ACTIVE"))
        for side in ("buy", "sell"):
            self.assertLess(abs(Decimal(task[side]["net"])), Decimal("0.0001"))

    def test_without_a_terminal_an_order_needs_both_words(self):
        self.begin_and_leave()
        for missing in ((), ("--yes",), ("--max-notional", "3000")):
            self.assertEqual(self.rebalance("--task", "btc", *missing).returncode, 64)
        self.assertEqual(self.rebalance("--task", "nothing", *SEND).returncode, 66)
        self.assertEqual(self.rebalance(*SEND).returncode, 64)
        self.assertEqual(self.rebalance("--task", "btc", "--exchange", "mexc_spot", *SEND).returncode, 64)

    def test_what_is_wrong_is_told_in_the_words_of_the_flags(self):
        good = {"--exchange": "gateio_spot", "--symbol": "BTC/USDT", "--side": "buy", "--quantity": "0.02"}
        for flag, value in (("--exchange", "gateio"), ("--symbol", "BTCUSDT"), ("--side", "long"), ("--quantity", "-1"), ("--quantity", "two")):
            order = [word for pair in {**good, flag: value}.items() for word in pair]
            done = self.rebalance(*order, *SEND)
            self.assertEqual(done.returncode, 64, done.stderr)
            self.assertTrue(done.stderr.startswith(f"dn-rebalance: {flag} {value} is "), done.stderr)
            self.assertIn("next: write ", done.stderr)

    def test_too_large_for_the_limit_is_refused(self):
        order = ("--exchange", "gateio_spot", "--symbol", "BTC/USDT", "--side", "buy", "--quantity", "0.02", "--yes", "--max-notional", "100")
        done = self.rebalance(*order)
        self.assertEqual(done.returncode, 22, done.stderr)
        self.assertEqual(self.rows("orders"), [])

    def test_a_dry_run_sends_nothing(self):
        self.begin_and_leave()
        before = self.rows("orders")
        done = self.rebalance("--task", "btc", "--flatten", "--dry-run", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = json.loads(done.stdout)
        self.assertTrue(shown["dry_run"])
        task = self.task("btc")
        for leg, side in (("buy", "sell"), ("sell", "buy")):
            shown_now = sum(Decimal(o["quantity"]) for o in shown["orders"] if o["side"] == side)
            self.assertEqual(shown_now + Decimal(shown["then_left"][leg]), Decimal(task[leg]["net"]), "all that is held is spoken of")
        self.assertEqual(self.rows("orders"), before)

    def test_halt_stops_everything_until_it_is_lifted(self):
        self.begin_and_leave()
        self.assertEqual(self.recover("halt", "--reason", "odd prices").returncode, 0)
        self.assertEqual(self.task("btc")["mode"], "HALTED")
        self.assertEqual(self.task("btc")["reason"], "odd prices")
        self.assertEqual(self.run_task(self.file).returncode, 23)
        self.assertEqual(self.rebalance("--task", "btc", *SEND).returncode, 23)
        self.assertEqual(self.recover("halt", "--exchange", "gateio").returncode, 64)
        self.assertEqual(self.recover("resume", "--all").returncode, 64)  # it must be said twice
        self.assertEqual(self.recover("resume", "--all", "--yes").returncode, 0)
        self.assertIn(self.run_task(self.file, "--speed", "max").returncode, (0, 10))

    def test_a_cancel_that_waits_for_its_run_is_not_taken_back_by_resume(self):
        self.begin_and_leave()
        self.assertEqual(self.run_task("cancel", "btc").returncode, 0)
        done = self.run_task("resume", "btc")
        self.assertEqual(done.returncode, 22, done.stdout)
        self.assertIn("a cancel waits", done.stderr)

    def test_halt_can_cancel_and_flatten(self):
        self.begin_and_leave()
        done = self.recover("halt", "--cancel-all", "--flatten")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.rows("orders", "--open"), [])
        self.assertLess(abs(Decimal(self.task("btc")["buy"]["net"])), Decimal("0.0001"))

    def test_books_that_do_not_add_up_are_found(self):
        self.begin_and_leave()
        with sqlite3.connect(self.db) as db:
            db.execute("UPDATE fills SET quantity = '9' WHERE id = 1")
        done = self.recover("verify", "--json")
        self.assertEqual(done.returncode, 24)
        self.assertTrue(json.loads(done.stdout)["broken"])
        for tool in (self.run_task("--task", "btc"), self.recover("--apply"), self.rebalance("--task", "btc", "--dry-run"), self.rebalance("--task", "btc", *SEND)):
            self.assertEqual(tool.returncode, 24, tool.stderr)
            self.assertIn("its fills add up to", tool.stderr)
            self.assertIn("--from-venue", tool.stderr)
        self.assertEqual(self.rows("orders", "--open"), [], "what rested is cancelled and proven all the same")
        checked = self.status("check")
        self.assertEqual(checked.returncode, 24, checked.stdout)
        self.assertEqual(self.status("show", "btc").returncode, 0, "to look at them is never refused")

    def test_orders_of_an_ended_task_that_are_not_proven_are_everybodys_business(self):
        """What a flatten of an ended task leaves that is killed."""
        file = self.write("btc.toml", open(self.file, encoding="utf-8").read().replace("total_quantity = 2", "total_quantity = 0.1"))
        self.assertEqual(self.run_task(file, "--seed", "5", "--speed", "max").returncode, 0)
        with sqlite3.connect(self.db) as db:
            db.execute("UPDATE orders SET status = 'unknown', close_reason = 'none' WHERE id = (SELECT max(id) FROM orders)")
        self.assertEqual(self.recover("verify").returncode, 0, "that is no broken promise")
        for words in ((file,), (file, "--restart"), ("--task", "btc")):
            done = self.run_task(*words, "--seed", "5", "--speed", "max")
            self.assertEqual(done.returncode, 21, done.stderr)
            self.assertIn("dn-recover --task btc --apply", done.stderr)
        plan, code = self.plan()
        self.assertEqual((code, len(plan["tasks"][0]["findings"])), (21, 1))
        self.assertEqual(self.recover("--apply").returncode, 0)
        self.assertEqual(self.run_task(file).returncode, 0)
        self.assertEqual(self.recover("verify").returncode, 0)

    def test_no_database_says_what_to_do(self):
        done = self.recover()
        self.assertEqual(done.returncode, 66)
        self.assertIn("--from-venue", done.stderr)
        self.assertFalse(os.path.exists(self.db))


if __name__ == "__main__":
    unittest.main()
