"""Manuals, completions and --help against the tools themselves: what one tells, the other takes, and nothing is left out."""
import json
import os
import re
import shlex
import subprocess
import sys
import unittest

from tools import REBALANCE, RECOVER, RUN, SOURCE, STATUS, ToolTest

TOOLS = {"dn-run": RUN, "dn-status": STATUS, "dn-recover": RECOVER, "dn-rebalance": REBALANCE}
MANUAL = os.path.join(SOURCE, "tools", "manual")
SCREEN = (24, 80)  # lines, columns


class Told(ToolTest):
    """The tools' own words, and what is made of them."""

    def interface(self, tool):
        done = self.call(TOOLS[tool], "--describe")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def file_of(self, tool):
        return self.write(f"{tool}.json", json.dumps(self.interface(tool)))

    def make(self, script, *arguments):
        done = subprocess.run([sys.executable, "-B", os.path.join(MANUAL, script), *arguments], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def page(self, name, tool):
        """A manual page as a terminal shows it, without its bold and underline."""
        source = self.make("manual.py", os.path.join(MANUAL, f"{name}.scd"), self.file_of(tool))
        groff = subprocess.run(["scdoc"], input=source, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(groff.returncode, 0, groff.stderr)
        path = self.write(name, groff.stdout)
        shown = subprocess.run(["man", "-l", path], capture_output=True, text=True, timeout=60, check=False,
                               env={**self.environment, "MANWIDTH": "1000", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""})
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertEqual(shown.stderr, "", "groff has nothing to complain about")
        return re.sub(r"\x1b\[[0-9;]*m|.\x08", "", shown.stdout)


def flags_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def flags_of(interface):
    return {n for part in [interface["top"], *interface["verbs"]] for f in part["flags"] for n in f["names"] if n.startswith("--")}


class Manuals(Told):
    def test_each_flag_is_in_the_page_and_each_in_the_page_is_taken(self):
        for tool in TOOLS:
            with self.subTest(tool=tool):
                page = self.page(f"{tool}.1", tool)
                known = flags_of(self.interface(tool))
                self.assertLessEqual(known, flags_in(page))
                others = set().union(*(flags_of(self.interface(t)) for t in TOOLS))
                self.assertLessEqual(flags_in(page), others)
                for flag in sorted(known - {"--help", "--help-all", "--version"}):
                    done = self.call(TOOLS[tool], flag)
                    self.assertNotIn("is not a flag", done.stderr)
                self.assertIn("is not a flag", self.call(TOOLS[tool], "--nonsense").stderr)

    def test_each_verb_is_in_the_page_with_its_words(self):
        for tool in TOOLS:
            interface = self.interface(tool)
            page = self.page(f"{tool}.1", tool)
            for verb in interface["verbs"]:
                with self.subTest(tool=tool, verb=verb["name"]):
                    self.assertRegex(page, rf"(?m)^ +{tool} {verb['name']}\b")
                    self.assertEqual(self.call(TOOLS[tool], verb["name"], "--help").returncode, 0)

    def test_the_exit_codes_of_the_pages_are_those_that_dn_status_explains(self):
        explained = {}
        for code in range(256):
            done = self.status("explain", str(code), "--json")
            told = json.loads(done.stdout)
            if done.returncode == 0 and "exit_code" in told:
                explained[code] = told
        self.assertIn(23, explained)
        for tool in TOOLS:
            page = re.split(r"(?m)^EXIT STATUS$", self.page(f"{tool}.1", tool))[1]
            page = re.split(r"(?m)^[A-Z]", page, maxsplit=1)[0]
            told = re.findall(r"(?m)^ +(\d+)\n +(.*)$", page)
            self.assertEqual([int(code) for code, _ in told], sorted(explained))
            for code, text in told:
                self.assertIn(explained[int(code)]["meaning"][1:], text)
                self.assertIn(explained[int(code)]["next"][1:], text)

    def test_the_keys_of_the_page_are_those_that_dn_run_tells(self):
        page = self.page("dn-task.5", "dn-run")
        told = self.call(RUN, "keys").stdout
        keys = set(re.findall(r"(?m)^([a-z_]+(?:\.[a-z_]+)*)  ", told)) - {"key"}
        self.assertGreater(len(keys), 60)
        headings = re.findall(r"(?m)^ {7}([a-z_]+(?:\.[a-z_]+)*)$", page)
        self.assertEqual(set(headings), keys)
        for section in ("[portfolio]", "[trigger]", "[adapt]", "[risk]"):
            self.assertIn(section, page)

    def test_the_defaults_of_the_page_are_those_of_a_task_without_the_key(self):
        page = self.page("dn-task.5", "dn-run")
        bare = 'name = "t"\nsymbol = "BTC/USDT"\ntotal_quantity = 1\norder_quantity = 0.1\n[buy]\nexchange = "mexc_spot"\n[sell]\nexchange = "gateio_spot"\n'
        self.assertEqual(self.run_task(self.write("t.toml", bare), "--once", "--speed", "max", "--seed", "1").returncode, 10)
        defaults = dict(re.findall(r"(?m)^ {7}([a-z_]+(?:\.[a-z_]+)*)\n +[^\n]*, default (.+)$", page))
        self.assertGreater(len(defaults), 20)
        task_keys = {k["key"]: k for k in self.interface("dn-run")["keys"]["task"]}
        tried = 0
        for key, value in defaults.items():
            if key not in task_keys or not task_keys[key]["live"]:
                continue
            before = len([e for e in self.events("t") if e.get("code") == "parameters_changed"])
            done = self.run_task("set", "t", f"{key}={value}")
            self.assertEqual(done.returncode, 0, f"{key}={value}: {done.stderr}")
            after = len([e for e in self.events("t") if e.get("code") == "parameters_changed"])
            self.assertEqual(after, before, f"{key}={value} is what it was already")
            tried += 1
        self.assertGreater(tried, 15)

    def test_the_keys_of_dn_toml_are_taken_and_no_others(self):
        page = self.page("dn.toml.5", "dn-run")
        keys = re.findall(r"(?m)^ {7}([a-z_]+(?:\.[A-Za-z_]+)*)$", re.split(r"(?m)^KEYS$", page)[1])
        self.assertEqual(len(keys), len(self.interface("dn-run")["keys"]["dn.toml"]))
        for key in [k.replace("VENUE", "mexc_spot") for k in keys]:
            done = self.call(STATUS, "--config", self.write("dn.toml", f"{key} = true\n"))
            self.assertEqual(done.returncode, 78, key)
            self.assertIn(key, done.stderr)
            self.assertNotIn("is not a key", done.stderr)
        done = self.call(STATUS, "--config", self.write("dn.toml", "nonsense = true\n"))
        self.assertIn("is not a key", done.stderr)

    def test_the_examples_in_the_pages_are_good_files(self):
        def example(name):
            with open(os.path.join(MANUAL, f"{name}.scd"), encoding="utf-8") as f:
                return self.write(name, re.search(r"# EXAMPLE\n\n```\n(.*?)```", f.read(), re.DOTALL).group(1))

        self.assertEqual(self.run_task(example("dn-task.5"), "--speed", "max", "--seed", "1").returncode, 0)
        self.assertEqual(self.call(STATUS, "--config", example("dn.toml.5"), "--db", self.db).returncode, 0)
        keys = example("dn-credentials.5")
        os.chmod(keys, 0o600)
        done = self.run_task("--task", "btc", "--mode", "live", "--credentials", keys)
        self.assertNotIn("dn-credentials", done.stderr, "nothing is wrong with the keys' file")


class Help(Told):
    def test_it_fits_a_screen_with_examples_first(self):
        for tool, path in TOOLS.items():
            with self.subTest(tool=tool):
                lines = self.call(path, "--help").stdout.splitlines()
                self.assertLessEqual(len(lines), SCREEN[0])
                self.assertEqual([line for line in lines if len(line) > SCREEN[1]], [])
                first = next(i for i, line in enumerate(lines) if line.startswith("  " + tool))
                self.assertLess(first, next(i for i, line in enumerate(lines) if line.startswith("usage:")))

    def test_both_forms_name_every_flag_and_verb(self):
        for tool, path in TOOLS.items():
            interface = self.interface(tool)
            for form in ("--help", "--help-all"):
                text = self.call(path, form).stdout
                self.assertLessEqual(flags_of(interface), flags_in(text))
                for verb in interface["verbs"]:
                    self.assertIn(verb["name"], text)

    def test_its_examples_are_command_lines_that_the_tools_take(self):
        for tool, path in TOOLS.items():
            for line in self.call(path, "--help").stdout.replace("\\\n", "").splitlines():
                if not line.startswith("  " + tool):
                    continue
                for words in re.split(r" {2,}(?![- ])", line.strip())[0].split(" | "):
                    words = shlex.split(words)
                    words = words[1:] if words[0] == tool else words
                    with self.subTest(line=line):
                        done = self.call(path, *words, "--log-file", "/dev/full/none")  # told last: the rest was understood
                        self.assertNotEqual(done.returncode, 64, done.stderr)


if __name__ == "__main__":
    unittest.main()
