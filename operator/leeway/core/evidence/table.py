"""From counts by series to counts by what they are of: columns, scores, requests, latency, feedback."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from types import MappingProxyType
from typing import TypeVar

from leeway.core.evidence.page import LATENCY, PageRefused, Series, read_edge, read_labels
from leeway.core.evidence.profile import Column

REQUESTS = "leeway_model_requests_total"

Key = TypeVar("Key", bound=Hashable)
Labels = Mapping[str, str]


class CountsRefused(Exception):  # noqa: N818  tells what becomes of the counts
    """What was asked is not in the counts, or they contradict each other; the message says why."""


@dataclass(frozen=True, slots=True)
class Table:
    """What one arm counted in one step.

    `singles` are counters without further labels, by name; `requests` by code, `features` by column and bin, `score` by
    bin, `latency` up to each edge in seconds, `feedback` of drawn rows by version and outcome.
    `profiles` are the labels of the profiles that were counted by.
    """

    singles: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    features: dict[str, dict[str, int]] = field(default_factory=dict)
    score: dict[str, int] = field(default_factory=dict)
    latency: dict[float, int] = field(default_factory=dict)
    feedback: dict[tuple[str, str], int] = field(default_factory=dict)
    profiles: set[str] = field(default_factory=set)


def read_table(totals: Mapping[Series, int]) -> Table:
    """Return the counts of an arm; raise CountsRefused when a series cannot be read or is there twice."""
    table = Table()
    for series, count in totals.items():
        enter = _ENTRIES.get(series.partition("{")[0])
        if enter is None:
            continue
        try:
            labels = read_labels(series)
            table.profiles.add(labels["profile"])
            enter(table, labels, count)
        except (PageRefused, KeyError) as error:
            raise CountsRefused(f"{series[:120]} cannot be read: {error}") from error
    return table


def total_of(totals: Mapping[Series, int], counter: str) -> int:
    """Return the sum of all series of a counter."""
    return sum(count for series, count in totals.items() if series.startswith(f"{counter}{{"))


def read_drawn(table: Table) -> int:
    """Return the drawn rows, which the bins count; raise CountsRefused when no page had them."""
    return _single(table, "leeway_model_drawn_rows_total", "drawn rows")


def read_feature(table: Table, column: Column) -> tuple[int, ...]:
    """Return a column's counts in the order of its labels; raise CountsRefused unless each drawn row is in one bin."""
    return _in_order(
        table.features.get(column.name, {}), column, read_drawn(table), f"column {column.name!r}"
    )


def read_score(table: Table, column: Column) -> tuple[int, ...]:
    """Return the counts of the score in the order of its labels; raise CountsRefused as for a column."""
    return _in_order(table.score, column, read_drawn(table), "the score")


def read_errors(table: Table) -> tuple[int, int]:
    """Return the requests that the server failed to answer, and all others."""
    # A client that left before its answer counts as failed, since most that leave have waited for too long. A request
    # that the model failed on has code 500, so that leeway_model_failures_total is in these already.
    failed = sum(count for code, count in table.requests.items() if code.startswith("5") or code == "499")
    return failed, sum(table.requests.values()) - failed


def read_invalid(table: Table) -> tuple[int, int]:
    """Return the requests refused for their rows, and those answered; raise CountsRefused when no page had them."""
    refused = _single(table, "leeway_model_invalid_requests_total", "refused requests")
    return refused, sum(count for code, count in table.requests.items() if code.startswith("2"))


def read_slow(table: Table, slow_from: float) -> tuple[int, int]:
    """Return the requests that took longer than an edge, and all others; raise CountsRefused without that edge."""
    latency = dict(read_latency(table))
    if slow_from not in latency:
        raise CountsRefused(f"the latency has no bucket up to {slow_from:g} s")
    return latency[inf] - latency[slow_from], latency[slow_from]


def read_latency(table: Table) -> tuple[tuple[float, int], ...]:
    """Return the edges and the requests up to each, infinity last; raise CountsRefused when they are not that."""
    latency = tuple(sorted(table.latency.items()))
    if not latency or latency[-1][0] != inf:
        raise CountsRefused("the pages have no latency")
    if any(more < count for (_, count), (_, more) in pairwise(latency)):
        raise CountsRefused("the buckets of the latency contradict each other")
    return latency


def read_feedback(table: Table, version: str) -> tuple[int, int]:
    """Return the wrong and the right answers of a version, whichever pod was told."""
    return table.feedback.get((version, "wrong"), 0), table.feedback.get((version, "right"), 0)


def _single(table: Table, name: str, of: str) -> int:
    if name not in table.singles:
        raise CountsRefused(f"the pages do not count {of} ({name})")
    return table.singles[name]


def _in_order(counted: Mapping[str, int], column: Column, drawn: int, name: str) -> tuple[int, ...]:
    lacking = [label for label in column.labels if label not in counted]
    if lacking:
        raise CountsRefused(f"the pages do not count bin {lacking[0]!r} of {name}, which the profile has")
    total = sum(counted.values())
    if total != drawn or len(counted) > len(column.labels):
        raise CountsRefused(
            f"the pages count {total:,} rows in {len(counted)} bins of {name}, not the {drawn:,} that were drawn in"
            f" {len(column.labels)}"
        )
    return tuple(counted[label] for label in column.labels)


def _enter(counts: dict[Key, int], key: Key, count: int) -> None:
    # Two series of one meaning: of two models, or with the labels in another order.
    if key in counts:
        raise CountsRefused(f"two series count {key!r}")
    counts[key] = count


def _single_entry(name: str) -> Callable[[Table, Labels, int], None]:
    return lambda table, _, count: _enter(table.singles, name, count)


_SINGLES = ("leeway_model_drawn_rows_total", "leeway_model_invalid_requests_total")
_ENTRIES: Mapping[str, Callable[[Table, Labels, int], None]] = MappingProxyType(
    {
        REQUESTS: lambda table, labels, count: _enter(table.requests, labels["code"], count),
        "leeway_model_feature_bin_total": lambda table, labels, count: _enter(
            table.features.setdefault(labels["feature"], {}), labels["bin"], count
        ),
        "leeway_model_score_bin_total": lambda table, labels, count: _enter(
            table.score, labels["bin"], count
        ),
        LATENCY: lambda table, labels, count: _enter(table.latency, read_edge(labels), count),
        "leeway_model_drawn_feedback_total": lambda table, labels, count: _enter(
            table.feedback, (labels["of_version"], labels["outcome"]), count
        ),
        **{name: _single_entry(name) for name in _SINGLES},
    }
)
# How the text of a series that is judged begins.
JUDGED = tuple(f"{name}{{" for name in _ENTRIES)
