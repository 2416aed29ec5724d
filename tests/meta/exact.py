#!/usr/bin/env python3
"""No binary floating point where prices, quantities and fees live: lib/base, lib/model, lib/engine, lib/store.

Usage: exact.py ROOT
"""

import re
import sys

import source

ROOMS = ("lib/base/", "lib/model/", "lib/engine/", "lib/store/")
BINARY = re.compile(r"\b(?:double|float|sqlite3_\w+_double|strto[df]|sto[df]|atof)\b")
# 1.5, .5, 1e6, 1.f; not 1'000, 0x1e6, v1.2
LITERAL = re.compile(r"(?<![\w.'])(?!0[xX])(?:\d[\d']*\.[\d']*|\.\d[\d']*|\d[\d']*(?=[eE]))(?:[eE][+-]?\d+)?[fFlL]?(?![\w.])")


def violations(root):
    found = []
    for name in source.files(root):
        if not name.startswith(ROOMS) or not name.endswith((".cc", ".h")):
            continue
        code = source.without_comments(source.read(root, name), literals=False)
        code = re.sub(r"^[ \t]*#[ \t]*include.*", "", code, flags=re.MULTILINE)
        for pattern in (BINARY, LITERAL):
            for match in pattern.finditer(code):
                found.append(f"{name}:{source.line_of(code, match.start())}: {match.group(0)} is binary floating point")
    return found


if __name__ == "__main__":
    sys.exit(source.report(violations(sys.argv[1]), "Use Decimal or an integer with its unit in its name."))
