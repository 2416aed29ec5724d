"""dn-status --watch on a terminal: drawn in place, sorted by keys, readable in any window, and the terminal is given back however it ends."""
import fcntl
import os
import pty
import re
import select
import signal
import sqlite3
import struct
import subprocess
import termios
import time
import unittest

import tools
from tools import ToolTest

TASK = """name = "{name}"
symbol = "{symbol}"
total_quantity = {total}
order_quantity = {slice}
[buy]
exchange = "mexc_spot"
[sell]
exchange = "gateio_spot"
"""
SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z])")
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
FRAME = "\x1b[?2026h\x1b[H"


class Pty:
    """A program on a terminal of so many columns and rows."""

    def __init__(self, command, environment, cwd, columns=80, rows=24):
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self.text = ""
        env = {**environment, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=env, cwd=cwd, start_new_session=True)

    def resize(self, columns, rows):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        """What comes within that time; as soon as something does."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            try:
                self.text += os.read(self.master, 65536).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                return False
        return bool(ready)

    def until(self, wanted, seconds=20):
        """Reads on until `wanted` says so of the text."""
        end = time.monotonic() + seconds
        while not wanted(self.text):
            assert time.monotonic() < end, repr(self.text[-3000:])
            self.read(0.2)

    def frames(self):
        """The frames that are whole, oldest first, each as its lines without colours."""
        whole = self.text.split(FRAME)[1:]
        whole = [f.split("\x1b[J")[0] for f in whole if "\x1b[J" in f]
        return [[SEQUENCE.sub("", line).rstrip("\r") for line in f.split("\r\n")] for f in whole]

    def wait_for_frames(self, n):
        self.until(lambda text: text.count("\x1b[J") >= n)
        return self.frames()

    def type(self, keys):
        os.write(self.master, keys.encode())

    def end(self, seconds=20):
        """The exit code; reads all that is still said."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, "it does not end"
            self.read(0.1)
        while self.read(0):
            pass
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                pass


class Watch(ToolTest):
    def setUp(self):
        super().setUp()
        for name, symbol, total, slice_, more in (("alpha", "BTC/USDT", 1, 0.1, ()), ("beta", "ETH/USDT", 2, 0.1, ("--max-cycles", "12")),
                                                  ("gamma", "SUI/USDT", 900, 100, ("--max-cycles", "4"))):
            path = self.write(name + ".toml", TASK.format(name=name, symbol=symbol, total=total, slice=slice_))
            self.assertIn(self.run_task(path, "--speed", "max", "--quiet", "--seed", "3", *more).returncode, (0, 10))

    def watch(self, *arguments, columns=80, rows=24, **environment):
        terminal = Pty([tools.STATUS, *arguments, "--watch", "--db", self.db], {**self.environment, **environment}, self.dir, columns, rows)
        self.addCleanup(terminal.close)
        return terminal

    def assert_given_back(self, terminal):
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)
        for taken, back in ((ENTER, LEAVE), (HIDE, SHOW)):
            self.assertEqual(terminal.text.count(taken), terminal.text.count(back))
            self.assertGreater(terminal.text.rindex(back), terminal.text.rindex(taken))
        self.assertTrue(terminal.text.endswith(LEAVE), repr(terminal.text[-200:]))

    def names(self, frame):
        return [line.split()[0] for line in frame if line.split()[:1] and line.split()[0] in ("alpha", "beta", "gamma")]

    # ---- what it shows

    def test_80_columns_hold_the_whole_table(self):
        terminal = self.watch()
        frame = terminal.wait_for_frames(1)[0]
        for line in frame:
            self.assertLessEqual(len(line), 80, line)
        self.assertIn("3 tasks, 0 running", frame[0])
        heads = "task state bought sold progress imbalance apart net open".split()
        self.assertEqual(next(line for line in frame if line.startswith("task")).split(), heads)
        self.assertEqual(self.names(frame), ["alpha", "beta", "gamma"])
        alpha = next(line for line in frame if line.startswith("alpha"))
        self.assertIn("COMPLETED", alpha)
        self.assertEqual(alpha.count("100%"), 2)
        self.assertIn("█", alpha, "a line of its progress")
        self.assertIn("q quit", frame[-1])
        self.assertNotIn("left out", "".join(frame))

    def test_a_narrow_window_says_what_it_leaves_out(self):
        for columns in (79, 60, 40, 20, 7):
            terminal = self.watch(columns=columns)
            frame = terminal.wait_for_frames(1)[0]
            for line in frame:
                self.assertLessEqual(len(line), columns, line)
            self.assertTrue(frame[1].startswith(f"{columns} columns: some are left out, 80 show more"[:columns - 1]), frame[1])
            self.assertEqual(len(self.names(frame)) if columns > 7 else 3, 3)
            terminal.type("q")
            self.assertEqual(terminal.end(), 0)

    def test_a_wide_window_shows_more(self):
        frame = self.watch(columns=200).wait_for_frames(1)[0]
        for head in ("symbol", "spread bps", "net bps", "next"):
            self.assertIn(head, "\n".join(frame))
        self.assertIn("dn-run --task beta", "\n".join(frame))

    def test_a_low_window_says_how_many_are_below(self):
        frame = self.watch(rows=6).wait_for_frames(1)[0]
        self.assertEqual(len(frame), 6)
        self.assertIn("2 more tasks below", "\n".join(frame))

    def test_the_window_may_change(self):
        terminal = self.watch()
        terminal.wait_for_frames(1)
        terminal.resize(50, 24)
        terminal.until(lambda text: "50 columns" in text)
        terminal.resize(120, 24)
        terminal.until(lambda text: "symbol" in SEQUENCE.sub("", text.split(FRAME)[-1]))

    def test_the_numbers_are_those_of_the_table(self):
        frame = "\n".join(self.watch(columns=200).wait_for_frames(1)[0])
        for task in ("alpha", "beta", "gamma"):
            shown = self.task(task)
            row = next(line for line in frame.split("\n") if line.startswith(task))
            for leg in ("buy", "sell"):
                self.assertIn(round(float(shown[leg]["progress"]) * 100, 1), [float(p) for p in re.findall(r"([0-9.]+)%", row)])
            self.assertIn(shown["imbalance"], row)

    # ---- how it is drawn

    def test_each_frame_is_drawn_over_the_last_in_one_write(self):
        terminal = self.watch()
        terminal.wait_for_frames(3)
        self.assertNotIn("\x1b[2J", terminal.text, "nothing is wiped: that is what flickers")
        self.assertEqual(terminal.text.count(ENTER), 1)
        trace = os.path.join(self.dir, "trace")
        traced = Pty(["strace", "-f", "-e", "trace=write", "-e", "signal=none", "-o", trace, "-s", "40", tools.STATUS, "--watch", "--db", self.db],
                     self.environment, self.dir)
        self.addCleanup(traced.close)
        traced.wait_for_frames(2)
        traced.type("q")
        self.assertEqual(traced.end(), 0)
        with open(trace, encoding="utf-8") as f:
            writes = [line for line in f if "write(1" in line]
        frames = [line for line in writes if "[?2026h" in line]
        self.assertGreaterEqual(len(frames), 2)
        self.assertEqual(len(writes), len(frames) + 2, "besides the frames only the way in and the way out")

    def test_keys_sort_at_once(self):
        terminal = self.watch()
        terminal.wait_for_frames(1)
        terminal.type("r")
        terminal.until(lambda _: self.names(terminal.frames()[-1]) == ["gamma", "beta", "alpha"])
        terminal.type("n")
        terminal.until(lambda _: self.names(terminal.frames()[-1]) == ["alpha", "beta", "gamma"])
        by_profit = sorted(("alpha", "beta", "gamma"), key=lambda t: -float(self.task(t)["profit_quote"] or 0))
        terminal.type("p")
        terminal.until(lambda _: self.names(terminal.frames()[-1]) == by_profit)
        terminal.type("sx")  # what is no key does nothing
        terminal.until(lambda _: self.names(terminal.frames()[-1])[0] == "alpha")

    def test_colours_and_signs_only_where_they_are_wanted(self):
        answer = self.recover("halt", "--task", "gamma", "--reason", "odd prices")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        coloured = re.compile(r"\x1b\[31mHALTED")
        terminal = self.watch()
        terminal.wait_for_frames(1)
        self.assertRegex(terminal.text, coloured)
        for arguments, environment in ((("--plain",), {}), (("--no-color",), {}), ((), {"NO_COLOR": "1"})):
            terminal = self.watch(*arguments, **environment)
            terminal.wait_for_frames(1)
            self.assertNotRegex(terminal.text, r"\x1b\[[0-9;]*m")
            self.assertTrue(terminal.frames()[0][0].isascii())
            self.assertNotIn("█", terminal.text)

    def test_what_a_name_holds_cannot_draw(self):
        terminal = self.watch("events", "alpha", columns=60, rows=8)
        frame = terminal.wait_for_frames(1)[0]
        self.assertEqual(len(frame), 8)
        for line in frame:
            self.assertLessEqual(len(line), 60)

    # ---- how it ends

    def test_keys_end_it(self):
        for key in ("q", "\x03", "\x04"):
            terminal = self.watch()
            terminal.wait_for_frames(1)
            terminal.type(key)
            self.assertEqual(terminal.end(), 0)
            self.assert_given_back(terminal)

    def test_signals_end_it(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            terminal = self.watch()
            terminal.wait_for_frames(1)
            terminal.process.send_signal(number)
            self.assertEqual(terminal.end(), 0, number)
            self.assert_given_back(terminal)

    def test_with_check_the_code_of_the_last_look_is_its_end(self):
        self.assertEqual(self.recover("halt", "--task", "gamma", "--reason", "odd prices").returncode, 0)
        terminal = self.watch("--check")
        terminal.wait_for_frames(1)
        terminal.type("q")
        self.assertEqual(terminal.end(), 23)
        self.assert_given_back(terminal)

    def test_an_error_gives_the_terminal_back_first(self):
        terminal = self.watch()
        terminal.wait_for_frames(1)
        with sqlite3.connect(self.db) as db:
            db.execute("DROP TABLE legs")
        code = terminal.end(40)
        self.assertNotEqual(code, 0)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)
        back = terminal.text.rindex(LEAVE)
        self.assertIn("dn-status:", terminal.text[back:], "what is said stands on the screen that stays")

    def test_stopped_and_gone_on_with(self):
        terminal = self.watch()
        terminal.wait_for_frames(1)
        terminal.type("\x1a")
        terminal.until(lambda text: text.endswith(LEAVE))
        os.waitpid(terminal.process.pid, os.WUNTRACED)
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)
        seen = terminal.text.count("\x1b[J")
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for_frames(seen + 1)
        terminal.type("q")
        self.assertEqual(terminal.end(), 0)
        self.assert_given_back(terminal)

    def test_the_terminal_goes_away(self):
        terminal = self.watch()
        terminal.wait_for_frames(1)
        os.close(terminal.slave)
        os.close(terminal.master)
        self.assertEqual(terminal.process.wait(20), 0)

    def test_into_a_pipe_it_prints_again_and_again_until_nobody_reads(self):
        watch = subprocess.Popen([tools.STATUS, "--watch", "--db", self.db], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment)
        heads = 0
        while heads < 2:
            heads += watch.stdout.readline().startswith("task ")
        watch.stdout.close()
        self.assertEqual(watch.wait(20), 0)
        self.assertEqual(watch.stderr.read(), "")
        watch.stderr.close()


if __name__ == "__main__":
    unittest.main()
