"""Every command that the README, the manuals and the examples show is carried out, as it stands, by a shell: on paper, or live against the loopback
exchange. Only paths are other ones; what is not carried out here stands in ELSEWHERE, with where it is."""
import os
import re
import shutil
import subprocess
import unittest

from live_tools import LiveTest
from tools import EXAMPLES, REBALANCE, RECOVER, RUN, SOURCE, STATUS

TOOLS = {"dn-run": RUN, "dn-status": STATUS, "dn-recover": RECOVER, "dn-rebalance": REBALANCE}
# (pattern of a line, why it is not carried out here)
ELSEWHERE = [
    (r"scripts/", "the developers' own programs: each has its tests"),
    (r"sudo |echo 'DN_WATCHDOG=|journalctl ", "what the package installs: e2e.package, scripts/package --check"),
    (r"\* \* \* \* \*  dn  deadman\.sh ", "a line for cron: e2e.dead_man runs the script, e2e.monitoring the lines"),
    (r"dn-run /usr/share/doc/dn/examples/btc\.toml", "the installed copy of what is run here as scripts/examples/btc.toml"),
]
# Exit codes of commands that do not end with 0 where they stand. Of the same command in several places all are let through.
CODES = {
    "dn-run --symbol BTC/USDT --buy mexc_spot --sell gateio_spot --total 1 --slice 0.1 --replay DIR": (0, 10),
    "dn-run btc.toml --faults faults.toml": (0, 10, 20, 21, 22, 23),
    "dn-recover release --task btc --yes": (0, 22),  # of a task that is under way, or holds nothing of a portfolio: refused
}
SMALL = """name = "btc"
symbol = "BTC/USDT"
total_quantity = 0.1
order_quantity = 0.01
delay = "10ms"  # one cycle (--max-cycles 1) is over before the task is
[buy]
exchange = "mexc_spot"
price_reference = "opposite"
tick_tolerance = 100
[sell]
exchange = "gateio_spot"
price_reference = "opposite"
tick_tolerance = 100
[risk]
max_order_notional = 20000
max_capital_fraction = 1
"""


def blocks(text):
    """(heading, language, lines) of each code block; a block may be indented."""
    out = []
    heading, inside = "", None
    for line in text.splitlines():
        if inside is None and line.startswith("#"):
            heading = line.lstrip("# ")
        fence = re.match(r" *```(\w*)$", line)
        if fence and inside is None:
            inside = (heading, fence.group(1), [])
        elif fence:
            out.append(inside)
            inside = None
        elif inside is not None:
            inside[2].append(line.strip())
    return out


def commands(lines):
    """Without the remarks behind them; what a backslash continues is one."""
    joined = re.sub(r"\\\n *", "", "\n".join(lines))
    for line in joined.splitlines():
        command = re.sub(r"(?:^| +)#.*$", "", line).strip()
        if command:
            yield command


def readme():
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as f:
        return blocks(f.read())


class Commands(LiveTest):
    settings = {"rate_scale": "20"}

    def setUp(self):
        super().setUp()
        self.bin = os.path.join(self.dir, "bin")
        self.place(self.bin)
        for name, path in TOOLS.items():
            os.symlink(path, os.path.join(self.bin, name))
        self.script("mail", "cat >/dev/null")
        for name in ("watchdog.sh", "deadman.sh"):
            shutil.copy(os.path.join(EXAMPLES, name), self.bin)
        self.state = self.place(os.path.join(self.dir, "state"))
        self.config_dir = self.place(os.path.join(self.dir, ".config", "dn"))
        with open(self.config, encoding="utf-8") as f:
            self.endpoints = f.read().split("\n", 2)[2]
        self.as_home("paper")
        self.write("btc.toml", SMALL)
        self.record()
        self.write("scan.toml", self.toml("Tasks that start by themselves"))
        self.write("faults.toml", self.toml("Recordings and rehearsals"))
        self.environment["PATH"] = self.bin + ":" + self.environment["PATH"]

    def record(self):
        """A minute of a market that stands still and deals on both sides of it."""
        folder = self.place(os.path.join(self.dir, "recording"))
        with open(os.path.join(folder, "orderbooks_BTC_USDT.csv"), "w", encoding="utf-8") as f:
            f.write("timestamp,bid_price_0,bid_size_0,ask_price_0,ask_size_0\n" + "".join(f"{1700000000 + n},60000,5,60001,5\n" for n in range(60)))
        with open(os.path.join(folder, "trades_BTC_USDT.csv"), "w", encoding="utf-8") as f:
            f.write("timestamp,price,size,side\n" + "".join(f"{1700000000 + n}.5,{60001 if n % 2 else 60000},9,{'buy' if n % 2 else 'sell'}\n" for n in range(60)))

    def place(self, path):
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def script(self, name, text):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)

    def toml(self, heading):
        return next("\n".join(lines) for head, language, lines in readme() if head == heading and language == "toml")

    def as_home(self, mode):
        """dn.toml and keys of a user whose venues are the loopback exchange."""
        self.mode = mode
        with open(os.path.join(self.config_dir, "dn.toml"), "w", encoding="utf-8") as f:
            f.write(f'mode = "{mode}"\nstate_dir = "{self.state}"\nalert_command = "mail -s test me@example.com"\n{self.endpoints}')
        shutil.copy(os.path.join(self.dir, "credentials.toml"), self.config_dir)
        os.chmod(os.path.join(self.config_dir, "credentials.toml"), 0o600)

    def other_paths(self, command):
        for theirs, ours in (("/var/lib/dn/", self.state + "/"), ("/backup/", self.place(os.path.join(self.dir, "backup")) + "/"),
                             ("/var/lib/prometheus/node-exporter/", self.dir + "/"), ("scripts/examples/", EXAMPLES + "/"), ("--replay DIR", f"--replay {self.dir}/recording")):
            command = command.replace(theirs, ours)
        if "DIGEST" in command:
            command = command.replace("DIGEST", re.search(r"\b[0-9a-f]{64}\b", self.shell("dn-status audit --json").stdout).group(0))
        # On paper the clock need not be waited for.
        paper = self.mode == "paper" and re.match(r"dn-run \S+\.toml", command) and "live" not in command and "--speed" not in command and "--plan" not in command
        return re.sub(r"(dn-run \S+\.toml)", r"\1 --speed max", command, count=1) if paper else command

    def shell(self, command):
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=240, env=self.environment, cwd=self.dir, stdin=subprocess.DEVNULL)

    def carry_out(self, command, codes=(0,)):
        endless = any(word in command for word in ("--watch", "--follow"))  # until a signal comes
        done = self.shell(f"timeout -s INT 3 {command}; true" if endless else self.other_paths(command))
        self.assertIn(done.returncode, CODES.get(command, codes), f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def run_to_end(self, *arguments):
        done = self.run_task("btc.toml", "--speed", "max", "--quiet", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)

    def fresh(self):
        shutil.rmtree(self.state)
        self.place(self.state)


class Readme(Commands):
    def test_each_command_is_carried_out_or_said_to_be_elsewhere(self):
        own = {"A first live run, step by step", "The kill switch", "After a crash, and by hand", "Live", "Before the flight"}
        carried_out = 0
        for heading, language, lines in readme():
            if language or heading in own or lines[0].startswith("portfolio ("):
                continue
            for command in commands(lines):
                with self.subTest(heading=heading, command=command):
                    if any(re.match(pattern, command) for pattern, _ in ELSEWHERE) and not command.startswith("dn-run scripts/"):
                        continue
                    self.before_it(command)
                    self.carry_out(command)
                    carried_out += 1
        self.assertGreater(carried_out, 25)

    def before_it(self, command):
        """What a reader has by then."""
        if command.startswith(("dn-run set", "dn-run pause", "dn-run btc.toml")):
            self.fresh()
        if command.startswith(("dn-run set", "dn-run pause")):
            self.carry_out("dn-run btc.toml --max-cycles 1 --seed 1 --quiet", (10, 20))
        elif "DIR" not in command and not os.path.exists(os.path.join(self.state, "dn.db")) and command.startswith("dn-status"):
            self.run_to_end()
        shutil.rmtree(os.path.join(self.dir, "backup"), ignore_errors=True)  # nothing is overwritten there

    def block(self, heading, containing=""):
        return next(list(commands(lines)) for head, language, lines in readme() if head == heading and not language and containing in "\n".join(lines))

    def test_live(self):
        for command in self.block("Live") + self.block("Before the flight"):
            self.carry_out(command)
        self.assertEqual(self.task("btc")["verdict"], "COMPLETED")
        self.assert_no_sins()

    def test_the_kill_switch(self):
        self.as_home("live")
        self.carry_out("dn-run btc.toml --max-cycles 1 --quiet", (10, 20))
        halt, one, with_reason, table, task, venue, everything = self.block("The kill switch")
        self.carry_out(halt)
        self.carry_out("dn-run btc.toml", (23,))
        self.carry_out(one)
        self.carry_out(with_reason, (0, 23))
        self.assertIn("HALT-gateio_spot", self.carry_out(table).stdout)
        for lift in (task, venue, everything):
            self.carry_out(lift)
        self.assertEqual([f for f in os.listdir(self.state) if f.startswith("HALT")], [])
        self.carry_out("dn-run btc.toml", (0,))

    def test_after_a_crash_and_by_hand(self):
        self.as_home("live")
        self.carry_out("dn-run btc.toml --max-runtime 1s --quiet", (0, 10, 20))
        block = self.block("After a crash, and by hand", "dn-recover --task btc --apply")
        for command in block:
            if "--from-venue" in command:
                self.fresh()
            self.carry_out(command)
        one_line = self.block("After a crash, and by hand", "case $?")
        for command in one_line:
            self.fresh()
            self.carry_out(command.replace("dn-run btc.toml", "dn-run btc.toml --restart"))

    def test_the_first_live_run_step_by_step(self):
        lines = [c for head, language, block in readme() if head == "A first live run, step by step" and not language for c in commands(block)]
        shutil.copy(os.path.join(EXAMPLES, "first.toml"), self.dir)
        shutil.copy(os.path.join(self.dir, "credentials.toml"), os.path.join(self.dir, "my-keys.toml"))
        shutil.rmtree(self.config_dir)
        self.state, self.db = os.path.join(self.dir, "dn"), os.path.join(self.dir, "dn", "dn.db")
        before = self.exchange.ledger()
        codes = {"dn-run first.toml --mode live": (23,)}
        for command in lines:
            done = self.shell(command)
            self.assertIn(done.returncode, codes.get(command, (0,)), f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
            if command.startswith("echo"):
                with open(os.path.join(self.config_dir, "dn.toml"), "a", encoding="utf-8") as f:
                    f.write(self.endpoints)  # that the venues are the loopback exchange
            if command == "dn-status orders":
                self.assertEqual(done.stdout, "no such orders\n")
                self.assertEqual(len(self.exchange.ledger()["orders"]), len(before["orders"]))
        self.assert_no_sins()
        task = self.task("first")
        self.assertEqual((task["verdict"], task["part"], task["imbalance"], task["exit_code"]), ("COMPLETED", "close", "0", 0))
        self.assertEqual(self.exchange.ledger()["positions"]["BTC_USDT"]["quantity"].rstrip("0.") or "0", "0")
        self.assertEqual(done.stdout, "task first: ACTIVE, bought 0, sold 0, imbalance 0 BTC\n", "nothing differs from the venues")


class Manuals(Commands):
    """Their examples are those of --help."""

    def test_what_runs_and_shows(self):
        self.assertGreater(self.carry_out_all("dn-run", "dn-status"), 15)

    def test_what_repairs(self):
        self.as_home("live")
        self.carry_out("dn-run btc.toml --max-cycles 1 --quiet", (10, 20))
        self.assertGreater(self.carry_out_all("dn-recover"), 6)
        self.carry_out("dn-recover resume --all --yes")
        self.assertGreater(self.carry_out_all("dn-rebalance"), 3)
        self.assert_no_sins()

    def carry_out_all(self, *tools):
        tried = 0
        for tool in tools:
            for command in self.examples(self.shell(f"{tool} --help").stdout):
                with self.subTest(command=command):
                    self.one(command)
                    tried += 1
        return tried

    @staticmethod
    def examples(text):
        """The commands of a help, without what stands behind them in the second column; a line may go on in the next."""
        lines = re.findall(r"^  (dn-[a-z]+\b.*|    --.*)$", text, re.MULTILINE)
        return list(commands([re.split(r"(?<=\S) {2,}(?=\S)", line)[0] for line in lines]))

    def one(self, command):
        command = command.replace("backup FILE", f"backup {self.dir}/copy.db")
        begins = command.startswith(("dn-run btc.toml", "dn-run --task", "dn-run set", "dn-run pause"))
        if begins or "--from-venue" in command:
            self.fresh()
        if begins and "btc.toml" not in command:
            self.carry_out("dn-run btc.toml --max-cycles 1 --quiet", (10, 20))
        for part in re.sub(r" \| ", " | dn-run ", command).split(" | "):  # "pause btc | resume btc | cancel btc" stands for three
            self.carry_out(part, (0, 10) if "DIR" in part else (0,))


class Examples(Commands):
    def test_the_commands_in_their_heads(self):
        """Each file of the examples says in its first lines how it is run."""
        tried = 0
        for name in sorted(os.listdir(EXAMPLES)):
            if not name.endswith(".toml") or name == "dn.toml":
                continue
            with open(os.path.join(EXAMPLES, name), encoding="utf-8") as f:
                head = [line[1:] for line in f.read().splitlines() if line.startswith("#   ")]
            shutil.copy(os.path.join(EXAMPLES, name), self.dir)
            self.fresh()
            for line in head:
                command = re.split(r" {3,}", line.strip())[0]
                if not command.startswith("dn-"):
                    continue
                with self.subTest(file=name, command=command):
                    done = self.shell(self.other_paths(command))
                    self.assertIn(done.returncode, (0, 10, 12), f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
                    tried += 1
        self.assertGreater(tried, 7)


if __name__ == "__main__":
    unittest.main()
