#!/usr/bin/env python3
"""Sizes and tidiness: files and functions fit a reader, nothing is left for later, the top level stays small.

Usage: hygiene.py ROOT
"""

import re
import sys

import source

MAX_FILE_LINES = 450
MAX_FUNCTION_LINES = 80
TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "README.md", "lib", "tests", "tools", "scripts"}
LEFT_FOR_LATER = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) + r")\b")
# The words before a brace that opens something else than a function.
NO_FUNCTION = re.compile(r"^\s*(?:inline\s+)?(?:namespace|struct|class|enum|union|extern)\b|=\s*$")


def is_source(root, name):
    if name.endswith((".cc", ".h", ".py", ".bats", ".cmake", "CMakeLists.txt")):
        return True
    return name.startswith(("scripts/", ".ci/")) and source.read(root, name).startswith("#!")


def long_functions(code):
    """(line, length) of the functions that are too long, in code without comments and literals. A function is an
    outermost pair of braces, inside namespaces and classes, with a parenthesis in the words before it."""
    code = re.sub(r"^[ \t]*#(?:.*\\\n)*.*", lambda m: "\n" * m.group(0).count("\n"), code, flags=re.MULTILINE)
    found = []
    depth = 0
    start = None  # (depth, first line) of the function that we are in
    after = 0  # offset behind the last ; { or }
    for match in re.finditer(r"[;{}]", code):
        at = match.start()
        if match.group(0) == "{":
            head = code[after:at]
            if start is None and ")" in head and not NO_FUNCTION.search(head):
                start = (depth, source.line_of(code, after + len(head) - len(head.lstrip())))
            depth += 1
        elif match.group(0) == "}":
            depth -= 1
            if start and depth <= start[0]:
                length = source.line_of(code, at) - start[1] + 1
                if length > MAX_FUNCTION_LINES:
                    found.append((start[1], length))
                start = None
        after = at + 1
    return found


def violations(root):
    found = []
    for name in source.files(root):
        top = name.split("/")[0]
        if top not in TOP_LEVEL and not top.startswith("."):
            found.append(f"{name}: the top level holds only {', '.join(sorted(TOP_LEVEL))} and dot files")
        if not is_source(root, name):
            continue
        text = source.read(root, name)
        lines = text.count("\n")
        if lines > MAX_FILE_LINES:
            found.append(f"{name}: {lines} lines; at most {MAX_FILE_LINES}")
        for match in LEFT_FOR_LATER.finditer(text):
            found.append(f"{name}:{source.line_of(text, match.start())}: {match.group(0)} left for later")
        if name.endswith((".cc", ".h")):
            for line, length in long_functions(source.without_comments(text, literals=False)):
                found.append(f"{name}:{line}: a function of {length} lines; at most {MAX_FUNCTION_LINES}")
    return sorted(set(found))


if __name__ == "__main__":
    sys.exit(source.report(violations(sys.argv[1]), "Split by meaning, finish, or move what does not belong."))
