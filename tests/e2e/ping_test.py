"""scripts/examples/monitoring/ping.sh: a health check is told how a command ended, and the command's end is what counts."""
import http.server
import os
import subprocess
import threading
import unittest

from tools import EXAMPLES, STATUS, ToolTest

PING = os.path.join(EXAMPLES, "monitoring", "ping.sh")


class Check(http.server.ThreadingHTTPServer):
    """A health check on loopback that remembers what it is told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.told = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # pylint: disable=invalid-name
        self.server.told.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class Ping(ToolTest):
    def setUp(self):
        super().setUp()
        self.check = Check()
        self.addCleanup(self.check.server_close)
        self.addCleanup(self.check.shutdown)
        self.url = self.url_file(f"http://127.0.0.1:{self.check.server_port}/abc\n")
        self.environment["PATH"] = os.path.dirname(STATUS) + ":" + self.environment["PATH"]

    def url_file(self, text, mode=0o600):
        path = self.write("ping.url", text)
        os.chmod(path, mode)
        return path

    def ping(self, *command):
        return subprocess.run([PING, *command], capture_output=True, text=True, env=self.environment, cwd=self.dir, timeout=120, check=False)

    def test_the_command_runs_and_its_end_is_told(self):
        for code, path in ((0, "/abc"), (10, "/abc"), (12, "/abc"), (75, "/abc"), (20, "/abc/fail"), (23, "/abc/fail"), (1, "/abc/fail")):
            self.check.told.clear()
            done = self.ping(self.url, "sh", "-c", f"echo said; exit {code}")
            self.assertEqual((done.returncode, done.stdout), (code, "said\n"), done.stderr)
            self.assertEqual([p for p, _ in self.check.told], [path])
            self.assertNotIn("said", self.check.told[0][1])
        self.assertIn("exit code 1", self.check.told[0][1])
        self.ping(self.url, "sh", "-c", "exit 23")
        self.assertIn("halted", self.check.told[-1][1])

    def test_a_check_that_is_away_changes_nothing(self):
        self.check.shutdown()
        self.check.server_close()
        self.url = self.url_file("http://127.0.0.1:1/abc\n")
        done = self.ping(self.url, "sh", "-c", "exit 10")
        self.assertEqual(done.returncode, 10)
        self.assertIn("could not be told", done.stderr)
        self.assertNotIn("/abc", done.stderr, "the address is a secret")

    def test_what_is_wrong_is_told_before_the_command_runs(self):
        ran = os.path.join(self.dir, "ran")
        for arguments, code in (((), 64), ((self.url,), 64), ((os.path.join(self.dir, "nowhere"), "touch", ran), 66)):
            self.assertEqual(self.ping(*arguments).returncode, code)
        for text, mode, code in (("http://example.com/abc\n", 0o600, 78), ('https://x" -o /etc/passwd\n', 0o600, 78), ("https://example.com/abc\n", 0o644, 77)):
            done = self.ping(self.url_file(text, mode), "touch", ran)
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertFalse(os.path.exists(ran))


if __name__ == "__main__":
    unittest.main()
