"""Every key that may change, over the wire, in every state that a task can be in: what is good is taken by the next cycle, what is bad is refused at once
with a reason, no order is made by old values and new ones together, and a kill right behind the wish loses nothing of it.

The books stand where the test puts them, so that each quote tells by its price and size which parameters it was made by."""
import json
import re
import signal
import unittest
from decimal import Decimal

import market_limits_test as market
from tools import RUN

BUY, SELL = market.BUY, ("gateio_futures", "BTC_USDT")
TICK = {"buy": Decimal("0.01"), "sell": Decimal("0.1")}
TOUCH = {"buy": Decimal("60000"), "sell": Decimal("60101")}
OPPOSITE = {"buy": Decimal("60001"), "sell": Decimal("60100")}

OLD = {
    "total_quantity": "0.04", "order_quantity": "0.002", "buy.offset_ticks": "300", "buy.tick_tolerance": "5", "sell.offset_ticks": "-300",
    "sell.tick_tolerance": "5", "risk.max_order_notional": "100000", "risk.max_capital_fraction": "0.5",
}
NEW = {
    "total_quantity": "0.05", "order_quantity": "0.003", "delay": "150ms",
    "hold_for": "30m", "close_spread_bps": "5000", "exit_after_fundings": "9", "min_funding_apr": "-1000", "exit_funding_apr": "-2000",
    "buy.offset_ticks": "200", "buy.tick_tolerance": "9", "sell.offset_ticks": "-200", "sell.tick_tolerance": "9",
    "risk.max_position": "1", "risk.max_notional": "1000000", "risk.max_order_notional": "90000", "risk.max_orders_per_minute": "500",
    "risk.max_orders_per_run": "5000", "risk.max_orders_per_day": "9000", "risk.price_collar_bps": "150", "risk.max_slippage_bps": "60",
    "risk.max_book_age": "3s", "risk.min_spread_bps": "-400", "risk.exit_spread_bps": "-450", "risk.exit_action": "pause",
    "risk.imbalance_threshold": "0.0002", "risk.imbalance_grace": "500ms", "risk.max_imbalance_bps": "2000", "risk.max_imbalance_time": "1m",
    "risk.rebalance_attempts": "4", "risk.max_repeated_errors": "9", "risk.max_loss": "5000", "risk.max_hold": "200h", "risk.dead_man": "12s",
    "risk.max_capital_fraction": "0.9", "adapt.volatility_bps": "5000", "adapt.calm_bps": "100", "adapt.window": "20s", "adapt.tick_tolerance": "8",
    "adapt.slice_percent": "60",
}
BAD = "-"
TOO_SMALL = "order_quantity=0.0000001"


class States(market.PinnedMarket):
    settings = {"rate_scale": 20}
    name = "t"

    def setUp(self):
        super().setUp()
        self.pin(BUY, "60000", "60001")
        self.pin(SELL, "60100", "60101")
        self.before = self.exchange.ledger()
        self.quoted = ("buy", "sell")
        self.more = {}
        self.known = 0  # changes that the case itself asked for
        lines = self.call(RUN, "keys").stdout.split("\n\n")[0].splitlines()
        at = lines[0].index("value")
        self.live_keys = [line.split()[0] for line in lines[1:] if " * " in line]
        self.whole = {line.split()[0] for line in lines[1:] if line[at:].startswith("whole")}

    # ---- the task's file, and runs of it

    def text(self, values):
        tables = {}
        for key, value in values.items():
            table, _, last = key.rpartition(".")
            tables.setdefault(table, []).append(f"{last} = {value}" if key in self.whole else f'{last} = "{value}"')
        return "\n".join((f"[{table}]\n" if table else "") + "\n".join(lines) for table, lines in sorted(tables.items())) + "\n"

    def file_of(self, values):
        fixed = {"name": "t", "symbol": "BTC/USDT", "buy.exchange": BUY[0], "sell.exchange": SELL[0]}
        return self.write("t.toml", self.text({**fixed, **OLD, **self.more, **values}))

    def run_again(self, *arguments):
        return self.begin_live("--task", "t", "--ndjson", *arguments)

    # ---- states

    def resting(self):
        run = self.begin_live(self.file_of({}), "--ndjson")
        for _ in self.quoted:
            self.wait_for_event(run, "ack")
        return run

    def state(self):
        return self.task("t")["state"]

    def taking(self, lead, more):
        """Its buys are taken at once."""
        self.more = {"buy.price_reference": "opposite", "sell.price_reference": "opposite", "buy.offset_ticks": "0", "sell.offset_ticks": "0", "lead": lead, **more}
        return self.file_of({})

    # ---- what is asked for

    def ask(self, values):
        done = self.run_task("set", "t", *(f"{k}={v}" for k, v in values.items()), "--config", self.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def all_bad_is_refused(self):
        """Each key alone, and a good one does not get past a bad one beside it."""
        known = len(self.events("t"))
        for key in self.live_keys:
            done = self.run_task("set", "t", "delay=170ms", f"{key}={BAD}", "--config", self.config)
            self.assertEqual(done.returncode, 78, (key, done.stderr))
            self.assertIn(key, done.stderr)
        for bad in ("order_quantity=1", "risk.exit_spread_bps=-300 risk.min_spread_bps=-400", "total_quantity=0.001", "symbol=ETH/USDT", "lead=sell", "nothing=1"):
            done = self.run_task("set", "t", "delay=170ms", *bad.split(), "--config", self.config)
            self.assertIn(done.returncode, (22, 78), (bad, done.stderr))
        self.assertEqual([e for e in self.events("t")[known:] if e.get("code") in ("parameters_changed", "parameters_refused")], [])

    def told(self, code="parameters_changed"):
        return [e for e in self.events("t") if e["type"] == "alert" and e["code"] == code]

    def assert_taken_at_once(self, by):
        """All keys in one step, each told once with what it was and is; by a run that was under way from the cycle on that followed the word."""
        self.until(lambda: len(self.told()) >= len(NEW) + self.known)
        told = self.told()[self.known:]
        self.assertEqual(len({e["ts_us"] for e in told}), 1, "in one step")
        changes = {}
        for e in told:
            key, was, arrow, now, rest = e["message"].split(" ", 4)
            self.assertNotIn(key, changes)
            changes[key] = (was, now.rstrip(","))
            self.assertEqual(arrow, "->")
            self.assertIn(by, rest)
            if heard := re.search(r"heard in cycle (\d+), counts from (\d+)$", rest):
                self.assertEqual(int(heard[2]), int(heard[1]) + 1)
        self.assertEqual({k: v[1] for k, v in changes.items()}, NEW)
        self.assertEqual({k: changes[k][0] for k in OLD}, {**OLD, **{k: v for k, v in self.more.items() if k in OLD}})

    def quotes(self):
        """(side, price, quantity) of the old parameters and of the new ones, as long as it opens."""
        old, new = set(), set()
        for side in self.quoted:
            reference = OPPOSITE if self.more.get(side + ".price_reference") == "opposite" else TOUCH
            for values, out in ((OLD | self.more, old), (OLD | self.more | NEW, new)):
                out.add((side, reference[side] - TICK[side] * int(values[side + ".offset_ticks"]), Decimal(values["order_quantity"])))
        return old, new

    def assert_no_mix(self):
        """Of the quotes in the books before and after the change, and of those at the exchange."""
        old, new = self.quotes()
        changed = False
        for e in self.events("t"):
            changed = changed or (e.get("code") == "parameters_changed" and e["message"].startswith("order_quantity "))
            if e["type"] == "intent" and e["purpose"] == "quote":
                self.assertIn((e["side"], Decimal(e["price"]), Decimal(e["quantity"])), new if changed else old, "after the change" if changed else "before it")
        for o in self.orders():
            if o["type"] == "limit":
                self.assertIn((o["side"], Decimal(o["price"]), Decimal(o["quantity"])), old | new, "made of old and new ones together")
        self.assertTrue(changed)

    def known_orders(self):
        return {o["venue_order_id"] for o in self.orders()}

    def at_the_exchange(self, but=frozenset(), open_only=False):
        return {(o["side"], Decimal(o["price"]), Decimal(o["quantity"])) for o in self.orders() if o["venue_order_id"] not in but and (o["open"] or not open_only)}

    def wait_for_new_quotes(self):
        _, new = self.quotes()
        self.until(lambda: self.at_the_exchange(open_only=True) >= new)

    def end(self, run, code=143):
        run.terminate()
        _, err = run.communicate(timeout=60)
        if "opposite" in self.more.values() and self.task("t")["verdict"] == "COMPLETED":  # one that takes may have come to its end before the signal
            code = 0
        self.assertEqual(run.returncode, code, err)
        self.assert_no_sins()
        self.assert_books_equal(self.before)
        self.assertEqual(self.recover("verify").returncode, 0)


class Cases(States):
    """A case holds the task in a state; `free` lets it go on from there and gives the run that does."""

    def case_resting(self):
        return self.resting(), lambda run: run

    def case_error(self):
        run = self.resting()
        self.exchange.fault(venue=SELL[0], what="query", fault="http_502_html", count=1000)
        self.until(lambda: self.state() == "ERROR")

        def free(run):
            self.exchange.fault(clear=True)
            return run
        return run, free

    def case_syncing(self):
        """An order of unknown fate is asked about, step by step, before the first cycle."""
        self.exchange.control("POST", "settings", {"hidden_ms": "15000"})
        self.exchange.fault(venue=BUY[0], what="place", fault="reset_after", count=1, ms=0)
        run = self.begin_live(self.file_of({}), "--ndjson")
        self.wait_for_event(run, "unknown")
        self.kill(run)
        run = self.begin_live(self.file_of({}), "--ndjson")
        self.wait_for_event(run, "run_start")
        self.exchange.control("POST", "latency", {"ms": 3000})

        def free(run):
            self.exchange.control("POST", "latency", {"ms": 0})
            self.exchange.control("POST", "settings", {"hidden_ms": "0"})
            return run
        return run, free

    def case_rebalancing(self):
        """A slice is bought, and the venue of the hedge takes no order."""
        self.quoted = ("buy",)
        file = self.taking("buy", {"risk.imbalance_grace": "0s", "risk.min_spread_bps": "1000", "risk.rebalance_attempts": "90", "risk.max_imbalance_time": "9m"})
        run = self.begin_live(file, "--ndjson")
        self.wait_for_event(run, "limit")
        self.trades("halted")
        self.more["risk.min_spread_bps"] = "-350"
        self.ask({"risk.min_spread_bps": "-350"})
        self.known = 1
        self.until(lambda: self.state() == "REBALANCING")

        def free(run):
            self.trades("trading")
            return run
        return run, free

    def case_paused(self):
        run = self.resting()
        self.assertEqual(self.run_task("pause", "t", "--config", self.config).returncode, 0)
        self.until(lambda: not [o for o in self.orders() if o["open"]])

        def free(run):
            self.assertEqual(self.run_task("resume", "t", "--config", self.config).returncode, 0)
            return run
        return run, free

    def case_frozen(self):
        run = self.resting()
        self.freeze(run)

        def free(run):
            run.send_signal(signal.SIGCONT)
            return run
        return run, free

    def case_completing(self):
        run = self.resting()
        self.exchange.control("POST", "latency", {"ms": 4000})
        run.terminate()
        self.until(lambda: self.state() == "COMPLETING")

        def free(run):
            self.exchange.control("POST", "latency", {"ms": 0})
            _, err = run.communicate(timeout=60)
            self.assertEqual(run.returncode, 143, err)
            return self.run_again()
        return run, free

    def case_killed(self):
        run = self.resting()
        self.kill(run)
        return run, lambda run: self.run_again()

    def case_idle(self):
        run = self.resting()
        self.end(run)
        return run, lambda run: self.run_again()

    def case_halted(self):
        run = self.resting()
        self.assertEqual(self.recover("halt", "--task", "t", "--config", self.config).returncode, 0)
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 23, err)

        def free(_run):
            done = self.recover("resume", "--task", "t", "--yes", "--config", self.config)
            self.assertEqual(done.returncode, 0, done.stderr)
            return self.run_again()
        return run, free

    def trades(self, status):
        self.exchange.control("POST", "halt", {"venue": SELL[0], "symbol": SELL[1], "status": status})

    # ---- what is done in each

    def by_set(self, case):
        run, free = case()
        if case.__name__ != "case_syncing":  # which does not last
            self.all_bad_is_refused()
        self.ask(NEW)
        self.finish(free(run))

    def by_set_and_a_kill(self, case):
        """The kill comes right behind the answer, whether the run has taken it by then or not."""
        run, _ = case()
        self.ask(NEW)
        self.kill(run)
        self.exchange.fault(clear=True)
        self.exchange.control("POST", "latency", {"ms": 0})
        self.exchange.control("POST", "settings", {"hidden_ms": "0"})
        self.trades("trading")
        if self.task("t")["mode"] == "PAUSED":
            self.assertEqual(self.run_task("resume", "t", "--config", self.config).returncode, 0)
        run = self.run_again()
        self.wait_for_event(run, "run_start")  # the killed run may have quoted by the new values: that alone says nothing of this one
        self.finish(run)

    def too_small(self, case):
        """Of sizes that the venues do not take, by the run that holds the task or, where none moves, by the next one; it goes on as before."""
        run, free = case()
        done = self.run_task("set", "t", TOO_SMALL, "--config", self.config)
        moves = case.__name__ not in ("case_frozen", "case_killed", "case_idle", "case_halted")
        self.assertEqual(done.returncode, 22 if moves else 0, done.stdout + done.stderr)
        seen = self.known_orders()
        run = free(run)
        self.until(lambda: self.told("parameters_refused"))
        self.assertIn("order_quantity", self.told("parameters_refused")[0]["message"])
        old, _ = self.quotes()
        self.until(lambda: self.at_the_exchange(open_only=True) >= old or self.at_the_exchange(seen) >= old)
        self.assertEqual(self.told()[self.known:], [])
        self.end(run)

    def by_the_file(self, case):
        """Read again at SIGHUP: what is wrong in it is refused, and what is right is taken."""
        run, free = case()
        if case.__name__ != "case_frozen":
            for n, bad in enumerate(({"order_quantity": "0.0000001"}, {"symbol": "ETH/USDT"})):
                self.file_of(bad)
                run.send_signal(signal.SIGHUP)
                self.until(lambda n=n: len(self.told("parameters_refused")) > n)
                self.assertIn(next(iter(bad)), self.told("parameters_refused")[n]["message"])
        file = self.file_of(NEW)
        run.send_signal(signal.SIGHUP)
        run = free(run)
        if case.__name__ == "case_completing":  # it reads nothing any more that it could use; the next run of the file does
            self.kill(run)
            run = self.begin_live(file, "--ndjson")
            self.wait_for_new_quotes()
            return self.end(run)
        return self.finish(run, "by the file, read again")

    def finish(self, run, by="by dn-run set, asked for at 20"):
        self.assert_taken_at_once(by)
        self.wait_for_new_quotes()
        self.assert_no_mix()
        self.end(run)


def add_cases():
    cases = [name for name in vars(Cases) if name.startswith("case_")]
    moving = ("case_resting", "case_error", "case_syncing", "case_rebalancing", "case_paused", "case_frozen", "case_completing")
    for case in cases:
        ways = ["by_set", "too_small"] + (["by_set_and_a_kill", "by_the_file"] if case in moving else [])
        for way in ways:
            if (way, case) == ("too_small", "case_completing"):
                continue

            def test(self, way=way, case=case):
                getattr(self, way)(getattr(self, case))

            setattr(Cases, f"test_{way}_while_{case[5:]}", test)


add_cases()


class Holding(States):
    def test_what_is_held_is_closed_by_the_new_values_alone(self):
        file = self.taking("both", {"hold_for": "1h", "total_quantity": "0.004"})
        run = self.begin_live(file, "--ndjson")
        for line in run.stdout:
            if json.loads(line).get("code") == "holding":
                break
        self.all_bad_is_refused()
        opened = self.known_orders()
        self.ask({**NEW, "total_quantity": "0.004", "hold_for": "1s"})
        # The legs have changed sides: sold on MEXC behind its touch as it was bought, bought back on Gate; by the new slice.
        closing = {("sell", OPPOSITE["buy"] - 1 + TICK["buy"] * 200, Decimal("0.003")), ("buy", OPPOSITE["sell"] + 1 - TICK["sell"] * 200, Decimal("0.003"))}
        self.until(lambda: len(self.at_the_exchange(opened, open_only=True)) == 2)
        self.assertEqual(self.at_the_exchange(opened), closing)
        self.end(run)


if __name__ == "__main__":
    unittest.main()
