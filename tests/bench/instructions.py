"""Counts the instructions of a cycle of the hot path under callgrind and holds them against tests/bench/instructions.json: they do not depend on how
busy the machine is, so a tenth more is a change of the program. `--write` keeps what was counted instead.

Two runs of different length are subtracted, so that what a process does once does not count.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

SOURCE = os.environ["DN_SOURCE"]
CYCLE = os.environ["DN_BENCH_CYCLE"]
KEPT = os.path.join(SOURCE, "tests", "bench", "instructions.json")
SHORT, LONG = 50, 150
MOST = 1.10


def collected(count, with_store):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "locks"))
        more = [folder] if with_store else []
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", CYCLE, str(count), *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        found = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not found:
            sys.exit(f"instructions: {' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
        return int(found.group(1))


def per_cycle(with_store):
    return (collected(LONG, with_store) - collected(SHORT, with_store)) // (LONG - SHORT)


def main():
    counted = {"without_database": per_cycle(False), "with_database": per_cycle(True)}
    if sys.argv[1:] == ["--write"]:
        with open(KEPT, "w", encoding="utf-8") as f:
            json.dump(counted, f, indent=2)
            f.write("\n")
    with open(KEPT, encoding="utf-8") as f:
        kept = json.load(f)
    bad = False
    for name, now in counted.items():
        ratio = now / kept[name]
        print(f"{name}: {now} instructions a cycle, {ratio:.2f} of the {kept[name]} that are kept")
        if ratio > MOST:
            bad = True
            print(f"{name}: more than {MOST:.2f} of what is kept. Find out why (callgrind_annotate), or keep the new count: scripts/bench --instructions --write")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
