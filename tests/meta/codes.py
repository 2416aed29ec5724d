#!/usr/bin/env python3
"""Every code that the sources can put into an event or an order, and every name of a check or finding, stands in the tables of dn-status explain, and
nothing else does.

Follows the calls through which a code gets there. A call whose code is no literal must be one of DYNAMIC: then its text comes from another of
these calls, from a venue, or from a parameter's name.
Usage: codes.py ROOT
"""

import pathlib
import re
import sys

import source

TABLE = "lib/app/code_table.cc"
ROW = re.compile(r'\{"([a-z0-9_]+\*?)",\s*"[a-z, ]+",')
# function -> [(files, which argument is the code)]
CALLS = {
    "Code": [("lib/", 0)],
    "alert": [("lib/engine/", 2)],
    "halt": [("lib/engine/", 1)],
    "refuse": [("lib/engine/gate.cc", 0), ("lib/sim/", 2)],
    "over": [("lib/engine/gate.cc", 0)],
    "hold": [("lib/store/portfolio_sums.cc", 0)],
    "told": [("lib/app/control.cc", 0)],
    "not_sent": [("lib/live/link.cc", 2)],
    "give_up": [("lib/live/", 1)],
    "gave_up": [("lib/sim/", 1)],
    "failed": [("lib/venues/mexc/", 1)],
}
# What stands for a code that comes from elsewhere.
DYNAMIC = {
    "alert": {"r.code", "room_->limit.view()", "what", "code"},
    "halt": {"r.code", "h.code.view()"},
    "refuse": {"std::move(code)", "std::string(kNoRoom)"},
    "failed": {"a", "*a", "answer"},
}
# Codes that are made in another way.
OTHERS = [
    re.compile(r'kNoRoom = "([a-z_]+)"'),
    re.compile(r'\.code = "([a-z0-9_]+)"'),
    re.compile(r'Code code\("([a-z_]+)"\)'),
    re.compile(r'field\("code", "([a-z_]+)"\)'),
]
# The names of checks and findings likewise.
CHECK_TABLE = "lib/app/check_table.cc"
CHECK_CALLS = [
    re.compile(r'add_(?:ok|warning|failure)\(\w+, "([a-z_]+)"'),
    re.compile(r'(?<![\w.])(?:ok|warn|refuse|hold)\("([a-z_]+)", '),
]
CHECK_FILES = re.compile(r"lib/app/(?:preflight|check|alert_check)\w*\.cc")
CHECK_WORDS = [  # (where, what picks the names out of it)
    ("lib/app/preflight.cc", re.compile(r'Kind::\w+ \? "([a-z_]+)"')),
    ("lib/app/preflight_task.cc", re.compile(r'\? "([a-z_]+)" : "([a-z_]+)", spec_')),
    ("lib/app/preflight_portfolio.cc", re.compile(r'kPortfolioRow = "([a-z_]+)"|\(\s*"(max_[a-z_]+)"')),
    ("lib/app/books.cc", re.compile(r'case Finding::Kind::\w+: return "([a-z_]+)";|break;\n  \}\n  return "([a-z_]+)";\n\}\n\nstd::string_view action')),
    ("lib/app/audit_view.cc", re.compile(r'\{Kind::\w+, "([a-z_]+)"\}')),
]
LITERAL = re.compile(r'"([^"\\]*)"')
A_CODE = re.compile(r"[a-z0-9_]+\*?")
PARAMETER = re.compile(r"^(?:const )?[\w:<>]+[&*]?\s+[&*]?/?\w+$")


def arguments(text, start):
    """The arguments of the call whose opening parenthesis is at `start`."""
    out, depth, begin, quoted = [], 0, start + 1, False
    for i in range(start, len(text)):
        c = text[i]
        if c == '"' and text[i - 1] != "\\":
            quoted = not quoted
        if quoted:
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        if (c == "," and depth == 1) or depth == 0:
            out.append(" ".join(text[begin:i].split()))
            begin = i + 1
        if depth == 0:
            break
    return out


def literals(argument):
    """The codes that an argument writes out; a format with a gap stands for all that fill it."""
    found = [re.sub(r"\{\}", "*", text) for text in LITERAL.findall(argument)]
    return [code for code in found if A_CODE.fullmatch(code)]


def of_call(function, argument):
    """(codes, why the argument cannot be followed)."""
    found = literals(argument)
    # Code also makes the numbers of a limit.
    if found or function == "Code" or PARAMETER.match(argument) or argument in DYNAMIC.get(function, ()):
        return found, None
    return [], f"{function}(... {argument} ...): no literal, and not known as one that comes from elsewhere"


def emitted(root):
    """({code: where}, violations)."""
    codes, bad = {}, []
    for name in source.files(root):
        if not name.startswith("lib/") or not name.endswith((".cc", ".h")) or name == TABLE:
            continue
        text = source.without_comments(source.read(root, name))
        for function, places in CALLS.items():
            for place, index in places:
                if not name.startswith(place):
                    continue
                for match in re.finditer(rf"(?<![\w.:>]){function}\(", text):
                    args = arguments(text, match.end() - 1)
                    where = f"{name}:{source.line_of(text, match.start())}"
                    found, why = of_call(function, args[index]) if len(args) > index else ([], None)
                    if why:
                        bad.append(f"{where}: {why}")
                    for code in found:
                        codes.setdefault(code, where)
        for pattern in OTHERS:
            for match in pattern.finditer(text):
                codes.setdefault(match.group(1), f"{name}:{source.line_of(text, match.start())}")
    return codes, bad


def printed_names(root):
    """The names of checks and findings: {name: where}."""
    names = {}
    for name in source.files(root):
        if CHECK_FILES.fullmatch(name):
            text = source.without_comments(source.read(root, name))
            for pattern in CHECK_CALLS:
                for match in pattern.finditer(text):
                    names.setdefault(match.group(1), f"{name}:{source.line_of(text, match.start())}")
    for name, pattern in CHECK_WORDS:
        if not (root / name).exists():
            continue
        text = source.without_comments(source.read(root, name))
        for match in pattern.finditer(text):
            for word in filter(None, match.groups()):
                names.setdefault(word, f"{name}:{source.line_of(text, match.start())}")
    return names


def violations_of_checks(root):
    root = pathlib.Path(root)
    table = ROW.findall(source.read(root, CHECK_TABLE))
    names = printed_names(root)
    bad = [f"{where}: the name {name} is not in {CHECK_TABLE}" for name, where in sorted(names.items()) if name not in table]
    bad += [f"{CHECK_TABLE}: nothing prints {name}" for name in table if name not in names]
    if table != sorted(set(table)):
        bad.append(f"{CHECK_TABLE}: the rows are not in order, or one is there twice")
    return bad


def violations(root):
    table = ROW.findall(source.read(root, TABLE))
    codes, bad = emitted(root)
    for code, where in sorted(codes.items()):
        if code not in table:
            bad.append(f"{where}: the code {code} is not in {TABLE}")
    for code in table:
        if code not in codes:
            bad.append(f"{TABLE}: nothing emits {code}")
    if table != sorted(set(table)):
        bad.append(f"{TABLE}: the rows are not in order, or one is there twice")
    return bad + violations_of_checks(root)


if __name__ == "__main__":
    sys.exit(source.report(violations(sys.argv[1]), "Say in the table what the code means, why it comes, and what to do."))
