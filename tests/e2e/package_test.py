"""What is installed, and the package of it. A fresh Debian root is tests/package/fresh_root.sh's; this is what can be seen without one."""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from tools import SOURCE

BUILD = os.environ.get("DN_BUILD", os.path.join(SOURCE, "build", "release"))
MOST_EXPOSED = 2.0  # of systemd-analyze security, from 0 to 10


def call(*words, **how):
    return subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, **how)


class Tree(unittest.TestCase):
    """A tree that has been installed or unpacked, with /usr as its prefix."""

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="dn-package-")
        cls.addClassCleanup(shutil.rmtree, cls.root, True)

    def path(self, name):
        return os.path.join(self.root, name.lstrip("/"))

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()


class Installed(Tree):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = call("cmake", "--install", BUILD, "--prefix", "/usr", env={**os.environ, "DESTDIR": cls.root})
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def test_everything_is_in_its_place(self):
        for tool in ("dn-run", "dn-status", "dn-recover", "dn-rebalance"):
            for name in (f"bin/{tool}", f"share/man/man1/{tool}.1.gz", f"share/bash-completion/completions/{tool}",
                         f"share/zsh/vendor-completions/_{tool}", f"share/fish/vendor_completions.d/{tool}.fish"):
                self.assertGreater(os.path.getsize(self.path(f"usr/{name}")), 0, name)
        for page in ("dn-task", "dn.toml", "dn-credentials"):
            self.assertTrue(os.path.exists(self.path(f"usr/share/man/man5/{page}.5.gz")), page)
        for example in glob.glob(os.path.join(SOURCE, "scripts", "examples", "*.toml")):
            self.assertTrue(os.path.exists(self.path(f"usr/share/doc/dn/examples/{os.path.basename(example)}")), example)
        self.assertTrue(os.path.isdir(self.path("etc/dn")))

    def test_units_name_programs_and_flags_that_are_there(self):
        for unit in ("dn@.service", "dn-verify.service"):
            text = self.read(f"usr/lib/systemd/system/{unit}")
            self.assertNotIn("@DN_", text)
            program = re.search(r"(?m)^ExecStart=(\S+)", text).group(1)
            self.assertTrue(os.access(self.path(program), os.X_OK), program)
            self.assertTrue(os.path.exists(self.path(f"usr/lib/systemd/system/{unit.replace('.service', '.timer')}")))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze here")
    def test_units_are_sound_and_hardened(self):
        units = self.path("usr/lib/systemd/system")
        for unit in sorted(os.listdir(units)):
            name = unit.replace("@.", "@btc.")
            if name != unit:
                shutil.copy(os.path.join(units, unit), os.path.join(units, name))
                self.addCleanup(os.remove, os.path.join(units, name))
        for service in ("dn@btc.service", "dn-verify.service"):
            done = call("systemd-analyze", "security", "--offline=true", f"--threshold={int(MOST_EXPOSED * 10)}", os.path.join(units, service))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertLessEqual(float(re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout).group(1)), MOST_EXPOSED)
        for timer in ("dn@btc.timer", "dn-verify.timer"):
            done = call("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", os.path.join(units, timer))
            self.assertEqual(done.stderr, "", timer)

    @unittest.skipUnless(shutil.which("logrotate"), "there is no logrotate here")
    def test_logrotate_understands_its_file(self):
        text = self.read("etc/logrotate.d/dn").replace("/var/log/dn", self.path("logs")).replace("su dn dn", f"su {os.getuid()} {os.getgid()}")
        os.makedirs(self.path("logs"), exist_ok=True)
        with open(self.path("logs/btc.log"), "w", encoding="utf-8") as f:
            f.write("a run\n")
        config = self.path("rotate.conf")
        with open(config, "w", encoding="utf-8") as f:
            f.write(re.sub(r"\tsu .*\n", "", text))
        os.chmod(config, 0o644)
        held = open(self.path("logs/btc.log"), "a", encoding="utf-8")  # as a run that goes on
        self.addCleanup(held.close)
        done = call("logrotate", "--force", "--state", self.path("rotate.state"), config)
        self.assertEqual(done.returncode, 0, done.stderr)
        held.write("goes on\n")
        held.flush()
        self.assertEqual(self.read("logs/btc.log"), "goes on\n")
        self.assertEqual(self.read("logs/btc.log.1"), "a run\n")

    def test_another_prefix_is_kept_to(self):
        other = tempfile.mkdtemp(prefix="dn-prefix-")
        self.addCleanup(shutil.rmtree, other, True)
        self.assertEqual(call("cmake", "--install", BUILD, "--prefix", other).returncode, 0)
        with open(os.path.join(other, "lib/systemd/system/dn@.service"), encoding="utf-8") as f:
            self.assertIn(f"ExecStart={other}/libexec/dn/watchdog.sh", f.read())
        self.assertTrue(os.path.exists(os.path.join(other, "etc/logrotate.d/dn")))


@unittest.skipUnless(shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps"), "there are no tools for Debian packages here")
class Package(Tree):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = call("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", cls.root)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.deb = glob.glob(os.path.join(cls.root, "*.deb"))[0]

    def test_it_says_what_it_is_and_needs(self):
        told = call("dpkg-deb", "-f", self.deb).stdout
        for words in ("Package: dn\n", "Section: net\n", "libsqlite3-0", "libssl3", "adduser"):
            self.assertIn(words, told)

    def test_its_files_are_roots_and_nobody_elses_to_change(self):
        rows = call("dpkg-deb", "-c", self.deb).stdout.splitlines()
        self.assertGreater(len(rows), 40)
        for row in rows:
            mode, owner = row.split()[:2]
            self.assertEqual(owner, "root/root", row)
            self.assertEqual((mode[5], mode[8], "s" in mode.lower()), ("-", "-", False), row)

    def test_configuration_is_kept_at_upgrades(self):
        self.assertEqual(call("dpkg-deb", "-I", self.deb, "conffiles").stdout, "/etc/logrotate.d/dn\n")

    def test_its_scripts_are_sound(self):
        for name in ("postinst", "prerm", "postrm"):
            self.assertEqual(call("dash", "-n", os.path.join(SOURCE, "tools", "package", name)).returncode, 0)
            self.assertIn("set -e", call("dpkg-deb", "-I", self.deb, name).stdout)

    @unittest.skipUnless(shutil.which("lintian"), "there is no lintian here")
    def test_lintian_finds_no_error(self):
        done = call("lintian", "--allow-root", "--no-cfg", "--fail-on", "error,warning", self.deb)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
