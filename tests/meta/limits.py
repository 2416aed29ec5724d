#!/usr/bin/env python3
"""The table of limits and what proves them (tests/e2e/README.md): every key under [risk] and [portfolio] has a row, every cell a test or a reason why there
is none, and every test that it names is there.

Usage: limits.py ROOT
"""

import ast
import pathlib
import re
import sys

import source

TABLE = "tests/e2e/README.md"
KEYS = ("lib/model/task_keys.cc", re.compile(r'"risk\.(\w+)"')), ("lib/model/portfolio.cc", re.compile(r'^\s*\{"(max_\w+)", T::', re.MULTILINE))
CPP_TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)
NAMED = re.compile(r"`([\w:]+\.[\w]+)`")


def rows(text):
    """The cells of each row of the table whose first heading is "limit"."""
    found = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        cells = [c.strip() for c in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if cells and cells[0] == "limit":
            inside = True
        elif not cells:
            inside = False
        elif inside and not set(line) <= set("|- "):
            found.append((number, cells))
    return found


def cpp_tests(root):
    """Suite.Test of every test in C++."""
    return {".".join(m) for name in source.files(root) if name.startswith("tests/") and name.endswith("_test.cc") for m in CPP_TEST.findall(source.read(root, name))}


class PythonTests:
    """The test methods of the classes in tests/e2e, their own and inherited ones."""

    def __init__(self, root):
        self.root = pathlib.Path(root) / "tests" / "e2e"
        self.modules = {}

    def module(self, name):
        """(classes, modules by the name that they are imported as); None where there is no such file."""
        if name not in self.modules:
            path = self.root / (name + ".py")
            if not path.is_file():
                return None
            tree = ast.parse(path.read_text(encoding="utf-8"))
            imported = {a.asname or a.name: a.name for n in tree.body if isinstance(n, ast.Import) for a in n.names}
            self.modules[name] = {n.name: n for n in tree.body if isinstance(n, ast.ClassDef)}, imported
        return self.modules[name]

    def methods(self, module, name):
        known = self.module(module)
        if known is None or name not in known[0]:
            return set()
        classes, imported = known
        found = {n.name for n in classes[name].body if isinstance(n, ast.FunctionDef)}
        for base in classes[name].bases:
            if isinstance(base, ast.Name):
                found |= self.methods(module, base.id)
            elif isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
                found |= self.methods(imported.get(base.value.id, ""), base.attr)
        return found

    def has(self, named):
        """"file:Class.test_x", the file without _test.py."""
        place, test = named.rsplit(".", 1)
        file, name = place.split(":")
        return test.startswith("test_") and test in self.methods(file + "_test", name)


def violations(root):
    table = rows(source.read(root, TABLE))
    found = [] if table else [f"{TABLE}: has no table of limits"]
    told = {re.sub(r"\W", "", word) for _, cells in table for word in cells[0].split("`")}
    for file, key in KEYS:
        for name in key.findall(source.read(root, file)):
            if name not in told:
                found.append(f"{TABLE}: no row tells what proves {name} of {file}")
    in_cpp, in_python = cpp_tests(root), PythonTests(root)
    for number, cells in table:
        for cell in cells[1:]:
            names = NAMED.findall(cell)
            if not names and not cell.startswith("none: "):
                found.append(f"{TABLE}:{number}: a cell names no test and does not say \"none: ...\"")
            for name in names:
                if not (in_python.has(name) if ":" in name else name in in_cpp):
                    found.append(f"{TABLE}:{number}: there is no test {name}")
    return sorted(set(found))


if __name__ == "__main__":
    sys.exit(source.report(violations(sys.argv[1]), "Write the missing test, or name the one that there is."))
