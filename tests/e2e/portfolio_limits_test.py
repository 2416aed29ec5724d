"""The limits of a portfolio over the wire, on books that stand where the test puts them: exactly met they let a task through, less by the smallest unit
they refuse it; likewise for a task whose run was killed, and beside an order of unknown fate of another task, which counts at full size."""
import json
import os
import unittest
from decimal import Decimal

import market_limits_later_test as later
import market_limits_test as fresh

UNIT = Decimal("0.00000001")


class Together(fresh.PinnedMarket):
    """Each try in a database of its own, since what is held stays exposure; and by a name of its own, since a database that forgot one is refused."""

    total = "0.005"
    settings = {**fresh.PinnedMarket.settings, "rate_scale": 20}  # databases in other directories do not share a request budget

    def setUp(self):
        super().setUp()
        self.calm()

    def next_database(self):
        self.tries += 1
        self.name = f"t{self.tries}"
        self.db = os.path.join(self.dir, f"state-{self.tries}", "dn.db")
        self.config = self.write_config()
        self.begun_earlier()

    def file(self, more="", **how):
        return super().file(more, total=self.total, **how)

    def under(self, limits):
        path = self.file()
        with open(path, "a", encoding="utf-8") as f:
            f.write("[portfolio]\n" + limits)
        return path

    def portfolio(self):
        return json.loads(self.status("--json").stdout)["portfolios"][0]


class Exposure(fresh.Fresh, Together):
    # Sold at 60100, on both sides, with 1.5 % for better fills and for the hedge.
    whole = Decimal("610.015")

    def refused(self, key, most):
        self.next_database()
        done = self.live(self.under(f"capital = {most}\n{key} = 1\n"), *self.after, "--max-runtime", "30s")
        self.assertEqual(done.returncode, 22, done.stderr)
        told = self.refusals(key)[0]
        for number in (told["value"], told["limit"]):
            self.assertIn(number, told["message"])
        self.assertEqual(self.orders()[self.before:], [], "both legs or none")
        self.assertEqual(self.task(self.name)["mode"], "ACTIVE", "its next run asks anew")
        return Decimal(told["value"]), Decimal(told["limit"])

    def test_of_a_symbol_and_of_all(self):
        for key in ("max_exposure_per_symbol", "max_total_exposure"):
            with self.subTest(key=key):
                self.assertEqual(self.refused(key, self.whole - UNIT), (self.whole, self.whole - UNIT))
                self.next_database()
                done = self.live(self.under(f"capital = {self.whole}\n{key} = 1\n"), *self.after, "--max-runtime", "30s")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.refusals(key), [])
                self.assertLessEqual(Decimal(self.portfolio()["exposure"]), self.whole)


class ExposureAfterAKill(later.Killed, Exposure):
    # 300.5 are held on the dearer side already, and what the other one is behind by counts with a margin too; the second slice goes like the first.
    total = "0.01"
    whole = 2 * Decimal("300.5") + (Decimal("300.5") - Decimal("300.005")) * Decimal("0.015") + Decimal("610.015")


class ExposureAfterAKillWithAnOrderOfUnknownFate(later.KilledWithAnOrderOfUnknownFate, ExposureAfterAKill):
    pass


class BesideAnotherTask(later.KilledWithAnOrderOfUnknownFate, Exposure):
    """The killed task's buy is of unknown fate, and what became of its sell was not told either: nobody runs it, and both count at full size, with 2 % for
    a better fill, as long as nothing is proven."""

    total = "0.005"
    whole = 2 * Decimal("300.5") * Decimal("1.02") + Decimal("610.015")

    def begun_earlier(self):
        name, self.name, self.total = self.name, "earlier-" + self.name, "0.01"
        super().begun_earlier()
        self.name, self.total, self.known = name, "0.005", 0


class Loss(fresh.Fresh, Together):
    # Dear bought, cheap sold: a slice loses 0.1500025 by its prices and 0.605 in fees. The third slice waits for the minute to pass.
    total = "0.015"
    lost = Decimal("1.510005")

    def test_of_all_tasks(self):
        self.pin(fresh.SELL, "60000", "60002")
        for most, codes in ((self.lost, (10, 12)), (self.lost - Decimal("0.0000001"), (23,))):
            self.next_database()
            file = self.under(f"capital = 100000\nmax_loss = {most}\n")
            done = self.live(file, "--set=risk.max_orders_per_minute=4", "--set=risk.max_loss=1000", "--max-runtime", "5s")
            self.assertIn(done.returncode, codes, done.stderr)
            self.assertEqual(Decimal(self.task(self.name)["buy"]["filled"]), Decimal("0.01"))
            self.assertEqual(self.portfolio()["halted"] != "", 23 in codes)
        self.assertIn(f"{self.lost} of all tasks is above max_loss {most}", self.portfolio()["halted"])
        self.assertEqual(self.live("--task", self.name, "--max-runtime", "5s").returncode, 23, "until a person resumes it")


class LossAfterAKill(later.Killed, Loss):
    pass


if __name__ == "__main__":
    unittest.main()
