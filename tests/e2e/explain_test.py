"""dn-status explain: every code that a person may meet, by number or name."""
import json
import os
import re
import unittest

from tools import EXAMPLES, SOURCE, ToolTest

BTC = os.path.join(EXAMPLES, "btc.toml")


class Explain(ToolTest):
    def explain(self, *arguments):
        return self.call(os.environ["DN_STATUS"], "explain", *arguments)

    def told(self, code):
        done = self.explain(code, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def listed(self):
        done = self.explain("--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["codes"]

    def test_an_exit_code_by_number_and_by_name(self):
        exits = [c for c in self.listed() if c["kind"] == "exit"]
        self.assertEqual(len(exits), 21)
        for row in exits:
            self.assertEqual(self.told(str(row["exit_code"]))["meaning"], row["meaning"])
            by_name = self.told(row["code"])
            self.assertEqual((by_name["exit_code"], by_name["next"]), (row["exit_code"], row["next"]))
        text = self.explain("21").stdout
        for part in ("21 (unknown_order, exit code)", "why:", "next:", "dn-recover"):
            self.assertIn(part, text)

    def test_the_readme_and_the_tool_name_the_same_exit_codes(self):
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as f:
            table = f.read().split("## Exit codes", 1)[1].split("\n10 to 12", 1)[0]
        numbers = {int(n) for cell in re.findall(r"^\| ([0-9, ]+) \|", table, re.MULTILINE) for n in cell.split(", ")}
        self.assertEqual(numbers, {c["exit_code"] for c in self.listed() if c["kind"] == "exit"})

    def test_a_word_may_be_two_things(self):
        told = self.told("unknown_order")
        self.assertEqual((told["kind"], told["exit_code"]), ("exit", 21))
        self.assertEqual([o["kind"] for o in told["others"]], ["limit"])
        self.assertEqual(self.explain("halted").stdout.count("next:"), 2)

    def test_every_row_says_what_why_and_what_next(self):
        for row in self.listed():
            for field in ("code", "kind", "meaning", "why", "next"):
                self.assertTrue(row[field], row)
        text = self.explain().stdout
        for row in self.listed():
            self.assertIn(row["code"], text)

    def test_a_code_that_holds_a_number_and_the_codes_of_venues(self):
        self.assertIn("HTTP", self.told("http_503")["meaning"])
        self.assertEqual(self.told("http_503")["code"], "http_503")
        for code, venue, word in (("30004", "MEXC", "enough"), ("700006", "MEXC", "key"), ("BALANCE_NOT_ENOUGH", "Gate.io", "enough")):
            told = self.told(code)
            self.assertIn(venue, told["kind"])
            self.assertIn(word, told["meaning"])

    def test_what_is_no_code(self):
        for word, near in (("max_los", "max_loss"), ("imbalanse", "imbalance"), ("3", "lists all codes"), ("x\x1b[2J", "lists all codes"), ("http_", "lists all codes")):
            done = self.explain(word)
            self.assertEqual(done.returncode, 64, word)
            self.assertIn(near, done.stderr)
            self.assertNotIn("\x1b", done.stderr)

    def test_what_a_run_says_is_explained(self):
        faults = self.write("faults.toml", 'for = "20s"\nreject = 60\nlost_reply = 60\nrate_limit = 20\nlate_reply = 40\nerror_after_accept = 30\n')
        self.run_task(BTC, "--seed", "11", "--speed", "max", "--faults", faults)
        codes = {e.get("code") or e.get("class") for e in self.events("btc")} - {None, ""}
        self.assertGreater(len(codes), 3)
        self.assert_codes_explained(codes)


if __name__ == "__main__":
    unittest.main()
