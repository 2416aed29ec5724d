"""dn-run set: every key that may change while a task exists, in whatever state the task is; what is asked for is neither lost nor half done, and the
books say what changed and who asked."""
import json
import os
import signal
import unittest
from decimal import Decimal

from tools import RUN, SOURCE, ToolTest

BTC = os.path.join(SOURCE, "scripts", "examples", "btc.toml")
# Values by the key's name, where 9 or 7s would not do.
BY_NAME = {"total_quantity": "2", "order_quantity": "0.05", "lead": "buy", "price_reference": "mid", "exit_action": "pause", "dead_man": "6s", "hold_for": "30m",
           "min_spread_bps": "7", "exit_spread_bps": "1", "max_order_notional": "30000", "max_notional": "1000000", "max_position": "3", "volatility_bps": "50",
           "calm_bps": "10", "close_spread_bps": "1", "max_capital_fraction": "0.07", "max_imbalance_bps": "2000"}


class Set(ToolTest):
    def keys(self):
        """Name and what to write, of those that are marked as live."""
        lines = self.call(RUN, "keys").stdout.split("\n\n")[0].splitlines()
        at = lines[0].index("value")
        return [(line.split()[0], line[at:]) for line in lines[1:] if " * " in line]

    def changes(self):
        return [e["message"] for e in self.events("btc") if e["type"] == "alert" and e["code"] == "parameters_changed"]

    def value(self, key, kind):
        name = key.split(".")[-1]
        return BY_NAME[name] if name in BY_NAME else "7s" if kind.startswith("duration") else "9"

    def set_all(self):
        """Each live key, by a call of its own, and what must not be taken."""
        done, refused = {}, []
        for name, kind in self.keys():
            value = self.value(name, kind)
            answer = self.run_task("set", "btc", f"{name}={value}")
            if answer.returncode == 0:
                done[name] = value
            else:
                self.assertIn(answer.returncode, (22, 78), answer.stderr)
                self.assertTrue(answer.stderr.strip(), name)
                refused.append(name)
            for bad in ("\x07", "-", "99999999999999999999999999"):
                answer = self.run_task("set", "btc", f"{name}={bad}")
                self.assertIn(answer.returncode, (22, 64, 78), (name, bad, answer.stderr))
        return done, refused

    def test_each_key_of_a_task_that_nobody_runs(self):
        self.assertEqual(self.run_task(BTC, "--max-cycles", "1", "--speed", "max").returncode, 10)
        done, refused = self.set_all()
        self.assertGreater(len(done), 25, refused)
        again = self.run_task(BTC, "--max-cycles", "1", "--speed", "max")  # it takes what its venues had to judge
        self.assertIn(again.returncode, (10, 12, 22, 23), again.stderr)
        told = self.changes()
        for name, value in done.items():
            mine = [t for t in told if t.startswith(name + " ")]
            self.assertTrue(mine, name)
            self.assertIn("by dn-run set, asked for at 20", mine[-1])

    def test_each_key_of_a_task_that_runs(self):
        process = self.begin(BTC, "--ndjson", "--set", "total_quantity=50", "--seed", "2")
        self.wait_for_event(process, "ack")
        done, refused = self.set_all()
        self.assertGreater(len(done), 25, refused)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        again = self.run_task("--task", "btc", "--max-cycles", "1", "--speed", "max")  # what the run had no cycle for
        self.assertIn(again.returncode, (10, 22, 23), again.stderr)
        told = self.changes()
        for name in done:
            self.assertTrue([t for t in told if t.startswith(name + " ")], name)

    def test_what_the_run_refuses_is_told_to_who_asked_and_kept(self):
        process = self.begin(BTC, "--ndjson", "--set", "total_quantity=50", "--seed", "2")
        self.wait_for_event(process, "ack")
        taken = self.run_task("set", "btc", "delay=150ms")
        self.assertEqual((taken.returncode, "its run goes by it now" in taken.stdout), (0, True), taken.stdout)
        refused = self.run_task("set", "btc", "order_quantity=0.000000001")
        self.assertEqual(refused.returncode, 22, refused.stdout)
        self.assertIn("dn-status events btc", refused.stderr)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        (told,) = [e for e in self.events("btc") if e["type"] == "alert" and e["code"] == "parameters_refused"]
        self.assertIn("order_quantity", told["message"])
        self.assertEqual(self.task("btc")["order_quantity"], "0.1")

    def test_wishes_that_wait_are_all_carried_out_in_their_order(self):
        """A frozen process takes none of them; it is killed, and the next run begins with what they come to."""
        process = self.begin(BTC, "--ndjson", "--seed", "2")
        self.wait_for_event(process, "ack")
        self.freeze(process)
        for change in ("order_quantity=0.05", "delay=300ms", "order_quantity=0.02"):
            self.assertEqual(self.run_task("set", "btc", change).returncode, 0)
        self.kill(process)
        late = self.run_task("set", "btc", "order_quantity=0.03")
        self.assertEqual(late.returncode, 0, late.stderr)
        self.assertIn("behind others that wait", late.stdout)
        on = self.run_task("--task", "btc", "--max-cycles", "3", "--speed", "max", "--ndjson")
        self.assertEqual(on.returncode, 10, on.stderr)
        self.assertEqual([t.split(",")[0] for t in self.changes()],
                         ["order_quantity 0.1 -> 0.05", "delay 100ms -> 300ms", "order_quantity 0.05 -> 0.02", "order_quantity 0.02 -> 0.03"])
        sizes = [Decimal(e["quantity"]) for e in map(json.loads, on.stdout.splitlines()) if e["type"] == "intent" and e["purpose"] == "quote"]
        self.assertNotIn(sizes[:1], ([Decimal("0.02")], [Decimal("0.05")], [Decimal("0.1")]), "none of the wishes before it")
        self.assertLessEqual(max(sizes, default=0), Decimal("0.03"), "the first order of the new run already has the last wish; less is what a leg lacks")

    def test_the_total_may_be_set_to_what_is_filled_and_no_unit_less(self):
        self.assertEqual(self.run_task(BTC, "--max-cycles", "60", "--speed", "max", "--seed", "2").returncode, 10)
        filled = max(Decimal(self.task("btc")[side]["filled"]) for side in ("buy", "sell"))
        self.assertLess(Decimal("0.1"), filled)
        less = filled - Decimal("0.00000001")
        refused = self.run_task("set", "btc", f"total_quantity={less}")
        self.assertEqual(refused.returncode, 22, refused.stdout)
        self.assertIn(f"total_quantity {less} is below what is filled already, {filled}", refused.stderr)
        self.assertEqual(self.run_task("set", "btc", f"total_quantity={filled}").returncode, 0)
        self.assertEqual(self.run_task("--task", "btc", "--speed", "max").returncode, 0)
        task = self.task("btc")
        self.assertEqual([Decimal(task[side]["filled"]) for side in ("buy", "sell")], [filled, filled])

    def test_a_halted_and_a_paused_task_take_changes_too(self):
        self.assertEqual(self.run_task(BTC, "--max-cycles", "1", "--speed", "max").returncode, 10)
        self.assertEqual(self.run_task("pause", "btc").returncode, 0)
        self.assertEqual(self.run_task("set", "btc", "delay=300ms", "order_quantity=0.05").returncode, 0)
        self.assertEqual(self.run_task("--task", "btc", "--speed", "max").returncode, 12, "it stays paused")
        self.assertEqual(self.task("btc")["order_quantity"], "0.05")
        self.assertEqual(self.recover("halt", "--task", "btc").returncode, 0)
        self.assertEqual(self.run_task("set", "btc", "delay=400ms", "order_quantity=0.04").returncode, 0)
        self.assertEqual(self.run_task("--task", "btc", "--speed", "max").returncode, 23, "it stays halted")
        self.assertEqual(self.task("btc")["order_quantity"], "0.04")
        self.assertEqual([t.split(",")[0] for t in self.changes()],
                         ["order_quantity 0.1 -> 0.05", "delay 100ms -> 300ms", "order_quantity 0.05 -> 0.04", "delay 300ms -> 400ms"])

    def refusals(self):
        return [e["message"] for e in self.events("btc") if e["type"] == "alert" and e["code"] == "parameters_refused"]

    def test_a_size_that_the_venues_do_not_take_is_refused_by_the_next_run_which_goes_on(self):
        """Nobody runs the task, so nobody knows the venues' rules: the wish waits for them, in the order of asking."""
        self.assertEqual(self.run_task(BTC, "--max-cycles", "1", "--speed", "max").returncode, 10)
        asked = self.run_task("set", "btc", "order_quantity=0.00001", "delay=300ms")
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertIn("only they can say", asked.stdout)
        self.assertEqual(self.task("btc")["asked_for"], ["set order_quantity=0.00001 delay=300ms"])
        self.assertIn("which no run has taken yet", self.status("show", "btc").stdout)
        for file in ((BTC,), ("--task", "btc")):  # the plan is of what a run would begin with
            plan = self.run_task(*file, "--plan", "--json")
            self.assertEqual((plan.returncode, json.loads(plan.stdout)["order_quantity"]), (0, "0.1"), plan.stderr)
        on = self.run_task(BTC, "--max-cycles", "3", "--speed", "max", "--ndjson")
        self.assertEqual(on.returncode, 10, on.stderr)
        (told,) = self.refusals()
        self.assertIn("order_quantity", told)
        self.assertIn("smallest order", told)
        self.assertEqual(self.changes(), [], "nothing of it is taken where a part cannot be")
        sizes = {e["quantity"] for e in map(json.loads, on.stdout.splitlines()) if e["type"] == "intent"}  # less than 0.1: what a leg lacks
        self.assertEqual([q for q in sizes if not Decimal("0.00001") < Decimal(q) <= Decimal("0.1")], [])
        self.assertTrue(sizes)
        self.assertEqual((self.task("btc")["order_quantity"], self.task("btc")["asked_for"]), ("0.1", []))
        for change in ("order_quantity=0.00002", "order_quantity=0.05"):
            self.assertEqual(self.run_task("set", "btc", change).returncode, 0)
        plan = self.run_task("--task", "btc", "--plan", "--json")
        self.assertEqual(json.loads(plan.stdout)["order_quantity"], "0.05" if plan.returncode == 0 else plan.stderr)
        self.assertEqual(self.run_task("--task", "btc", "--max-cycles", "3", "--speed", "max").returncode, 10)
        self.assertEqual((len(self.refusals()), self.task("btc")["order_quantity"]), (2, "0.05"))

    def test_a_file_that_was_changed_after_a_wish_counts_and_one_from_before_does_not(self):
        with open(BTC, encoding="utf-8") as f:
            text = f.read()
        file = self.write("btc.toml", text)
        self.assertEqual(self.run_task(file, "--max-cycles", "1", "--speed", "max").returncode, 10)
        self.write("btc.toml", text.replace("order_quantity = 0.1", "order_quantity = 0.2"))
        self.assertEqual(self.run_task("set", "btc", "order_quantity=0.05").returncode, 0)
        self.assertEqual(self.run_task(file, "--max-cycles", "1", "--speed", "max").returncode, 10)
        self.assertEqual(self.task("btc")["order_quantity"], "0.05", "asked for after the file was written")
        self.assertEqual(self.run_task("set", "btc", "order_quantity=0.06").returncode, 0)
        self.write("btc.toml", text.replace("order_quantity = 0.1", "order_quantity = 0.08"))
        self.assertEqual(self.run_task(file, "--max-cycles", "1", "--speed", "max").returncode, 10)
        self.assertEqual(self.task("btc")["order_quantity"], "0.08", "the file was written after it was asked for")
        self.assertIn("the file was changed after it", self.refusals()[-1])

    def test_a_wish_for_a_round_that_has_ended_is_none_for_the_next_one(self):
        self.assertEqual(self.run_task(BTC, "--max-cycles", "1", "--speed", "max").returncode, 10)
        self.assertEqual(self.run_task("set", "btc", "order_quantity=0.05").returncode, 0)
        self.assertEqual(self.run_task("cancel", "btc").returncode, 0)
        self.assertEqual(self.run_task(BTC, "--restart", "--max-cycles", "1", "--speed", "max").returncode, 10)
        self.assertEqual((self.task("btc")["order_quantity"], self.task("btc")["asked_for"]), ("0.1", []))

    def test_nothing_changes_what_has_ended(self):
        self.assertEqual(self.run_task(BTC, "--speed", "max").returncode, 0)
        done = self.run_task("set", "btc", "order_quantity=0.05")
        self.assertEqual(done.returncode, 22)
        self.assertIn("--restart", done.stderr)


if __name__ == "__main__":
    unittest.main()
