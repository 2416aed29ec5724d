"""Metrics: each number is the one of dn-status --json, counters never fall, a file of them is whole at every moment, and the rules and the
dashboard of scripts/examples/monitoring speak of metrics that there are."""
import glob
import json
import os
import re
import shutil
import stat
import subprocess
import time
import unittest
from decimal import Decimal

from exposition import Metrics
from tools import EXAMPLES, STATUS, ToolTest

BTC = os.path.join(EXAMPLES, "btc.toml")
MONITORING = os.path.join(EXAMPLES, "monitoring")
PROMTOOL = shutil.which("promtool")
STATES = ("IDLE", "SYNCING", "ANALYZING", "REBALANCING", "MANAGING_ORDERS", "COMPLETING", "ERROR", "COMPLETED", "CANCELLED")
MODES = ("ACTIVE", "PAUSED", "REDUCING", "HALTED")
RUNS = ("none", "alive", "frozen", "killed")
ROUND = """name = "carry"
symbol = "BTC/USDT"
total_quantity = 0.5
order_quantity = 0.1
hold_for = "1m"
[buy]
exchange = "mexc_spot"
price_reference = "opposite"
[sell]
exchange = "gateio_futures"
price_reference = "opposite"
[risk]
max_hold = "48h"
"""


def expected_of_task(task, rounds):
    """The metrics that a task has, from its JSON: the newest round's, and all rounds' for what is counted."""
    name, (base, quote) = task["task"], task["symbol"].split("/")
    out = {}

    def put(metric, value, **labels):
        if value is not None:
            out[metric, frozenset({"task": name, **labels}.items())] = Decimal(value)

    def ratio(value, of):
        return None if value is None else Decimal(value) / of

    put("dn_task_info", 1, symbol=task["symbol"], trading=task["trading"])
    put("dn_task_round", task["round"])
    for key, values in (("state", STATES), ("mode", MODES), ("run", RUNS)):
        for v in values:
            put("dn_task_" + key, int(task[key] == v), **{key: v})
    put("dn_task_exit_code", task["exit_code"])
    put("dn_task_health_code", task["health"])
    put("dn_task_target_quantity", task["target"], asset=base)
    put("dn_task_imbalance_quantity", task["imbalance"], asset=base)
    put("dn_task_imbalance_ratio", ratio(task["imbalance_pct"], 100))
    put("dn_task_spread_ratio", ratio(task["spread_bps"], 10000))
    put("dn_task_gross_profit", task["gross_quote"], asset=quote)
    put("dn_task_profit", task["profit_quote"], asset=quote)
    put("dn_task_profit_ratio", ratio(task["profit_bps"], 10000))
    for part in ("basis", "slippage", "funding", "fees"):
        put("dn_task_profit_part", task["profit"][part], part=part, asset=quote)
    for side in ("buy", "sell"):
        leg = task[side]
        where = {"exchange": leg["exchange"], "side": side}
        put("dn_task_filled_quantity", leg["filled"], asset=base, **where)
        put("dn_task_net_quantity", leg["net"], asset=base, **where)
        put("dn_task_progress_ratio", leg["progress"], **where)
        put("dn_task_average_price", leg["avg_price"], asset=quote, **where)
        for asset, fee in leg["fees"].items():
            put("dn_task_fees", fee, asset=asset, **where)
    put("dn_task_open_orders", task["open_orders"])
    put("dn_task_unknown_orders", task["unknown_orders"])
    for key in ("orders", "rebalances", "rejects", "errors", "runs"):
        put(f"dn_task_{key}_total", sum(r[key] for r in rounds))
    put("dn_task_unhedged_seconds_total", sum(Decimal(r["unhedged_seconds"]) for r in rounds))
    put("dn_task_unhedged_value_seconds_total", sum(Decimal(r["unhedged_notional_seconds"]) for r in rounds), asset=quote)
    put("dn_task_funding_payments_total", sum(r["funding"]["payments"] for r in rounds if r["funding"]))
    for stage, latency in task["latency_us"].items():
        for stat_ in ("p50", "p99", "max"):
            put("dn_task_latency_seconds", Decimal(latency[stat_]) / 1000000, stage=stage, stat=stat_)
        put("dn_task_latency_samples", latency["count"], stage=stage)
    for key in ("created", "updated"):
        put(f"dn_task_{key}_timestamp_seconds", Decimal(task[key + "_us"]) / 1000000)
    if task["funding"]:
        funding = task["funding"]
        where = {"exchange": task[funding["leg"]]["exchange"], "side": funding["leg"]}
        put("dn_task_funding_rate_ratio", funding["rate"], **where)
        put("dn_task_funding_interval_seconds", Decimal(funding["interval_us"]) / 1000000, **where)
        put("dn_task_funding_next_timestamp_seconds", Decimal(funding["next_us"]) / 1000000, **where)
        put("dn_task_funding_annual_ratio", ratio(funding["apr_pct"], 100), **where)
        put("dn_task_funding_expected", funding["expected"], asset=quote)
    return out


def expected_of_portfolio(portfolio):
    out = {}
    trading = portfolio["mode"]

    def put(metric, value, **labels):
        if value is not None:
            out[metric, frozenset({"trading": trading, **labels}.items())] = Decimal(value)

    for key in ("capital", "exposure", "loss"):
        put("dn_portfolio_" + key, portfolio[key], asset=portfolio["quote"])
    for row in portfolio["symbols"]:
        put("dn_portfolio_symbol_exposure", row["exposure"], symbol=row["symbol"], asset=portfolio["quote"])
    for key, most in portfolio["limits"].items():
        put("dn_portfolio_limit", most, limit=key)
    put("dn_portfolio_tasks", portfolio["running"])
    put("dn_portfolio_halted", int(portfolio["halted"] != ""))
    return out


class MetricsTest(ToolTest):
    def prometheus(self, *arguments):
        done = self.status("--prometheus", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def document(self, *arguments):
        done = self.status("--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def expected(self, document, rounds):
        out = {}
        for task in document["tasks"]:
            out.update(expected_of_task(task, [r for r in rounds if r["task"] == task["task"]]))
        return out

    def assert_equal_to_json(self):
        """Every series has its number in the JSON, and every number of the JSON its series."""
        metrics = Metrics(self.prometheus())
        document = self.document()
        expected = self.expected(document, self.document("--rounds")["tasks"])
        for p in document["portfolios"]:
            expected.update(expected_of_portfolio(p))
        expected["dn_halt_files", frozenset()] = Decimal(len(document["halts"]))
        version = self.call(STATUS, "--version").stdout.split()[1]
        expected["dn_build_info", frozenset({("version", version)})] = Decimal(1)
        self.assertEqual(dict(metrics), expected)
        for name, kind in metrics.types.items():
            self.assertEqual(kind == "counter", name.endswith("_total"), name)
        return metrics

    def round_on_futures(self):
        done = self.run_task(self.write("carry.toml", ROUND), "--seed", "3", "--speed", "max")
        self.assertIn(done.returncode, (0, 10), done.stderr)


class Numbers(MetricsTest):
    def test_every_number_is_that_of_the_json(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        self.run_task(self.large_portfolio(), "--seed", "4", "--speed", "max")
        self.round_on_futures()
        halted = self.write("halted.toml", 'name = "halted"\nsymbol = "ETH/USDT"\ntotal_quantity = 2\norder_quantity = 0.1\n[buy]\nexchange = "mexc_spot"\n'
                            '[sell]\nexchange = "gateio_spot"\n[risk]\nmax_orders_per_run = 6\n')
        self.assertEqual(self.run_task(halted, "--seed", "4", "--speed", "max").returncode, 22)
        metrics = self.assert_equal_to_json()
        self.assertEqual(metrics.of("dn_task_mode", task="halted", mode="HALTED"), 1)
        self.assertNotEqual(metrics.of("dn_task_health_code", task="halted"), 0)
        self.assertTrue(any(t["funding"] for t in self.document()["tasks"]), "one of them is paid funding")

    def test_counters_never_fall_when_a_round_ends(self):
        counted = {}
        for seed in ("2", "3", "4"):
            self.assertEqual(self.run_task(BTC, "--seed", seed, "--speed", "max", "--restart").returncode, 0)
            metrics = self.assert_equal_to_json()
            now = {key: value for key, value in metrics.items() if metrics.types[key[0]] == "counter"}
            for key, value in counted.items():
                self.assertGreaterEqual(now[key], value, key)
            counted = now
        self.assertEqual(metrics.of("dn_task_runs_total", task="btc"), 3)
        self.assertGreater(metrics.of("dn_task_orders_total", task="btc"), self.task("btc")["orders"])

    def test_the_kill_switch_and_tasks_that_are_named(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        state = os.path.dirname(self.db)
        with open(os.path.join(state, "HALT"), "w", encoding="utf-8"):
            pass
        self.assertEqual(self.assert_equal_to_json().of("dn_halt_files"), 1)
        named = Metrics(self.prometheus("--task", "btc"))
        self.assertTrue(all(("task", "btc") in labels for _, labels in named), "nothing that another file may hold as well")
        self.assertEqual(self.status("--prometheus", "--task", "nobody").returncode, 66)

    def test_what_makes_no_sense_beside_it(self):
        self.run_task(BTC, "--seed", "2", "--speed", "max")
        for more in (("--json",), ("--ndjson",), ("--csv",), ("--check",), ("--watch",), ("orders",)):
            self.assertEqual(self.status("--prometheus", *more).returncode, 64, more)

    @unittest.skipUnless(PROMTOOL, "promtool of Debian's package prometheus is not here")
    def test_promtool_finds_nothing_to_say(self):
        self.run_task(self.large_portfolio(), "--seed", "4", "--speed", "max")
        self.round_on_futures()
        checked = subprocess.run([PROMTOOL, "check", "metrics"], input=self.prometheus(), capture_output=True, text=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))


class File(MetricsTest):
    def setUp(self):
        super().setUp()
        self.file = os.path.join(self.dir, "dn.prom")

    def content(self):
        with open(self.file, encoding="utf-8") as f:
            return f.read()

    def test_at_the_end_it_says_what_dn_status_says(self):
        self.assertEqual(self.run_task(BTC, "--seed", "2", "--speed", "max", "--metrics-file", self.file).returncode, 0)
        self.assertEqual(self.content(), self.prometheus("--task", "btc"))
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        os.chmod(self.file, 0o640)
        done = self.run_task(self.large_portfolio(), "--seed", "4", "--speed", "max", "--metrics-file", self.file)
        names = [t["task"] for t in self.document()["tasks"] if t["task"] != "btc"]
        self.assertEqual(len(names), 3, done.stderr)
        self.assertEqual(self.content(), self.prometheus(*(w for n in names for w in ("--task", n))), "other tasks of the database are another run's")
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o640, "its owner decides who reads it")
        self.assertEqual([n for n in os.listdir(self.dir) if n.startswith("dn.prom")], ["dn.prom"])

    def test_while_the_run_goes_on_it_is_there_and_whole(self):
        run = self.begin(BTC, "--seed", "5", "--metrics-file", self.file, "--ndjson")
        self.wait_for_event(run, "run_start")
        end = time.monotonic() + 20
        while not os.path.exists(self.file):
            self.assertLess(time.monotonic(), end, "no file came")
            time.sleep(0.01)
        metrics = Metrics(self.content())
        self.assertEqual(metrics.of("dn_task_info", task="btc", symbol="BTC/USDT", trading="paper"), 1)
        run.terminate()
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 143)
        self.assertEqual(Metrics(self.content()).of("dn_task_run", task="btc", run="none"), 1)
        self.assertEqual(self.content(), self.prometheus("--task", "btc"))

    def test_it_holds_nothing_up_when_it_cannot_be_written(self):
        folder = os.path.join(self.dir, "textfile")
        os.mkdir(folder)
        run = self.begin(BTC, "--seed", "5", "--speed", "20", "--metrics-file", os.path.join(folder, "dn.prom"), "--ndjson", "--quiet")
        self.wait_for_event(run, "run_start")
        shutil.rmtree(folder)
        _, err = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 0, err)
        self.assertIn("the metrics cannot be written", err)

    def test_what_cannot_be_such_a_file_is_refused_before_anything_begins(self):
        for path, code in (("/dev/null", 64), (self.dir, 64), (os.path.join(self.dir, "nowhere", "dn.prom"), 66), ("", 64)):
            done = self.run_task(BTC, "--seed", "2", "--speed", "max", "--metrics-file", path)
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertFalse(os.path.exists(self.db))

    def test_tasks_that_a_trigger_starts_are_in_it(self):
        trigger = self.write("scan.toml", 'name = "scan"\n[buy]\nprice_reference = "opposite"\n[sell]\nprice_reference = "opposite"\n[risk]\n'
                             'max_order_notional = 1000\n[trigger]\nsymbols = ["BTC/USDT", "ETH/USDT"]\nvenue_pairs = ["mexc_spot > gateio_spot"]\n'
                             'min_spread_bps = -100\nmax_tasks = 2\ntotal_notional = 2000\norder_notional = 200\n')
        done = self.run_task(trigger, "--seed", "7", "--speed", "max", "--once", "--metrics-file", self.file)
        names = [t["task"] for t in self.document()["tasks"]]
        self.assertEqual(len(names), 2, done.stderr)
        self.assertEqual(self.content(), self.prometheus(*(w for n in names for w in ("--task", n))))


class Examples(MetricsTest):
    """What stands in scripts/examples/monitoring, against metrics of real runs."""

    def setUp(self):
        super().setUp()
        self.run_task(self.large_portfolio(), "--seed", "4", "--speed", "max")
        self.round_on_futures()
        self.metrics = Metrics(self.prometheus())

    def expressions(self):
        """Every expression, with where it stands."""
        with open(os.path.join(MONITORING, "dn.rules.yml"), encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                if line.strip().startswith("expr:"):
                    yield f"dn.rules.yml:{number}", line.split("expr:", 1)[1].strip()
        with open(os.path.join(MONITORING, "dashboard.json"), encoding="utf-8") as f:
            board = json.load(f)
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield panel["title"], target["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield variable["name"], variable["query"]

    def test_they_name_metrics_and_labels_that_there_are(self):
        labels = {}
        for name, pairs in self.metrics:
            for key, value in pairs:
                labels.setdefault(name, {}).setdefault(key, set()).add(value)
        seen = 0
        for where, expr in self.expressions():
            for name, matchers in re.findall(r"\b(dn_[a-z_]+)(\{[^}]*\})?", expr):
                seen += 1
                self.assertIn(name, self.metrics.names(), where)
                for key, operator, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers):
                    self.assertIn(key, labels[name], where)
                    if operator in ("=", "!=") and "$" not in value:
                        self.assertIn(value, labels[name][key], where)
        self.assertGreater(seen, 20)

    def test_the_dashboard_has_a_unit_and_a_place_for_every_panel(self):
        with open(os.path.join(MONITORING, "dashboard.json"), encoding="utf-8") as f:
            board = json.load(f)
        taken = set()
        for panel in board["panels"]:
            self.assertTrue(panel["title"])
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"] + " lies on another panel")
            taken |= cells
            if panel["type"] != "row":
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], panel["title"])
                self.assertTrue(panel["targets"], panel["title"])
        self.assertEqual(len({p["id"] for p in board["panels"]}), len(board["panels"]))

    @unittest.skipUnless(PROMTOOL, "promtool of Debian's package prometheus is not here")
    def test_promtool_takes_the_rules_and_their_own_test(self):
        for command, file in (("check", "dn.rules.yml"), ("test", "dn.rules.test.yml")):
            done = subprocess.run([PROMTOOL, command, "rules", os.path.join(MONITORING, file)], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_line_for_cron_writes_a_file_that_others_of_its_group_may_read(self):
        with open(os.path.join(MONITORING, "dn-metrics.cron"), encoding="utf-8") as f:
            (line,) = [row for row in f if row.startswith("* * * * *") and "--prometheus" in row]
        folder = os.path.join(self.dir, "textfile")
        os.mkdir(folder)
        command = line.split(None, 6)[6].replace("/var/lib/prometheus/node-exporter", folder)
        os.makedirs(os.path.join(self.dir, ".config", "dn"))
        self.write(".config/dn/dn.toml", f'state_dir = "{os.path.dirname(self.db)}"\n')
        self.environment["PATH"] = os.path.dirname(STATUS) + ":" + self.environment["PATH"]
        done = self.call("sh", "-c", command)
        self.assertEqual(done.returncode, 0, done.stderr)
        file = os.path.join(folder, "dn.prom")
        self.assertEqual(os.listdir(folder), ["dn.prom"])
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o640)
        with open(file, encoding="utf-8") as f:
            self.assertEqual(f.read(), self.prometheus())

    def test_every_alert_says_what_to_do_next(self):
        with open(os.path.join(MONITORING, "dn.rules.yml"), encoding="utf-8") as f:
            rules = f.read().split("- alert: ")[1:]
        self.assertGreater(len(rules), 5)
        for rule in rules:
            for part in ("severity:", "summary:", "description:", "expr:"):
                self.assertIn(part, rule, rule.split("\n", 1)[0])
        self.assertEqual(len(glob.glob(os.path.join(MONITORING, "*.yml"))), 2)


if __name__ == "__main__":
    unittest.main()
