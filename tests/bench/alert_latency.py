"""A benchmark, no test: see scripts/alert-latency."""
import os
import statistics
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["DN_SOURCE"], "tests", "e2e"))
from live_tools import LiveTest  # noqa: E402  pylint: disable=wrong-import-position

ROUNDS = int(os.environ["DN_ALERT_ROUNDS"])
STAGES = ("decision", "sync", "placement", "cycle")
HOOKS = {"no alerts": None, "hangs": "sleep 1000", "a megabyte": "cat >/dev/null; head -c 1000000 /dev/zero"}


class AlertLatency(LiveTest):
    settings = {"rate_scale": 20}

    def one(self, number, body):
        self.db = os.path.join(self.dir, f"state-{number}", "dn.db")
        more = ""
        if body is not None:
            path = self.write("hook", "#!/bin/sh\n" + body)
            os.chmod(path, 0o700)
            more = f'alert_command = "{path}"\nalert_level = "DEBUG"\n'
        self.config = self.write_config(more=more)
        name = f"t{number}"
        file = self.task_file(name, "BTC/USDT", "mexc_spot", "gateio_spot", "0.05", "0.001", more="max_capital_fraction = 1\n")
        done = self.live(file, "--max-runtime", "60s")
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.task(name)["latency_us"]

    def test_rounds(self):
        seen = {kind: [] for kind in HOOKS}
        for number in range(ROUNDS):
            for place, (kind, body) in enumerate(HOOKS.items()):
                seen[kind].append(self.one(number * len(HOOKS) + place, body))
        print(f"{'':<12}" + "".join(f"{stage + ' ' + q:>16}" for stage in STAGES for q in ("p50", "p99")), "  microseconds; (ratio to no alerts)")
        base = None
        for kind, rows in seen.items():
            cells = [statistics.median(float(r[stage][q]) for r in rows) for stage in STAGES for q in ("p50", "p99")]
            base = base or cells
            print(f"{kind:<12}" + "".join(f"{f'{c:.1f} ({c / b:.2f})':>16}" for c, b in zip(cells, base)))


if __name__ == "__main__":
    unittest.main()
