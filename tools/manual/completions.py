#!/usr/bin/env python3
"""Prints a tool's completion for a shell, made from what the tool says of itself.

Usage: completions.py bash|zsh|fish INTERFACE.json
"""

import sys

import interface as tools

# Names of tasks, from the database that the command line names. Those that dn-run takes need no quoting.
TASKS = "dn-status --csv {flags} 2>/dev/null | sed -n '2,$ s/,.*//p'"


def values(flag, interface):
    """The words that can stand there, for kinds that have a list."""
    kind = tools.kind(flag)
    if kind == "choices":
        return flag["choices"]
    if kind == "key":
        return [k["key"] + "=" for k in interface["keys"]["task"] if not flag["names"][0] == "settings" or k["live"]]
    if kind == "code":
        return sorted((str(c["code"]) for c in interface["exit_codes"]), key=int)
    return []


# ---- bash

BASH_OF_KIND = {
    "file": 'COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames',
    "directory": 'COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames',
    "task": 'COMPREPLY=($(compgen -W "$(_{name}_tasks)" -- "$cur"))',
    "text": ":",
}


def bash_action(flag, interface, name):
    words = values(flag, interface)
    if not words:
        return BASH_OF_KIND[tools.kind(flag)].replace("{name}", name)
    space = "; compopt -o nospace" if tools.kind(flag) == "key" else ""
    return f"COMPREPLY=($(compgen -W '{' '.join(words)}' -- \"$cur\")){space}"


def bash_words(verb, interface, name):
    """Lines that complete the words behind a verb by their number."""
    lines = []
    for at, word in enumerate(verb["words"]):
        pattern = "*" if word["repeatable"] else str(at)
        lines.append(f"        {pattern}) {bash_action(word, interface, name)} ;;")
    return lines


def bash(interface):
    tool = interface["tool"]
    name = tool.replace("-", "_")
    flags = tools.all_flags(interface)
    takes = [n for f in flags if f["value"] for n in f["names"]]
    out = [
        f"# bash completion for {tool}",
        "",
        f"_{name}_tasks() {{",
        "  local i flags=()",
        "  for ((i = 1; i < COMP_CWORD; i++)); do",
        '    case ${COMP_WORDS[i]} in --db | --config) flags+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}") ;; esac',
        "  done",
        "  " + TASKS.format(flags='"${flags[@]}"'),
        "}",
        "",
        f"_{name}() {{",
        '  local cur=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD - 1]} verb= words=0 i',
        "  COMPREPLY=()",
        '  if [[ $cur == = ]]; then cur=; elif [[ $flag == = ]]; then flag=${COMP_WORDS[COMP_CWORD - 2]}; fi',
        "  for ((i = 1; i < COMP_CWORD; i++)); do",
        "    case ${COMP_WORDS[i]} in",
        f"      {' | '.join(takes)}) [[ ${{COMP_WORDS[i + 1]}} == = ]] && ((i++)); ((i++)) ;;",
        "      -*) ;;",
    ]
    if interface["verbs"]:
        out += [
            f"      {' | '.join(v['name'] for v in interface['verbs'])})",
            "        if [[ -z $verb && $words == 0 ]]; then verb=${COMP_WORDS[i]}; else ((words++)); fi",
            "        ;;",
        ]
    out += ["      *) ((words++)) ;;", "    esac", "  done", "  case $flag in"]
    for flag in flags:
        if flag["value"]:
            out += [f"    {' | '.join(flag['names'])})", f"      {bash_action(flag, interface, name)}", "      return", "      ;;"]
    out += ["  esac", "  case $verb in"]
    for verb in interface["verbs"]:
        of_verb = " ".join(n for f in verb["flags"] + interface["top"]["flags"] for n in f["names"] if f in verb["flags"] or f["common"])
        out += [f"    {verb['name']})", f"      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '{of_verb}' -- \"$cur\")); return; fi"]
        if verb["words"]:
            out += ["      case $words in", *bash_words(verb, interface, name), "      esac"]
        out += ["      ;;"]
    top = " ".join(n for f in interface["top"]["flags"] for n in f["names"])
    out += ["    *)", f"      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '{top}' -- \"$cur\")); return; fi"]
    if interface["verbs"]:
        out += [f"      ((words > 0)) || COMPREPLY=($(compgen -W '{' '.join(v['name'] for v in interface['verbs'])}' -- \"$cur\"))"]
    if interface["top"]["words"]:
        out += ['      COMPREPLY+=($(compgen -f -- "$cur"))', "      compopt -o filenames"]
    out += ["      ;;", "  esac", "}", f"complete -F _{name} {tool}", ""]
    return "\n".join(out)


# ---- zsh


def zsh_text(text):
    for old, new in (("\\", "\\\\"), ("'", "'\\''"), ("[", "\\["), ("]", "\\]"), (":", "\\:")):
        text = text.replace(old, new)
    return text


def zsh_action(flag, interface):
    words = values(flag, interface)
    if words:
        unended = '-S "" ' if tools.kind(flag) == "key" else ""  # a value follows at once
        return f"compadd {unended}-- {' '.join(words)}"
    return {"file": "_files", "directory": "_files -/", "task": f"_{interface['tool']}_tasks", "text": " "}[tools.kind(flag)]


def zsh_flag(flag, interface):
    value = f":{zsh_text(flag['value'])}:{zsh_action(flag, interface)}" if flag["value"] else ""
    star = "*" if flag["repeatable"] else ""
    return [f"'{star}{n}[{zsh_text(flag['help'])}]{value}'" for n in flag["names"]]


def zsh_word(word, at, interface):
    place = "*" if word["repeatable"] else str(at)
    return f"'{place}:{zsh_text(word['names'][0])}:{zsh_action(word, interface)}'"


def zsh(interface):
    tool = interface["tool"]
    lists = {
        "common": [s for f in interface["top"]["flags"] if f["common"] for s in zsh_flag(f, interface)],
        "own": [s for f in interface["top"]["flags"] if not f["common"] for s in zsh_flag(f, interface)],
    }
    out = [f"#compdef {tool}", "", f"_{tool}_tasks() {{", "  local -a tasks", '  tasks=(${(f)"$(' + TASKS.format(flags="") + ')"})', "  compadd -a tasks", "}", ""]
    out += [f"_{tool}() {{", "  local curcontext=$curcontext state line ret=1", "  local -a verbs common own"]
    out += [f"  {name}=(\n" + "".join(f"    {s}\n" for s in specs) + "  )" for name, specs in lists.items()]
    if not interface["verbs"]:
        out += ["  _arguments -s $common $own", "}", "", f'_{tool} "$@"', ""]
        return "\n".join(out)
    out += ["  verbs=(\n" + "".join(f"    '{v['name']}:{zsh_text(v['help'])}'\n" for v in interface["verbs"]) + "  )"]
    files = "_files && ret=0" if interface["top"]["words"] else ":"
    out += ["  _arguments -C -s $common $own '1: :->first' '*:: :->rest' && ret=0", "  case $state in", f"    first) _describe verb verbs && ret=0; {files} ;;", "    rest)", "      case $line[1] in"]
    for verb in interface["verbs"]:
        specs = [s for f in verb["flags"] for s in zsh_flag(f, interface)] + [zsh_word(w, n + 1, interface) for n, w in enumerate(verb["words"])]
        out.append(f"        {verb['name']}) _arguments -s $common {' '.join(specs)} && ret=0 ;;")
    out += [f"        *) {files} ;;", "      esac", "      ;;", "  esac", "  return ret", "}", "", f'_{tool} "$@"', ""]
    return "\n".join(out)


# ---- fish


def fish_text(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_value(flag, interface):
    kind = tools.kind(flag)
    words = values(flag, interface)
    if words:
        return f" -x -a {fish_text(' '.join(words))}"
    if kind == "task":
        return f" -x -a '(__{interface['tool'].replace('-', '_')}_tasks)'"
    return {"": "", "file": " -r -F", "directory": " -x -a '(__fish_complete_directories)'", "text": " -x"}[kind]


def fish_flag(flag, interface, condition):
    names = "".join(f" -l {n[2:]}" if n.startswith("--") else f" -s {n[1:]}" for n in flag["names"])
    return f"complete -c {interface['tool']}{condition}{names}{fish_value(flag, interface)} -d {fish_text(flag['help'])}"


def fish(interface):
    tool = interface["tool"]
    out = [f"# fish completion for {tool}", "", f"function __{tool.replace('-', '_')}_tasks", "  " + TASKS.format(flags=""), "end", ""]
    if not interface["top"]["words"]:
        out.append(f"complete -c {tool} -f")
    for flag in interface["top"]["flags"]:
        out.append(fish_flag(flag, interface, ""))
    names = " ".join(v["name"] for v in interface["verbs"])
    for verb in interface["verbs"]:
        out.append(f"complete -c {tool} -n 'not __fish_seen_subcommand_from {names}' -a {verb['name']} -d {fish_text(verb['help'])}")
        seen = f" -n '__fish_seen_subcommand_from {verb['name']}'"
        out += [fish_flag(f, interface, seen) for f in verb["flags"]]
        for word in verb["words"]:
            if tools.kind(word) not in ("text", "file"):
                out.append(f"complete -c {tool}{seen}{fish_value(word, interface).replace(' -x', ' -f')} -d {fish_text(word['names'][0])}")
    return "\n".join(out) + "\n"


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SHELLS:
        raise SystemExit(__doc__.strip())
    sys.stdout.write(SHELLS[sys.argv[1]](tools.load(sys.argv[2])))
