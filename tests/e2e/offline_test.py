"""dn-status speaks to nobody: it is linked without the network, and is dn-run where it is asked to use one."""
import json
import os
import shutil
import subprocess
import unittest

from tools import RUN, STATUS, ToolTest

NETWORK = ("libcurl", "libssl", "libhttp_parser", "libgnutls")


def loads(tool):
    """Every library that comes with it, also those that libraries bring."""
    listed = subprocess.run(["ldd", tool], capture_output=True, text=True, check=True).stdout
    return [name for name in NETWORK if name in listed]


class Offline(ToolTest):
    def alone(self):
        """A dn-status that lies where no other tool is."""
        folder = os.path.join(self.dir, "alone")
        os.mkdir(folder)
        return shutil.copy(STATUS, folder)

    def test_nothing_of_the_network_is_loaded(self):
        self.assertEqual(loads(STATUS), [])
        self.assertIn("libcurl", loads(RUN), "else this looks for the wrong names")

    def test_alone_it_shows_everything_and_says_what_it_cannot_do(self):
        tool = self.alone()
        shown = self.call(tool, "check", "--json", "--db", self.db)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        for arguments in (("check", "--online"), ("check", "--test-alert"), ("audit", "--online")):
            with self.subTest(arguments=arguments):
                refused = self.call(tool, *arguments, "--db", self.db)
                self.assertEqual((refused.returncode, refused.stdout), (66, ""))
                self.assertIn("through dn-run", refused.stderr)
                self.assertIn("next: install the four tools into one directory", refused.stderr)
                told = self.call(tool, *arguments, "--json", "--db", self.db)
                self.assertEqual((told.returncode, json.loads(told.stdout)["code"]), (66, 66))

    def test_asked_for_more_it_goes_on_as_dn_run_and_says_the_same(self):
        asked = self.call(STATUS, "check", "--online", "--json", "--db", self.db)
        offline = self.call(STATUS, "check", "--json", "--db", self.db)
        self.assertEqual((asked.returncode, offline.returncode), (0, 0), asked.stderr + offline.stderr)
        rows = [{c["name"] for c in json.loads(done.stdout)["checks"]} for done in (asked, offline)]
        self.assertEqual(rows[0] - rows[1], {"venues"})

    def test_what_is_wrong_with_the_command_line_is_said_as_by_dn_status(self):
        for arguments in (("check", "--online", "--nonsense"), ("audit", "--online", "--watch")):
            refused = self.call(STATUS, *arguments, "--db", self.db)
            self.assertEqual(refused.returncode, 64, refused.stderr)
            self.assertTrue(refused.stderr.startswith("dn-status: "), refused.stderr)


if __name__ == "__main__":
    unittest.main()
