#!/usr/bin/env python3
"""The checks of this folder, checked: each violation is planted in a small house of its own and has to be caught.

Usage: planted_test.py COMPILER
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import codes
import doors
import exact
import gate
import hygiene
import limits
import purity
import source

COMPILER = "c++"


class House(unittest.TestCase):
    """A temporary tree; `plant` writes a file into it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def plant(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class Gate(House):
    GOOD = [
        ("lib/engine/task_place.cc", "auto pass = pass_gate(view, r); sends.emplace_back(PlaceOrder(venue, std::move(*pass)));\n"),
        ("lib/live/link.cc", "api_->place(theirs);\n"),
        ("lib/app/a.cc", "if (std::get_if<PlaceOrder>(&send)) return; // PlaceOrder(venue, pass)\n"),
        ("tests/conformance/a.h", "PlaceOrder(venue, TestPass::of(r));\n"),
    ]
    BAD = [
        ("lib/app/a.cc", "auto x = PlaceOrder(venue, pass);\n"),
        ("lib/app/a.cc", "struct TestPass {};\n"),
        ("lib/engine/task_stop.cc", "const auto pass = pass_gate(view, r);\n"),
        ("lib/engine/task.cc", "sends.push_back(PlaceOrder{venue, pass});\n"),
        ("lib/engine/task.cc", "return GatePass(order);\n"),
        ("lib/live/desk.cc", "api->place(request);\n"),
        ("lib/sim/life.cc", "planted_pass(order);\n"),
    ]

    def test_the_way_through_the_gate_passes(self):
        for name, text in self.GOOD:
            self.plant(name, text)
        self.assertEqual(gate.violations(self.root), [])

    def test_each_way_around_it_is_caught(self):
        for name, text in self.BAD:
            with self.subTest(name=name, text=text):
                self.plant(name, text)
                self.assertNotEqual(gate.violations(self.root), [])
                (self.root / name).unlink()


class Codes(House):
    TABLE = "constexpr Row kCodes[] = {\n" + "".join(f'    {{"{code}", "limit, halt", "x", "y", "z"}},\n' for code in ("a_code", "http_*", "late", "of_limit")) + "};\n"
    EMITTED = (
        'void f() {\n  w.code = Code(late ? "late" : "a_code");\n  alert(AlertKind::Alert, AlertLevel::Info, "late", Reason("x, y (z)"));\n'
        '  halt(ExitCode::Halted, r.code, why, true);\n  r.code = Code(fmt::format("http_{}", status));\n  limit = Code(std::to_string(n));\n}\n'
        "void TaskEngine::alert(AlertKind kind, AlertLevel level, std::string_view code, const Reason& message);\n"
    )

    CHECKS = 'constexpr Row kChecks[] = {\n    {"clock", "check", "x", "y", "z"},\n};\n'

    def setUp(self):
        super().setUp()
        self.plant("lib/app/code_table.cc", self.TABLE)
        self.plant("lib/app/check_table.cc", self.CHECKS)
        self.plant("lib/app/preflight.cc", 'add_warning(to, "clock", venue, text, next);\n')
        self.plant("lib/engine/task.cc", self.EMITTED)
        self.plant("lib/engine/gate.cc", 'auto r = refuse("of_limit", "what (and why):", a.str(), b.str(), true);\n')

    def test_a_table_that_is_whole_passes(self):
        self.assertEqual(codes.violations(self.root), [])

    def test_each_gap_is_caught(self):
        for name, text in [
            ("lib/live/link.cc", 'emit_(not_sent(id, RejectClass::Other, "a_new_one", "why", wait));\n'),
            ("lib/app/halt.cc", 'Alerted{Code("a_new_one")}\n'),
            ("lib/engine/other.cc", "void f() { halt(ExitCode::Halted, told_elsewhere(), why, true); }\n"),
            ("lib/app/code_table.cc", self.TABLE.replace('"late"', '"later"')),
            ("lib/app/code_table.cc", self.TABLE.replace("a_code", "zz")),
            ("lib/app/preflight_more.cc", 'add_ok(to, "a_new_check", of, text);\n'),
            ("lib/app/audit_view.cc", 'constexpr Names<Kind, 2> kKindNames{{{Kind::Clock, "clock"}, {Kind::New, "a_new_finding"}}};\n'),
            ("lib/app/check_table.cc", self.CHECKS.replace('"clock"', '"clocks"')),
        ]:
            with self.subTest(name=name, text=text[:60]):
                before = (self.root / name).read_text() if (self.root / name).exists() else None
                self.plant(name, text)
                self.assertNotEqual(codes.violations(self.root), [])
                (self.root / name).unlink() if before is None else self.plant(name, before)


class Limits(House):
    HEAD = "| limit | engine | wire |\n| --- | --- | --- |\n"
    ROW = "| `max_a` | `Gate.Passes` | `b:Later.test_x`, `b:Later.test_y` |\n"

    def house(self, table):
        self.plant("tests/e2e/README.md", table)
        self.plant("lib/model/task_keys.cc", 'key({"risk.max_a", T::Decimal});\n')
        self.plant("lib/model/portfolio.cc", "")
        self.plant("tests/engine/a_test.cc", "TEST_F(Gate, Passes) {}\n")
        self.plant("tests/e2e/a_test.py", "class First(T):\n    def test_x(self):\n        pass\n")
        self.plant("tests/e2e/b_test.py", "import a_test as a\n\nclass Later(a.First):\n    def test_y(self):\n        pass\n")
        return limits.violations(self.root)

    def test_a_whole_table_passes(self):
        self.assertEqual(self.house(self.HEAD + self.ROW), [])
        self.assertEqual(self.house(self.HEAD + "| `max_a` | `Gate.Passes` | none: there is no wire |\n"), [])

    def test_what_is_missing_is_caught(self):
        for table in ("", self.HEAD, self.HEAD + self.ROW.replace("max_a", "max_b"), self.HEAD + self.ROW.replace("Passes", "Pass"),
                      self.HEAD + self.ROW.replace("b:", "c:"), self.HEAD + self.ROW.replace("Later", "First"), self.HEAD + self.ROW.replace("test_y", "test_z"),
                      self.HEAD + "| `max_a` | `Gate.Passes` | |\n"):
            with self.subTest(table=table):
                self.assertNotEqual(self.house(table), [])
        self.house(self.HEAD + self.ROW)
        self.plant("lib/model/portfolio.cc", '      {"max_total", T::Decimal, true},\n')
        self.assertNotEqual(limits.violations(self.root), [])


class Doors(House):
    GOOD = [
        ("lib/engine/a.cc", '#include "model/order.h"\n#include <vector>\n'),
        ("lib/sim/a.cc", '#include "engine/task.h"\n#include "store/store.h"\n'),
        ("lib/app/a.cc", '#include "net/loop.h"\n#include <CLI/CLI.hpp>\n#include <toml++/toml.h>\n'),
        ("lib/net/a.cc", '#include "wire/http.h"\n#include <asio.hpp>\n#include <curl/curl.h>\n'),
        ("lib/store/a.cc", "#include <openssl/evp.h>\n#include <sqlite3.h>\n"),
        ("lib/venues/mexc/a.cc", '#include "venues/venue.h"\n#include "wire/http.h"\n#include "venues/json.h"\n'),
        ("tools/dn-run/main.cc", '#include "app/run.h"\n'),
        ("tests/store/a.cc", "#include <sqlite3.h>\n"),
        ("lib/base/a.cc", '// #include "engine/task.h"\n/*\n#include <sqlite3.h>\n*/\n'),
    ]
    BAD = [
        ("lib/base/a.h", '#include "model/order.h"\n'),
        ("lib/model/a.h", '#include "engine/task.h"\n'),
        ("lib/engine/a.cc", '#include "venues/venue.h"\n'),
        ("lib/engine/a.cc", '#include "wire/http.h"\n'),
        ("lib/engine/a.cc", '  #  include "store/store.h"\n'),
        ("lib/engine/a.cc", '#include "net/loop.h"\n'),
        ("lib/engine/a.cc", '#include "sim/venue.h"\n'),
        ("lib/engine/a.cc", '#include "app/run.h"\n'),
        ("lib/app/a.cc", "#include <http_parser.h>\n"),
        ("lib/engine/deep/a.cc", '#include "app/run.h"\n'),
        ("lib/net/a.cc", '#include "engine/task.h"\n'),
        ("lib/store/a.cc", '#include "engine/task.h"\n'),
        ("lib/wire/a.cc", '#include "model/order.h"\n'),
        ("lib/venues/mexc/a.cc", '#include "engine/task.h"\n'),
        ("lib/sim/a.cc", '#include "net/loop.h"\n'),
        ("lib/sim/a.cc", '#include "app/run.h"\n'),
        ("lib/venues/mexc/a.cc", "#include <asio/ssl.hpp>\n"),
        ("lib/app/a.cc", "#include <websocketpp/client.hpp>\n"),
        ("lib/app/a.cc", "#include <curl/curl.h>\n"),
        ("lib/app/a.cc", "#include <sqlite3.h>\n"),
        ("lib/app/a.cc", "#include <openssl/evp.h>\n"),
        ("lib/engine/a.cc", "#include <toml++/toml.h>\n"),
        ("tools/dn-run/main.cc", "#include <CLI/CLI.hpp>\n"),
        ("tools/dn-run/main.cc", '#include "base/decimal.h"\n'),
        ("lib/engine/a.cc", '#include "task.h"\n'),
        ("lib/engine/a.cc", "#include <app/run.h>\n"),
        ("lib/attic/a.cc", '#include "base/decimal.h"\n'),
        ("lib/app/a.cc", '#include "venues/json.h"\n'),
        ("lib/live/a.cc", '#include "venues/json.h"\n'),
    ]

    def test_good_includes_pass(self):
        for name, text in self.GOOD:
            self.plant(name, text)
        self.assertEqual(doors.violations(self.root), [])

    def test_each_bad_include_is_caught(self):
        for name, text in self.BAD:
            with self.subTest(name=name, text=text):
                self.plant(name, text)
                self.assertEqual(len(doors.violations(self.root)), 1)
                (self.root / name).unlink()


class Exact(House):
    def test_good_code_passes(self):
        self.plant(
            "lib/base/a.cc",
            '#include <a.5>\nint a = 1\'000; // a double\nauto s = "0.5 double"; int h = 0x1e5; auto r = R"(1.5)"; char c = \'.\';\n'
            "int doubled = x.y; static_assert(is_floating_point_v<T>); auto n = 1'000'000'000; f(a...);\n",
        )
        self.plant("lib/app/a.cc", "double x = 0.5;\n")
        self.assertEqual(exact.violations(self.root), [])

    def test_each_kind_is_caught(self):
        for room in ("base", "model", "engine", "store"):
            for code in ("double x;", "std::vector<float> v;", "auto x = 0.5;", "auto x = .5;", "auto x = 1e6;", "auto x = 1.;", "auto x = 2.5f;",
                         "sqlite3_column_double(s, 0);", "std::strtod(p, q);", 'f("a", 1.5);'):
                with self.subTest(room=room, code=code):
                    self.plant(f"lib/{room}/a.h", f"\n{code}\n")
                    found = exact.violations(self.root)
                    self.assertEqual(len(found), 1)
                    self.assertIn(f"lib/{room}/a.h:2:", found[0])
                    (self.root / f"lib/{room}/a.h").unlink()


class Hygiene(House):
    def function(self, lines, indent=""):
        return f"{indent}void f() {{\n" + f"{indent}  g();\n" * (lines - 2) + f"{indent}}}\n"

    def test_a_tidy_house_passes(self):
        self.plant("README.md", "# x\n")
        self.plant(".ci/run", "#!/bin/bash\n")
        self.plant("lib/a/a.cc", "namespace x {\n" + self.function(80) + "\n" + self.function(80) + "}\n")
        self.plant("lib/a/b.cc", "// x\n" * 450)
        self.plant("tools/t/main.cc", "#include <a>\n#define X \\\n  { \\\n  1\n" * 10 + self.function(80))
        self.plant("lib/a/data.json", "1\n" * 1000)
        self.plant("lib/a/table.cc", "constexpr Row kRows[] = {\n" + "    {1},\n" * 200 + "};\n")
        self.plant("lib/a/a.h", "class X {\n" + "  int a;\n" * 100 + self.function(80, "  ") + "};\n")
        self.assertEqual(hygiene.violations(self.root), [])

    def test_each_mess_is_caught(self):
        for name, text in [
            ("lib/a/a.cc", "// x\n" * 451),
            ("scripts/a", "#!/bin/bash\n" * 451),
            ("lib/a/a.cc", self.function(81)),
            ("lib/a/a.cc", "namespace x {\n" + self.function(10) + self.function(120) + "}\n"),
            ("lib/a/a.h", "class X {\n" + self.function(81, "  ") + "};\n"),
            ("lib/a/a.cc", "void f(int a,\n       int b) {\n" + "  g();\n" * 80 + "}\n"),
            ("lib/a/a.cc", "// TO" + "DO: later\n"),
            ("scripts/a", "#!/bin/bash\n# FIX" + "ME\n"),
            ("NOTES.md", "x\n"),
            ("src/a.cc", "\n"),
        ]:
            with self.subTest(name=name, text=text[:40]):
                self.plant(name, text)
                self.assertEqual(len(hygiene.violations(self.root)), 1)
                (self.root / name).unlink()


class Purity(House):
    GOOD = '#include <string>\n#include <vector>\nint f(const std::string& s) { static std::vector<std::string> v(3, s); return int(v.at(1).size()); }\n'
    BAD = {
        "clock": [
            "#include <chrono>\nauto f() { return std::chrono::steady_clock::now(); }",
            "#include <chrono>\nauto f() { return std::chrono::system_clock::now(); }",
            "#include <ctime>\nauto f() { return std::time(nullptr); }",
            "#include <time.h>\nint f(timespec* t) { return clock_gettime(CLOCK_REALTIME, t); }",
        ],
        "socket": ["#include <sys/socket.h>\nint f() { return socket(1, 2, 3); }"],
        "thread": [
            "#include <thread>\nvoid f(std::thread& t) { t.join(); }",
            "#include <mutex>\nvoid f(std::mutex& m) { m.lock(); }",
        ],
        "random": ["#include <random>\nunsigned f() { return std::random_device{}(); }", "#include <cstdlib>\nint f() { return std::rand(); }"],
        "file": [
            "#include <fstream>\nvoid f() { std::ofstream(\"x\") << 1; }",
            "#include <cstdio>\nvoid f(int n) { std::printf(\"%d\", n); }",
            "#include <cstdio>\nvoid f(FILE* o, int n) { std::fprintf(o, \"%d\", n); }",
            "#include <iostream>\nvoid f() { std::cout << 1; }",
            "#include <fcntl.h>\nint f() { return open(\"x\", 0); }",
            "#include <unistd.h>\nlong f(char* p) { return read(0, p, 1); }",
            "#include <filesystem>\nbool f() { return std::filesystem::exists(\"x\"); }",
        ],
        "process": ["#include <cstdlib>\nchar* f() { return std::getenv(\"HOME\"); }"],
        "library": [
            'extern "C" void* curl_easy_init();\nvoid* f() { return curl_easy_init(); }',
            'extern "C" int sqlite3_open(const char*, void**);\nint f(void** d) { return sqlite3_open("x", d); }',
            "namespace asio { struct io_context { void run(); }; }\nvoid f(asio::io_context& c) { c.run(); }",
        ],
    }
    FLAGS = [[], ["-O2", "-D_FORTIFY_SOURCE=2"], ["-fsanitize=address,undefined"]]

    def archive(self, code, flags, member="a.cc.o"):
        self.plant("a.cc", code)
        subprocess.run([COMPILER, "-std=c++20", *flags, "-c", str(self.root / "a.cc"), "-o", str(self.root / member)], check=True)
        archive = self.root / "lib.a"
        archive.unlink(missing_ok=True)
        subprocess.run(["ar", "rc", str(archive), str(self.root / member)], check=True)
        return str(archive)

    def test_pure_code_passes(self):
        for flags in self.FLAGS:
            self.assertEqual(purity.violations(self.archive(self.GOOD, flags)), [])

    def test_only_the_check_may_print(self):
        code = '#include <cstdio>\nvoid f(int n) { std::fprintf(stderr, "%d", n); }'
        self.assertEqual(purity.violations(self.archive(code, [], "check.cc.o")), [])
        self.assertNotEqual(purity.violations(self.archive(code, [], "other.cc.o")), [])

    def test_each_impurity_is_caught(self):
        for family, codes in self.BAD.items():
            for number, code in enumerate(codes):
                with self.subTest(family=family, code=code):
                    flags = self.FLAGS[number % len(self.FLAGS)]
                    found = purity.violations(self.archive(code, flags))
                    self.assertTrue(any(f"({family})" in v for v in found), found)


class Files(House):
    def test_comments_go_and_lines_stay(self):
        text = 'a /* x\ny */ b // "c\nint n = 1\'000; char q = \'"\'; auto s = "//no";\n'
        self.assertEqual(source.without_comments(text), 'a  \n b  \nint n = 1\'000; char q = \'"\'; auto s = "//no";\n')
        self.assertEqual(source.without_comments(text, literals=False), 'a  \n b  \nint n = 1\'000; char q = ""; auto s = "";\n')

    def test_only_what_git_would_keep_is_looked_at(self):
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        self.plant(".gitignore", "/build/\n")
        self.plant("build/a.cc", "x\n")
        self.plant("lib/a.cc", "x\n")
        self.assertEqual(source.files(self.root), [".gitignore", "lib/a.cc"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        COMPILER = sys.argv.pop(1)
    unittest.main()
