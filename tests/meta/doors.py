#!/usr/bin/env python3
"""The doors of the house: which room may include which, and which room owns which outside library.

Usage: doors.py ROOT
"""

import re
import sys

import source

ALL = {"base", "model", "engine", "wire", "venues", "store", "net", "sim", "live", "app"}
# room -> rooms whose headers it may include, besides its own
DOORS = {
    "base": set(),
    "model": {"base"},
    "engine": {"base", "model"},
    "wire": {"base"},
    "net": {"base", "wire"},
    "venues": {"base", "model", "wire"},
    "store": {"base", "model"},
    "sim": {"base", "model", "engine", "wire", "venues", "store"},
    "live": {"base", "model", "engine", "wire", "venues", "net"},
    "app": ALL,
}
# An outside header that matches -> the only rooms of lib/ that may include it. Nobody in tools/ may.
OWNERS = [
    (re.compile(r"^((asio|websocketpp|curl)(/|\.hpp$)|http_parser\.h$)"), {"net"}),
    (re.compile(r"^sqlite3"), {"store"}),
    (re.compile(r"^openssl/"), {"net", "store", "venues"}),
    (re.compile(r"^(toml\+\+/|toml\.hpp$|CLI/)"), {"app"}),
]
# Headers of ours that are their room's own affair, though its door is open. Who wants JSON elsewhere reads it with means of its own.
PRIVATE = {"venues/json.h"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def violations(root):
    found = []
    for name in source.files(root):
        parts = name.split("/")
        if parts[0] not in ("lib", "tools") or not name.endswith((".cc", ".h")) or len(parts) < 3:
            continue
        room = parts[1] if parts[0] == "lib" else "tools"
        text = source.without_comments(source.read(root, name))
        for match in INCLUDE.finditer(text):
            why = refusal(room, match.group(1), match.group(2))
            if why:
                found.append(f"{name}:{source.line_of(text, match.start())}: {why}")
    return found


def refusal(room, mark, header):
    """Why `room` may not include `header`; None when it may."""
    for pattern, owners in OWNERS:
        if pattern.match(header) and room not in owners:
            return f"{room} includes <{header}>, which belongs to lib/{'/'.join(sorted(owners))}"
    target = header.split("/")[0]
    if mark == "<":
        return f"<{header}> is ours: include it with quotes" if target in ALL and "/" in header else None
    if target not in ALL or "/" not in header:
        return f'"{header}" names no room: write "room/file.h"'
    if room == "tools":
        return None if target == "app" else f"tools include only app, not {target}"
    if room not in DOORS:
        return f"lib/{room} is no room of tests/meta/doors.py"
    if target != room and header in PRIVATE:
        return f"{room} includes {header}, which is for lib/{target} alone"
    if target != room and target not in DOORS[room]:
        return f"{room} includes {header}: there is no door from {room} to {target}"
    return None


if __name__ == "__main__":
    sys.exit(source.report(violations(sys.argv[1]), "The doors are explained in lib/README.md."))
