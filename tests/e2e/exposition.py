"""Reads Prometheus' text format, strictly, into exact numbers."""
import re
from decimal import Decimal

SAMPLE = re.compile(r'([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9]+(?:\.[0-9]+)?)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"')


class Metrics(dict):
    """(name, labels as a frozenset of pairs) -> Decimal; `types` has the type of each family."""

    def __init__(self, text):
        super().__init__()
        self.types = {}
        family = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                assert family not in self.types, f"{family} is there twice"
                assert line.split(" ", 3)[3], line
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name == family and kind in ("gauge", "counter"), line
                self.types[name] = kind
            else:
                match = SAMPLE.fullmatch(line)
                assert match, line
                name, labels, value = match.groups()
                assert name == family, f"{name} stands in the family {family}"
                key = (name, frozenset(LABEL.findall(labels or "")))
                assert key not in self, line
                self[key] = Decimal(value)

    def names(self):
        return set(self.types)

    def of(self, name, **labels):
        """The value of the one series with these labels."""
        return self[name, frozenset(labels.items())]
