"""What the tools say of themselves (`TOOL --describe`): the source of manuals and completions."""

import json


def load(path):
    with open(path, encoding="utf-8") as f:
        interface = json.load(f)
    if interface["schema"] != "dn.interface/1":
        raise SystemExit(f"{path}: schema {interface['schema']}, and this program reads dn.interface/1")
    return interface


def longest(flag):
    return max(flag["names"], key=len)


def all_flags(interface):
    """Every flag of a tool: without a verb, then those of its verbs, each name once."""
    flags = list(interface["top"]["flags"])
    seen = {longest(f) for f in flags}
    for verb in interface["verbs"]:
        for flag in verb["flags"]:
            if longest(flag) not in seen:
                seen.add(longest(flag))
                flags.append(flag)
    return flags


def kind(flag):
    """What the value of a flag or word is, for completions: "" (none), choices, file, directory, task, key, code or text."""
    if flag["choices"]:
        return "choices"
    name = longest(flag)
    if name in ("--task", "task_name", "task_names"):
        return "task"
    if name in ("--set", "settings"):
        return "key"
    if name == "code":
        return "code"
    return {"": "", "FILE": "file", "DIR": "directory"}.get(flag["value"], "text")
