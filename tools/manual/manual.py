#!/usr/bin/env python3
"""Fills the generated parts into a manual page: flags, verbs, keys, defaults and exit codes, as the tool itself tells them.

Usage: manual.py PAGE.scd INTERFACE.json > OUT.scd

A line "@part@" of the page is replaced; parts are the functions of PARTS. What is left is scdoc's own language.
"""

import re
import sys

import interface as tools


def escaped(text):
    """Text that scdoc prints as it is."""
    return re.sub(r"([\\_*#`<>|~])", r"\\\1", text)


def bold(text):
    return f"*{escaped(text)}*"


def value_of(flag):
    return f" _{escaped(flag['value'])}_" if flag["value"] else ""


def word_of(word):
    text = word["names"][0] if word["value"] == "WORD" else word["value"]
    text = f"_{escaped(text)}_" + ("..." if word["repeatable"] else "")
    return text if word["required"] else f"\\[{text}\\]"


def entry(heading, text):
    return f"{heading}\n\t{escaped(sentence(text))}\n"


def sentence(text):
    head = text if text.startswith("dn-") else text[:1].upper() + text[1:]  # a command is written as it is typed
    return head + ("" if text.endswith(".") else ".")


def flag_entries(flags):
    out = []
    for flag in flags:
        text = flag["help"] + (": " + ", ".join(flag["choices"]) if flag["value"] == "VENUE" else "")
        names = ", ".join(bold(n) for n in sorted(flag["names"], key=len))
        out.append(entry(names + value_of(flag), text))
    return "\n".join(out)


def name(i):
    return f"{i['tool']} - {escaped(i['about'].splitlines()[0].rstrip('.'))}"


def synopsis(i):
    lines = [" ".join([bold(i["tool"]), "\\[_flag_...\\]", *map(word_of, i["top"]["words"])])]
    for verb in i["verbs"]:
        lines.append(" ".join([f"{bold(i['tool'])} {bold(verb['name'])}", *map(word_of, verb["words"]), "\\[_flag_...\\]"]))
    return "++\n".join(lines)


def examples(i):
    lines = [line for line in i["about"].splitlines()[1:] if line.startswith("  ")]
    return "```\n" + "\n".join(line[2:] for line in lines) + "\n```"


def remarks(i):
    return escaped("\n".join(line for line in i["about"].splitlines()[1:] if not line.startswith("  ")).strip())


def verbs(i):
    out = []
    for verb in i["verbs"]:
        out.append(entry(" ".join([bold(verb["name"]), *map(word_of, verb["words"])]), verb["help"]))
        for flag in verb["flags"]:
            out.append(f"\t{bold(tools.longest(flag))}{value_of(flag)}: {escaped(sentence(flag['help']))}\n")
    return "\n".join(out)


def key_entries(keys):
    out = []
    for key in keys:
        default = f", default {escaped(key['default'])}" if key["default"] else ""
        live = " May change while the task runs." if key["live"] else ""
        out.append(f"{bold(key['key'])}\n\t{escaped(key['value'])}{default}++\n{escaped(sentence(key['help']))}{live}\n")
    return "\n".join(out)


def task_keys(table):
    """The keys of a task that stand in a table; "": those that stand in none."""

    def keys(i):
        mine = [k for k in i["keys"]["task"] if k["key"].rpartition(".")[0] in table]
        return key_entries(mine)

    return keys


def exit_codes(i):
    rows = sorted(i["exit_codes"], key=lambda row: row["code"])
    return "\n".join(f"*{row['code']}*\n\t{escaped(sentence(row['meaning']))} Next: {escaped(sentence(row['next']))}\n" for row in rows)


PARTS = {
    "version": lambda i: i["version"],
    "name": name,
    "synopsis": synopsis,
    "examples": examples,
    "remarks": remarks,
    "verbs": verbs,
    "flags": lambda i: flag_entries([f for f in i["top"]["flags"] if not f["common"]]),
    "common flags": lambda i: flag_entries([f for f in i["top"]["flags"] if f["common"]]),
    "keys of the task": task_keys([""]),
    "keys of the legs": task_keys(["buy", "sell"]),
    "keys of risk": task_keys(["risk"]),
    "keys of adapt": task_keys(["adapt"]),
    "keys of restore": task_keys(["restore.buy", "restore.sell"]),
    "keys of the portfolio": lambda i: key_entries(i["keys"]["portfolio"]),
    "keys of the trigger": lambda i: key_entries(i["keys"]["trigger"]),
    "keys of dn.toml": lambda i: key_entries(i["keys"]["dn.toml"]),
    "keys of the credentials": lambda i: "\n".join(f"- {bold(k)}" for k in i["keys"]["credentials"]),
    "faults": lambda i: escaped(", ".join(k for k in i["keys"]["faults"] if k != "for")),
    "venues": lambda i: escaped(", ".join(i["venues"])),
    "exit codes": exit_codes,
}


def filled(page, i):
    def part(match):
        if match.group(1) not in PARTS:
            raise SystemExit(f"@{match.group(1)}@ is no part; there are {', '.join(PARTS)}")
        return PARTS[match.group(1)](i)

    return re.sub(r"@([a-z. ]+)@", part, page)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as f:
        sys.stdout.write(filled(f.read(), tools.load(sys.argv[2])))
