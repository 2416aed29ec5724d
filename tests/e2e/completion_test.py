"""Completions, as a person gets them: a shell, a line begun, and the tab key."""
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

from manual_test import TOOLS, Told, flags_of
from tools import EXAMPLES


class Completions(Told):
    def setUp(self):
        super().setUp()
        self.bin = os.path.join(self.dir, "bin")
        os.makedirs(self.bin)
        for tool, path in TOOLS.items():
            os.symlink(path, os.path.join(self.bin, tool))
        self.environment["PATH"] = self.bin + ":" + self.environment["PATH"]
        self.environment["TERM"] = "dumb"

    def completion(self, shell, tool):
        name = {"bash": tool, "zsh": f"_{tool}", "fish": f"{tool}.fish"}[shell]
        return self.write(name, self.make("completions.py", shell, self.file_of(tool)))

    def bash(self, line):
        """What bash offers at the end of a line; its words are separated by blanks."""
        tool = line.split(" ")[0]
        words = re.findall(r"=|[^ =]+", line) + ([""] if line.endswith(" ") else [])
        script = f'source {self.completion("bash", tool)}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _{tool.replace("-", "_")} 2>/dev/null; printf "%s\\n" "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], capture_output=True, text=True, timeout=60, env=self.environment, cwd=self.dir, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return set(done.stdout.split())

    def fish(self, line):
        script = f"source {self.completion('fish', line.split(' ')[0])}; complete -C '{line}'"
        done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, timeout=60, env=self.environment, cwd=self.dir, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {row.split("\t")[0] for row in done.stdout.splitlines()}

    def typed(self, shell, setup, keys, wanted):
        """Types at a shell on a terminal of its own, until it shows `wanted`."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.dir)
            os.execvpe(shell[0], shell, {**self.environment, "PS1": "ready> ", "INPUTRC": "/dev/null", "HOME": self.dir})
        shown = ""

        def until(text):
            nonlocal shown
            end = time.monotonic() + 60
            while text not in shown:
                if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                    self.fail(f"{shell[0]} does not show {text!r}, only {shown!r}")
                shown += os.read(terminal, 4096).decode(errors="replace")

        try:
            until("ready> ")
            shown = ""
            os.write(terminal, (setup + "; echo set''up\n").encode())
            until("setup\r\n")
            until("ready> ")
            shown = ""
            os.write(terminal, keys.encode())
            until(wanted)
        finally:
            os.close(terminal)
            os.waitpid(child, 0)

    def begin_a_task(self):
        path = os.path.join(EXAMPLES, "btc.toml")
        self.assertEqual(self.run_task(path, "--once", "--speed", "max", "--seed", "1").returncode, 10)

    def test_bash_knows_every_flag_and_verb(self):
        for tool in TOOLS:
            interface = self.interface(tool)
            top = {n for f in interface["top"]["flags"] for n in f["names"] if n.startswith("--")}
            self.assertEqual(self.bash(f"{tool} --"), top)
            if interface["verbs"]:
                self.assertLessEqual({v["name"] for v in interface["verbs"]}, self.bash(f"{tool} "))
            for verb in interface["verbs"]:
                mine = {n for f in verb["flags"] for n in f["names"] if n.startswith("--")}
                self.assertLessEqual(mine, self.bash(f"{tool} {verb['name']} --"))

    def test_bash_knows_values(self):
        self.assertEqual(self.bash("dn-run --mode "), {"paper", "live"})
        self.assertEqual(self.bash("dn-run --mode=li"), {"live"})
        self.assertEqual(self.bash("dn-run --max-runt"), {"--max-runtime"})
        self.assertEqual(self.bash("dn-run --buy gateio_f"), {"gateio_futures"})
        self.assertEqual(self.bash("dn-run --set buy.off"), {"buy.offset_ticks="})
        self.assertEqual(self.bash("dn-status explain 14"), {"143"})
        self.assertEqual(self.bash("dn-recover halt --exchange me"), {"mexc_spot"})
        self.assertEqual(self.bash("dn-run --max-runtime "), set(), "a time is nobody's to guess")
        self.write("mine.toml", "")
        self.assertEqual(self.bash("dn-run mi"), {"mine.toml"})
        self.assertEqual(self.bash("dn-run --config mi"), {"mine.toml"})

    def test_bash_knows_the_tasks_of_the_database(self):
        self.begin_a_task()
        self.assertEqual(self.bash(f"dn-run --db {self.db} --task "), {"btc"})
        self.assertEqual(self.bash(f"dn-run --db {self.db} pause "), {"btc"})
        self.assertEqual(self.bash(f"dn-run --db {self.db} set btc order_q"), {"order_quantity="})
        self.assertEqual(self.bash(f"dn-status --db {self.db} show b"), {"btc"})
        self.assertEqual(self.bash("dn-run --db nothing.db --task "), set(), "where there is no database nothing is offered, and nothing said")

    def test_bash_completes_what_is_typed(self):
        file = self.completion("bash", "dn-run")
        self.typed(["bash", "--norc", "--noprofile", "-i"], f"source {file}", "dn-run --max-ru\t", "dn-run --max-runtime ")

    def test_zsh_completes_what_is_typed(self):
        self.assertIsNotNone(shutil.which("zsh"), "scripts/setup installs it")
        folder = os.path.dirname(self.completion("zsh", "dn-run"))
        self.typed(["zsh", "-f", "-i", "-V"], f"PS1='ready> '; fpath=({folder} $fpath); autoload -U compinit; compinit -u -D", "dn-run --max-ru\t", "time")

    def test_zsh_files_are_sound_and_name_every_flag(self):
        for tool in TOOLS:
            file = self.completion("zsh", tool)
            done = subprocess.run(["zsh", "-n", file], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            with open(file, encoding="utf-8") as f:
                text = f.read()
            self.assertTrue(text.startswith(f"#compdef {tool}\n"))
            for flag in flags_of(self.interface(tool)):
                self.assertRegex(text, rf"'\*?{flag}\[")

    def test_fish_completes(self):
        for tool in TOOLS:
            self.assertEqual(self.fish(f"{tool} --") & flags_of(self.interface(tool)), {n for f in self.interface(tool)["top"]["flags"] for n in f["names"] if n.startswith("--")})
        self.assertEqual(self.fish("dn-run --mode "), {"paper", "live"})
        self.assertIn("pause", self.fish("dn-run pa"))
        self.assertIn("143", self.fish("dn-status explain 14"))
        self.assertIn("--reason", self.fish("dn-recover halt --rea"))
        self.assertEqual(self.fish("dn-recover --rea"), set(), "a verb's flag stands behind its verb")


if __name__ == "__main__":
    unittest.main()
