"""Whole numbers by series, all known at the start, and the text that exports them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType

NOTHING: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True)
class Family:
    """One counter and its series: for each of them the values of the labels that it has beside the common ones.

    Only whoever may see how the data are distributed is told a family that `is_restricted`. Of one that `is_sparse`,
    series at 0 are not told.
    """

    name: str  # without _total
    meaning: str
    labels: tuple[str, ...] = ()
    series: tuple[tuple[str, ...], ...] = ((),)
    is_restricted: bool = False
    is_sparse: bool = False


class Tally:
    """The numbers of some families; each series has a place, those of a family lie together."""

    def __init__(self, families: Sequence[Family], common: Mapping[str, str]) -> None:
        self.lock = Lock()
        self.families = tuple(families)
        self.starts: dict[str, int] = {}
        self.heads: list[str] = []  # what stands before the number of each series
        for family in families:
            self.starts[family.name] = len(self.heads)
            self.heads += heads_of(family, common)
        # A list, since adding one to an element of an array of numpy takes several times as long.
        self.numbers = [0] * len(self.heads)

    def start(self, name: str) -> int:
        """Return the place of a family's first series; for a family that there is not, a place that is never used."""
        return self.starts.get(name, len(self.heads))

    def add(self, places: Iterable[int], more: Mapping[int, int] = NOTHING) -> None:
        """Add one at each of the places, and at the keys of `more` what it says; called from several threads."""
        numbers = self.numbers
        # Adding is several steps of Python, between which threads may change.
        with self.lock:
            for place in places:
                numbers[place] += 1
            for place, number in more.items():
                numbers[place] += number

    def snapshot(self) -> list[int]:
        """Return copies of all numbers, taken at one moment."""
        with self.lock:
            return self.numbers.copy()

    def text(self, is_open_metrics: bool, restricted: bool) -> str:
        """Return the lines of all families, of those that are restricted only when asked for."""
        numbers = self.snapshot()
        parts: list[str] = []
        for family in self.families:
            if family.is_restricted and not restricted:
                continue
            start = self.starts[family.name]
            end = start + len(family.series)
            # OpenMetrics names the family without the end that its samples have; the older format has one name.
            name = family.name if is_open_metrics else f"{family.name}_total"
            parts.append(f"# HELP {name} {family.meaning}\n# TYPE {name} counter\n")
            samples = zip(self.heads[start:end], numbers[start:end], strict=True)
            parts += [f"{head}{number}\n" for head, number in samples if number or not family.is_sparse]
        return "".join(parts)


def heads_of(family: Family, common: Mapping[str, str]) -> Iterator[str]:
    """Return `name_total{label="value"} ` of each series, labels in alphabetical order."""
    for values in family.series:
        labels = {**common, **dict(zip(family.labels, values, strict=True))}
        inside = ",".join(f'{name}="{escaped(labels[name])}"' for name in sorted(labels))
        yield f"{family.name}_total{{{inside}}} "


def escaped(value: str) -> str:
    """Return the value of a label as it stands between quotes (OpenMetrics, section 5.1)."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
