#!/usr/bin/env python3
"""Every order passes the gate: who may make a pass, an order of it, and a venue's request of that.

Usage: gate.py ROOT
"""

import re
import sys

import source

# What only the named files of lib/ may write.
ONLY = [
    (re.compile(r"\bGatePass\("), {"lib/engine/gate.h", "lib/engine/gate.cc", "lib/engine/planted.cc"}, "makes a pass of its own"),
    (re.compile(r"\bpass_gate\("), {"lib/engine/gate.h", "lib/engine/gate.cc", "lib/engine/task_place.cc"}, "asks the gate: only the place where orders are made may"),
    (re.compile(r"\bPlaceOrder\(|\bPlaceOrder\{"), {"lib/engine/command.h", "lib/engine/task_place.cc", "lib/engine/task_orders.cc"}, "makes an order"),
    (re.compile(r"\bplanted_pass\("), {"lib/engine/gate.h", "lib/engine/planted.h", "lib/engine/planted.cc", "lib/engine/task_orders.cc"}, "goes around the gate"),
    (re.compile(r"\bTestPass\b"), {"lib/engine/gate.h"}, "names what belongs to tests"),
    (re.compile(r"(->|\.)place\("), {"lib/live/link.cc", "lib/sim/world.cc", "lib/venues/"}, "hands an order to a venue"),
]


def violations(root):
    found = []
    for name in source.files(root):
        parts = name.split("/")
        if parts[0] not in ("lib", "tools") or not name.endswith((".cc", ".h")):
            continue
        text = source.without_comments(source.read(root, name))
        for pattern, allowed, what in ONLY:
            if name in allowed or any(a.endswith("/") and name.startswith(a) for a in allowed):
                continue
            for match in pattern.finditer(text):
                found.append(f"{name}:{source.line_of(text, match.start())}: {what}")
    return found


if __name__ == "__main__":
    sys.exit(source.report(violations(sys.argv[1]), "lib/README.md: the gate is a type."))
