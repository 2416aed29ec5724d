"""What the checks of this folder share: the files of the repository and C++ text without comments and literals."""

import pathlib
import re
import subprocess

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      |(?P<raw>R"(?P<mark>[^(\s]{0,16})\(.*?\)(?P=mark)")
      |(?P<text>"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+')
      |(?P<number>(?<![\w.])\.?\d(?:[eEpP][+-]|'?[\w.])*)""",
    re.DOTALL | re.VERBOSE,
)


def without_comments(text, literals=True):
    """The text with comments blanked, and with the insides of literals blanked too when `literals` is False.

    Line numbers stay as they are.
    """

    def blank(match):
        token = match.group(0)
        if match.lastgroup == "number" or match.group("number"):
            return token
        if match.group("comment"):
            return " " + "\n" * token.count("\n")
        return token if literals else '""' + "\n" * token.count("\n")

    return TOKEN.sub(blank, text)


def files(root):
    """Paths, relative to root, of the files that are or would be in the repository."""
    root = pathlib.Path(root)
    git = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if git.returncode == 0:
        names = [name.decode() for name in git.stdout.split(b"\0") if name]
    else:  # an archive without its history
        names = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
        names = [n for n in names if n.split("/")[0] not in (".git", "build")]
    return sorted(n for n in set(names) if (root / n).is_file())


def read(root, name):
    return (pathlib.Path(root) / name).read_text(encoding="utf-8", errors="replace")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def report(violations, remedy):
    """Prints the violations; the exit code of the check."""
    for violation in violations:
        print(violation)
    if violations:
        print(f"{len(violations)} violation(s). {remedy}")
    return 1 if violations else 0
