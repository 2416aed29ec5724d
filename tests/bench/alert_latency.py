"""A benchmark, no test: see scripts/alert-latency."""
import json
import os
import re
import socket
import statistics
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["DN_SOURCE"], "tests", "e2e"))
from live_tools import EXCHANGE, Exchange, LiveTest  # noqa: E402  pylint: disable=wrong-import-position

ROUNDS = int(os.environ["DN_ALERT_ROUNDS"])
STAGES = ("decision", "sync", "placement", "cycle")
NONE, BUSY = "no alerts", "busy, no alerts"
# What is told of every event: a command (its file gets what it is told) or a webhook, and beside which runs without it is held.
KINDS = {
    NONE: (None, None, NONE),
    "hook hangs": ("sleep 1000", None, NONE),
    "hook fails": ("exit 1", None, NONE),
    "hook: a megabyte": ("cat >> {told}; head -c 1000000 /dev/zero", None, NONE),
    "webhook down": (None, "down", NONE),
    "webhook silent": (None, "silent", NONE),
    BUSY: (None, None, BUSY),
    "busy, 10,000/min": ("cat >> {told}", None, BUSY),
}
# Fifty slices, and so many that more than ten thousand events come in a minute's pace.
SIZES = {NONE: ("0.05", 120), BUSY: ("0.4", 1000000)}


class AlertLatency(LiveTest):
    settings = {"rate_scale": 200}

    def setUp(self):
        super().setUp()
        # Both are addresses of this machine: nobody listens at the first; at the second connections are taken and no word is said.
        with socket.create_server(("127.0.0.1", 0)) as closed:
            down = closed.getsockname()[1]
        silent = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.addCleanup(silent.close)
        self.ports = {"down": down, "silent": silent.getsockname()[1]}

    def receivers(self, hook, webhook):
        """Of dn.toml."""
        told = os.path.join(self.dir, "told")
        if os.path.exists(told):
            os.unlink(told)
        more = ""
        if hook:
            path = self.write("hook", "#!/bin/sh\n" + hook.format(told=told))
            os.chmod(path, 0o700)
            more += f'alert_command = "{path}"\nalert_level = "DEBUG"\n'
        if webhook:
            more += f'alert_webhook = "http://127.0.0.1:{self.ports[webhook]}/hook"\nalert_level = "DEBUG"\n'
        return more

    def told(self):
        path = os.path.join(self.dir, "told")
        if not os.path.exists(path):
            return 0
        with open(path, encoding="utf-8") as f:
            return sum(int(json.loads(line).get("suppressed", 1)) for line in f)

    def one(self, number, kind):
        hook, webhook, base = KINDS[kind]
        # An account of its own: what a run learns at its start does not grow with the runs before it.
        self.end_exchange()
        folder = os.path.join(self.dir, f"exchange-{number}")
        os.mkdir(folder)
        self.exchange = Exchange(EXCHANGE, folder, "--seed", "7", "--config", os.path.join(self.dir, "exchange.json"))
        self.db = os.path.join(self.dir, f"state-{number}", "dn.db")
        self.write_credentials()
        self.config = self.write_config(more=self.receivers(hook, webhook))
        name = f"t{number}"
        total, most = SIZES[base]
        file = self.task_file(name, "BTC/USDT", "mexc_spot", "gateio_spot", total, "0.001", more=f"max_capital_fraction = 1\nmax_orders_per_minute = {most}\n")
        done = self.live(file, "--max-runtime", "120s")
        self.assertEqual(done.returncode, 0, done.stderr)
        events = self.events(name)
        if hook or webhook:
            waiting = sum(int(n) for n in re.findall(r"alerts not delivered by .* yet: (\d+);", done.stderr))
            self.assertEqual(self.told() + waiting, len(events), f"{kind}: lost without a word\n{done.stderr}")
        seconds = (events[-1]["ts_us"] - events[0]["ts_us"]) / 1e6
        return self.task(name)["latency_us"], len(events) * 60 / seconds

    def test_rounds(self):
        seen = {kind: [] for kind in KINDS}
        pace = {kind: [] for kind in KINDS}
        for number in range(ROUNDS):
            # Every other round the other way round, so that no kind always follows the same one.
            order = list(KINDS) if number % 2 == 0 else list(reversed(KINDS))
            for place, kind in enumerate(order):
                latency, per_minute = self.one(number * len(KINDS) + place, kind)
                seen[kind].append(latency)
                pace[kind].append(per_minute)
        print(f"{'':<17}" + "".join(f"{stage + ' ' + q:>17}" for stage in STAGES for q in ("p50", "p99")) + f"{'events/min':>12}")
        print("microseconds, medians of the rounds; (ratio to the same task without alerts)")
        medians = {kind: [statistics.median(float(r[stage][q]) for r in rows) for stage in STAGES for q in ("p50", "p99")] for kind, rows in seen.items()}
        for kind, cells in medians.items():
            base = medians[KINDS[kind][2]]
            text = "".join(f"{f'{c:.1f} ({c / b:.2f})':>17}" for c, b in zip(cells, base))
            print(f"{kind:<17}{text}{statistics.median(pace[kind]):>12.0f}")
        print("nothing was lost without a word: what was told, summed up or named on stderr is what happened, in every run")


if __name__ == "__main__":
    unittest.main()
