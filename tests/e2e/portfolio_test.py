"""A portfolio on paper: many tasks in one process, the limits of all of them together, and what a person sees and does about them."""
import json
import os
import re
import signal
import unittest
from decimal import Decimal

from tools import EXAMPLES, ToolTest

LEGS = '[task.buy]\nexchange = "mexc_spot"\nprice_reference = "opposite"\ntick_tolerance = 5\n[task.sell]\nexchange = "gateio_spot"\nprice_reference = "opposite"\ntick_tolerance = 5\n'


def task(name, symbol="ETH/USDT", total="0.4", slice_="0.2", more=""):
    return f'[[task]]\nname = "{name}"\nsymbol = "{symbol}"\ntotal_quantity = {total}\norder_quantity = {slice_}\n{LEGS}{more}'


def portfolio(capital, **limits):
    return f"[portfolio]\ncapital = {capital}\n" + "".join(f"{key} = {value}\n" for key, value in limits.items())


class PortfolioTest(ToolTest):
    def file(self, limits, *tasks, name="p.toml"):
        return self.write(name, limits + "".join(tasks))

    def shown(self):
        answer = self.status("--json")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return json.loads(answer.stdout)["portfolios"]

    def knows(self, name):
        answer = self.status("--json", "--task", name)
        return answer.returncode == 0 and json.loads(answer.stdout)["tasks"] != []

    def limits_told(self, name, code):
        return [e for e in self.events(name) if e["type"] == "limit" and e["code"] == code]

    def traded(self):
        return sum(Decimal(f["price"]) * Decimal(f["quantity"]) for f in self.rows("fills"))


class Portfolio(PortfolioTest):
    def test_thirty_tasks_in_one_process(self):
        symbols = ["BTC/USDT", "ETH/USDT", "XRP/USDT"]
        sizes = {"BTC/USDT": ("0.02", "0.01"), "ETH/USDT": ("0.4", "0.2"), "XRP/USDT": ("200", "100")}
        tasks = [task(f"t{i}", symbols[i % 3], *sizes[symbols[i % 3]]) for i in range(30)]
        limits = portfolio(1000000, max_exposure_per_symbol=0.5, max_total_exposure=1, max_concurrent_tasks=10)
        done = self.run_task(self.file(limits, *tasks), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({t["verdict"] for t in json.loads(done.stdout)["tasks"]}, {"COMPLETED"})
        shown = self.shown()[0]
        self.assertEqual((shown["mode"], shown["running"], shown["halted"]), ("paper", 0, ""))
        self.assertEqual(len(shown["leases"]), 30)
        self.assertEqual(Decimal(shown["exposure"]), self.traded())
        self.assertEqual(sum(Decimal(s["exposure"]) for s in shown["symbols"]), Decimal(shown["exposure"]))

    def test_the_example_runs_to_its_end(self):
        done = self.run_task(os.path.join(EXAMPLES, "portfolio.toml"), "--speed", "max", "--seed", "11")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("exposure", self.status().stdout)

    def test_the_same_seed_gives_the_same_bytes(self):
        file = self.file(portfolio(20000, max_total_exposure=1), *[task(f"t{i}") for i in range(8)])
        outputs = []
        for i in range(2):
            self.db = self.write(f"none-{i}", "") + ".d/dn.db"
            done = self.run_task(file, "--seed", "3", "--speed", "max", "--ndjson")
            outputs.append(done.stdout)
        self.assertEqual(outputs[0], outputs[1])

    def test_a_limit_ends_what_it_cannot_let_go_on_and_halts_nothing(self):
        # Each task comes to about 2 x 0.4 x 4,300: there is room for one and a part of the next.
        file = self.file(portfolio(10000, max_exposure_per_symbol=0.5), task("a"), task("b"))
        done = self.run_task(file)
        self.assertEqual(done.returncode, 22, done.stderr)
        self.assertLessEqual(self.traded(), 5000)
        self.assertGreater(self.traded(), 3000)
        ended = {n: self.task(n) for n in "ab"}
        refused = [n for n in "ab" if ended[n]["exit_code"] == 22]
        self.assertTrue(refused)
        for name in refused:
            self.assertEqual(ended[name]["mode"], "ACTIVE", "its next run asks anew")
            told = self.limits_told(name, "max_exposure_per_symbol")[-1]
            self.assertEqual(Decimal(told["limit"]), 5000)
            self.assertGreater(Decimal(told["value"]), 5000)
            for number in (told["value"], told["limit"]):
                self.assertIn(number, told["message"])
        self.assertIn("/ 5000", self.status().stdout)

    def test_what_is_held_is_written_off_by_a_person(self):
        limits = portfolio(10000, max_total_exposure=0.4)
        self.assertEqual(self.run_task(self.file(limits, task("a"))).returncode, 0)
        other = self.file(limits, task("b"), name="b.toml")
        self.assertEqual(self.run_task(other).returncode, 22)
        asked = self.recover("release", "--task", "a")
        self.assertEqual(asked.returncode, 64, asked.stderr)
        self.assertIn("--yes", asked.stderr)
        self.assertEqual(self.recover("release", "--task", "b", "--yes").returncode, 22, "it has not ended")
        self.assertEqual(self.recover("release", "--task", "a", "--yes").returncode, 0)
        self.assertEqual(self.run_task(other).returncode, 0)

    def test_a_task_that_unwinds_gives_back(self):
        limits = portfolio(10000, max_total_exposure=0.4)
        perp = task("a").replace("gateio_spot", "gateio_futures")
        self.assertEqual(self.run_task(self.file(limits, perp)).returncode, 0)
        self.assertGreater(Decimal(self.shown()[0]["exposure"]), 3000)
        back = '[[task]]\nname = "back"\nsymbol = "ETH/USDT"\ntotal_quantity = 0.4\norder_quantity = 0.2\ndirection = "close"\n'
        back += LEGS.replace("mexc_spot", "gateio_futures").replace("gateio_spot", "mexc_spot")
        done = self.run_task(self.file(limits, back, name="back.toml"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(Decimal(self.shown()[0]["exposure"]), 20, "what fees in base left")

    def test_a_loss_halts_all_tasks_until_a_person_resumes(self):
        limits = portfolio(1000000, max_loss=0.01)
        # Bought and sold on one venue, taker on both sides: each slice loses spread and fees.
        tasks = [task(n, total="40").replace("gateio_spot", "mexc_spot") for n in "ab"]
        file = self.file(limits, *tasks)
        done = self.run_task(file)
        self.assertEqual(done.returncode, 23, done.stderr)
        for name in "ab":
            self.assertEqual(self.task(name)["mode"], "HALTED")
            self.assertIn("max_loss", self.task(name)["reason"])
            self.assertLess(abs(Decimal(self.task(name)["imbalance"])), Decimal("0.001"), "the balance is restored first")
        self.assertIn("max_loss 0.01", self.shown()[0]["halted"])
        self.assertEqual(self.run_task(file, "--plan").returncode, 23, "what a run would find")
        self.assertEqual(self.status("--check").returncode, 23)
        fresh = self.run_task(self.file("", task("c"), name="c.toml"))
        self.assertEqual(fresh.returncode, 23, "a task that begins is halted as well")
        self.assertEqual([o for o in self.rows("orders") if o["task"] == "c"], [])
        asked = self.recover("resume")
        self.assertEqual(asked.returncode, 64)
        self.assertIn("the portfolio (paper), halted", asked.stderr)
        resumed = self.recover("resume", "--all", "--yes")
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        self.assertEqual(self.shown()[0]["halted"], "")
        done = self.run_task(self.file(portfolio(1000000, max_loss=100000), *[task(n, total="1") for n in "c"], name="c.toml"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_so_many_tasks_run_at_a_time_over_all_processes(self):
        limits = portfolio(1000000, max_concurrent_tasks=1)
        first = self.begin(self.file(limits, task("a", total="400")), "--speed", "1", "--ndjson")
        self.wait_for_event(first, "ack")
        other = self.file(limits, task("b"), name="b.toml")
        done = self.run_task(other, "--max-runtime", "500ms")
        self.assertEqual(done.returncode, 12, done.stderr)
        told = self.limits_told("b", "max_concurrent_tasks")[-1]
        self.assertEqual((told["value"], told["limit"]), ("2", "1"))
        self.assertEqual([t["running"] for t in self.shown()[0]["leases"] if t["task"] == "a"], [True])
        self.kill(first)
        self.assertEqual(self.run_task(other).returncode, 0, "the dead hold no place")

    def test_the_stricter_limits_hold_while_others_run(self):
        first = self.begin(self.file(portfolio(1000000, max_total_exposure=0.5), task("a", total="400")), "--speed", "1", "--ndjson")
        self.wait_for_event(first, "ack")
        looser = self.file(portfolio(1000000, max_total_exposure=0.9), task("b"), name="b.toml")
        done = self.run_task(looser)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("stricter", done.stderr)
        self.assertEqual(Decimal(self.shown()[0]["limits"]["max_total_exposure"]), 500000)
        self.kill(first)
        self.run_task(looser)
        self.assertEqual(Decimal(self.shown()[0]["limits"]["max_total_exposure"]), 900000)

    def test_one_that_is_halted_is_no_trouble_of_the_others(self):
        os.makedirs(os.path.dirname(self.db))
        self.write("state/HALT-gateio_futures", "")
        done = self.run_task(self.file(portfolio(1000000, max_total_exposure=1), task("a"), task("b").replace("gateio_spot", "gateio_futures"), task("c")))
        self.assertEqual(done.returncode, 23, done.stderr)
        self.assertEqual([self.task(n)["verdict"] for n in "ac"], ["COMPLETED", "COMPLETED"])
        self.assertEqual(self.task("b")["mode"], "HALTED")

    def test_a_signal_ends_those_that_wait_for_a_place_as_well(self):
        limits = portfolio(1000000, max_concurrent_tasks=1)
        first = self.begin(self.file(limits, task("a", total="400")), "--speed", "1", "--ndjson")
        self.wait_for_event(first, "ack")
        waiting = self.begin(self.file(limits, task("b"), name="b.toml"), "--ndjson")
        while not self.knows("b"):
            pass
        waiting.send_signal(signal.SIGTERM)
        _, err = waiting.communicate(timeout=60)
        self.kill(first)
        self.assertEqual(waiting.returncode, 143, err)

    def test_one_that_is_held_elsewhere_is_no_trouble_of_the_others(self):
        first = self.begin(self.write("a.toml", task("a", total="400")), "--speed", "1", "--ndjson")
        self.wait_for_event(first, "ack")
        done = self.run_task(self.file("", task("a", total="400"), task("b"), name="both.toml"))
        self.kill(first)
        self.assertEqual(done.returncode, 11, done.stderr)
        self.assertIn("goes on without task a", done.stderr)
        self.assertEqual(self.task("b")["verdict"], "COMPLETED")


class Plan(PortfolioTest):
    """What a person is told before the run, by --plan and by check: as the run would find it, and nothing is written."""

    def told(self, code, limit, file, status, tool="plan"):
        """What the check of a limit says; the exit code is that of a run."""
        done = self.run_task(file, "--plan", "--seed", "5", "--json") if tool == "plan" else self.status("check", file, "--online", "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        rows = [c for line in done.stdout.splitlines() for c in json.loads(line)["checks"] if c["name"] == limit]
        self.assertEqual({c["status"] for c in rows}, {status}, rows)
        self.assertEqual(len({c["message"] for c in rows}), 1, "each task's plan says the same")
        self.assertTrue(status == "ok" or all(c["next"] for c in rows))
        return rows[0]["message"]

    def test_exactly_met_passes_and_the_smallest_unit_less_is_refused_with_both_numbers(self):
        for limit in ("max_exposure_per_symbol", "max_total_exposure"):
            text = self.told(0, limit, self.file(portfolio(1000000, **{limit: 1}), task("a"), task("b")), "ok")
            whole = Decimal(re.search(r"may come to ([\d.]+) USDT", text)[1])
            less = whole - Decimal("0.00000001")
            self.told(0, limit, self.file(portfolio(whole, **{limit: 1}), task("a"), task("b")), "ok")
            refused = self.told(22, limit, self.file(portfolio(less, **{limit: 1}), task("a"), task("b")), "fail")
            self.assertIn(f"{whole} against {less}", refused)
            self.told(0, limit, self.file(portfolio(1000000, **{limit: 1}), task("a"), task("b")), "ok", "check")
            self.assertIn("against 1000;", self.told(22, limit, self.file(portfolio(1000, **{limit: 1}), task("a"), task("b")), "fail", "check"))
        self.assertFalse(os.path.exists(self.db))

    def test_where_not_even_the_first_slices_fit_the_run_sends_none(self):
        file = self.file(portfolio(1000, max_total_exposure=1), task("a"))
        self.assertIn("the next slices of task a alone come to", self.told(22, "max_total_exposure", file, "fail"))
        self.assertEqual(self.run_task(file).returncode, 22)
        self.assertEqual(self.rows("orders"), [])

    def test_what_ended_tasks_hold_counts_until_it_is_written_off(self):
        limits = portfolio(10000, max_total_exposure=0.4)
        self.assertEqual(self.run_task(self.file(limits, task("a"))).returncode, 0)
        other = self.file(limits, task("b"), name="b.toml")
        self.assertIn(f"beside the {self.shown()[0]['exposure']} that others hold", self.told(22, "max_total_exposure", other, "fail"))
        offline = json.loads(self.status("check", other, "--json").stdout)["checks"]
        (row,) = [c for c in offline if c["name"] == "max_total_exposure"]
        self.assertIn("not known without prices", row["message"])
        self.assertEqual(self.recover("release", "--task", "a", "--yes").returncode, 0)
        self.told(0, "max_total_exposure", other, "ok")

    def test_what_other_runs_hold_is_a_reason_to_wait(self):
        limits = portfolio(10000, max_total_exposure=1, max_concurrent_tasks=1)
        rests = task("a", total="400")  # far from the market, with room for a few slices
        for side, ticks in (("buy", 3000), ("sell", -3000)):
            rests = rests.replace(f"[task.{side}]\n", f"[task.{side}]\noffset_ticks = {ticks}\n")
        first = self.begin(self.file(limits, rests), "--speed", "1", "--ndjson")
        self.wait_for_event(first, "ack")
        other = self.file(limits, task("b"), name="b.toml")
        self.assertIn("other runs hold what is missing", self.told(0, "max_total_exposure", other, "warn"))
        self.assertIn("1 tasks of this run and 1 of others: 2 against 1", self.told(0, "max_concurrent_tasks", other, "warn"))
        self.kill(first)
        self.told(0, "max_concurrent_tasks", other, "ok")

    def test_files_with_different_limits_are_refused_by_the_check_too(self):
        files = [self.file(portfolio(capital, max_total_exposure=1), task(name), name=name + ".toml") for name, capital in (("a", 1000), ("b", 2000))]
        for done in (self.run_task(*files, "--plan"), self.status("check", *files)):
            self.assertEqual(done.returncode, 78, done.stdout)
            self.assertIn("differs from", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
