"""A benchmark, no test: see scripts/status-bench."""
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

RUN, STATUS = os.environ["DN_RUN"], os.environ["DN_STATUS"]
ORDERS, ROUNDS = int(os.environ["DN_BENCH_ORDERS"]), int(os.environ["DN_BENCH_ROUNDS"])
TASK = """name = "{name}"
symbol = "BTC/USDT"
total_quantity = 20
order_quantity = 0.1
[buy]
exchange = "mexc_spot"
offset_ticks = 2
tick_tolerance = 5
[sell]
exchange = "gateio_spot"
offset_ticks = -2
tick_tolerance = 3
"""
# What a person or cron calls, and the least that it prints: a look that shows nothing would be quick for nothing.
VERBS = [
    ((), 1),
    (("show", "btc0"), 20),
    (("orders",), 1000),
    (("orders", "btc0"), 1000),
    (("orders", "--open"), 0),
    (("orders", "--unknown"), 0),
    (("fills",), 1000),
    (("fills", "btc0"), 1000),
    (("fills", "--csv", "--last", "1000"), 1000),
    (("events",), 1000),
    (("events", "btc0"), 1000),
    (("pnl",), 1),
    (("--json",), 1),
    (("show", "btc0", "--json"), 1),
    (("pnl", "--json"), 1),
    (("orders", "--json", "--last", "1000"), 1),
    (("events", "--csv", "--last", "1000"), 1000),
    (("--prometheus",), 50),
    (("--check",), 1),
    (("--rounds",), 1),
    (("pnl", "--by", "day"), 1),
    (("pnl", "--by", "symbol"), 1),
    (("check",), 1),
]
# What reads every row: for a person who waits. The audit finds that rows were multiplied (24).
WHOLE = [(("audit",), 1), (("fills", "--csv"), 1000), (("orders", "--json"), 1)]


def run_task(folder, db, name, *more):
    path = os.path.join(folder, name + ".toml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(TASK.format(name=name))
    return subprocess.run([RUN, path, "--db", db, "--speed", "max", "--quiet", "--seed", "7", *more], capture_output=True, text=True, check=False)


def multiply(db, tasks):
    """Every row of the tasks' orders, fills and events again and again, under new ids, until there are so many orders."""
    with sqlite3.connect(db) as c:
        ids = [row[0] for row in c.execute("SELECT id FROM tasks ORDER BY id")]
        have = c.execute("SELECT count(*) FROM orders").fetchone()[0]
        times = max(0, ORDERS // have - 1)
        for table, key, other in (("orders", "client_order_id", None), ("fills", "trade_id", "client_order_id"), ("events", None, None)):
            columns = [r[1] for r in c.execute(f"PRAGMA table_info({table})") if r[1] != "id"]
            # A task tells some seven events an order. Two are enough here, else the file has several GB.
            again = times if table != "events" else times // 4
            values = ", ".join(f"{col} || '.' || n" if col in (key, other) else col for col in columns)
            c.execute(f"WITH RECURSIVE again(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM again WHERE n < {again}) "
                      f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM again, (SELECT * FROM {table} ORDER BY id)")
        # A year of days behind the first; the rows are of one.
        for table in ("days", "day_legs"):
            columns = [r[1] for r in c.execute(f"PRAGMA table_info({table})")]
            values = ", ".join("day - n" if col == "day" else col for col in columns)
            c.execute(f"WITH RECURSIVE again(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM again WHERE n < 365) "
                      f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM again, (SELECT * FROM {table})")
        assert len(ids) == tasks
        return {t: c.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("tasks", "orders", "fills", "events")}


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def took(db, arguments, least):
    """Milliseconds by the clock and of the processor, of each call."""
    times = []
    for _ in range(ROUNDS):
        began, used = time.monotonic(), processor_seconds()
        done = subprocess.run([STATUS, *arguments, "--db", db], capture_output=True, text=True, check=False)
        times.append(((time.monotonic() - began) * 1000, (processor_seconds() - used) * 1000))
        assert done.returncode in (0, 10, 12, 20, 21, 23, 24) and done.stdout.count("\n") >= least, (arguments, done.returncode, done.stderr, done.stdout[:200])
    return times


def measure(db, verbs):
    worst = 0
    for arguments, least in verbs:
        times = took(db, arguments, least)
        by_clock, used = zip(*times)
        worst = max(worst, max(by_clock))
        print(f"  dn-status {' '.join(arguments):<34} {statistics.median(by_clock):8.1f} ms, longest {max(by_clock):8.1f} ms; processor {statistics.median(used):8.1f} ms")
    return worst


class Writer(threading.Thread):
    """Commits without a pause, as a run does; counts what it had to wait for."""

    def __init__(self, db):
        super().__init__()
        self.db, self.over, self.longest, self.commits = db, False, 0.0, 0

    def run(self):
        c = sqlite3.connect(self.db, timeout=10, isolation_level=None)
        while not self.over:
            began = time.monotonic()
            c.execute("BEGIN IMMEDIATE")
            c.execute("UPDATE tasks SET updated_us = updated_us + 1 WHERE id = (SELECT max(id) FROM tasks)")
            c.execute("INSERT INTO events (task_id, ts_us, type, json) SELECT task_id, ts_us + 1, type, json FROM events ORDER BY id DESC LIMIT 1")
            c.execute("COMMIT")
            self.longest = max(self.longest, (time.monotonic() - began) * 1000)
            self.commits += 1
            time.sleep(0.001)
        c.close()


def shape(name, tasks, rounds):
    folder = tempfile.mkdtemp(prefix="dn-bench-")
    try:
        db = os.path.join(folder, "state", "dn.db")
        for i in range(tasks):
            for r in range(rounds):
                done = run_task(folder, db, f"btc{i}", *(["--restart"] if r else []))
                assert done.returncode == 0, done.stderr
        counts = multiply(db, tasks * rounds)
        size = sum(os.path.getsize(db + end) for end in ("", "-wal") if os.path.exists(db + end)) / 1e6
        print(f"{name}: {', '.join(f'{n} {what}' for what, n in counts.items())}, {size:.0f} MB")
        worst = measure(db, VERBS)
        writer = Writer(db)
        writer.start()
        print(" beside a writer that commits without a pause:")
        worst = max(worst, measure(db, VERBS[:6] + [(("--prometheus",), 50)]))
        writer.over = True
        writer.join()
        print(f"  the writer made {writer.commits} commits, the longest took {writer.longest:.1f} ms")
        print(" all rows:")
        measure(db, WHOLE)
        return worst
    finally:
        shutil.rmtree(folder)


def main():
    worst = max(shape("one task", 1, 1), shape("many tasks and rounds", 40, 5))
    print(f"longest answer of what a person or cron calls: {worst:.0f} ms")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
