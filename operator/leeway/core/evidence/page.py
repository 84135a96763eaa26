"""Read a pod's metrics page: whole numbers by series, or why the page says nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf

# A page of 100 features has about 1,500 series; a page beyond this is not one of our servers'.
MAX_SERIES = 20_000
_END = "# EOF"
_PREFIX = "leeway_model_"
_STARTED = "leeway_model_process_start_time_seconds"
_COUNTER = "_total"
# The one histogram that is judged; its buckets are counters, too, each of all requests up to its edge.
LATENCY = "leeway_model_request_duration_seconds_bucket"
# OpenMetrics, section 5.1: a value is a float; a counter of ours is a whole number that JSON holds exactly.
_WHOLE = re.compile(r"[0-9]{1,15}(\.0)?")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"(?:,|$)')
_COMMON = ("model", "version", "profile")
_ESCAPES = {r"\n": "\n", r"\"": '"', r"\\": "\\"}

Series = str  # the text of a series as the page has it: name and labels in the server's order


class PageRefused(Exception):  # noqa: N818  tells what becomes of the page
    """The page is not one that can be counted by; the message says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """The counters of one pod at one moment."""

    started: float  # when its process started, in seconds of Unix time
    version: str  # ModelVersion that it serves
    profile: str  # of the reference profile's digest, the first eight digits
    counters: Mapping[Series, int]


def read_page(content: bytes) -> Page:
    """Return the counters of a page in OpenMetrics text; raise PageRefused for anything else.

    A page without its last line, with a series twice, or with a counter that is no whole number says nothing at all: a
    part of it could be wrong in the same way.
    """
    ours = [line.rpartition(" ") for line in _lines(content) if line.startswith(_PREFIX)]
    counters: dict[Series, int] = {}
    for series, _, value in ours:
        if not series.endswith("}"):
            raise PageRefused(f"{_shown(series)} has no labels, or more than one value")
        name = series.partition("{")[0]
        if not name.endswith(_COUNTER) and name != LATENCY:
            continue
        if series in counters:
            raise PageRefused(f"it has {_shown(series)} twice")
        counters[series] = _count(series, value)
    if len(counters) > MAX_SERIES:
        raise PageRefused(f"it has more than {MAX_SERIES} series")
    _require_rising_buckets(counters)
    started = [(series, value) for series, _, value in ours if series.startswith(_STARTED)]
    if len(started) != 1:
        raise PageRefused(
            f"it has {len(started)} series of {_STARTED}, not one: no server of Leeway wrote it"
        )
    return _page(*started[0], counters)


def read_edge(labels: Mapping[str, str]) -> float:
    """Return the upper edge of a bucket of the latency, in seconds; raise PageRefused when it has none."""
    try:
        edge = float(labels.get("le", ""))
    except ValueError:
        edge = -1.0
    if not edge > 0:
        raise PageRefused(f"a bucket of {LATENCY} has no edge")
    return edge


def _require_rising_buckets(counters: Mapping[Series, int]) -> None:
    buckets = sorted(
        (read_edge(read_labels(series)), count)
        for series, count in counters.items()
        if series.startswith(LATENCY)
    )
    if not buckets:
        return
    if buckets[-1][0] != inf:
        raise PageRefused(f"{LATENCY} has no bucket up to +Inf")
    for (edge, count), (further, more) in pairwise(buckets):
        if more < count:
            raise PageRefused(
                f"{LATENCY} counts {count} requests up to {edge:g} s and {more} up to {further:g} s"
            )


def _page(series: Series, value: str, counters: dict[Series, int]) -> Page:
    labels = read_labels(series)
    missing = [name for name in _COMMON if name not in labels]
    if missing:
        raise PageRefused(f"{_STARTED} lacks the label {missing[0]}")
    return Page(_moment(value), labels["version"], labels["profile"], counters)


def read_labels(series: Series) -> dict[str, str]:
    """Return the labels of a series; raise PageRefused when they cannot be read."""
    _, brace, rest = series.partition("{")
    inside = rest.removesuffix("}")
    if not brace or inside == rest:
        raise PageRefused(f"{_shown(series)} has no labels")
    found, place = {}, 0
    while place < len(inside):
        match = _LABEL.match(inside, place)
        if match is None:
            raise PageRefused(f"the labels of {_shown(series)} cannot be read")
        found[match[1]] = re.sub(r"\\.", lambda escape: _ESCAPES.get(escape[0], escape[0]), match[2])
        place = match.end()
    return found


def _lines(content: bytes) -> list[str]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise PageRefused("it is not UTF-8 text") from error
    # Cut at the end of a line, a page in the older text format looks whole; OpenMetrics has a last line for that.
    lines = text.removesuffix("\n").split("\n")
    if lines[-1] != _END:
        raise PageRefused(f"its last line is not '{_END}': it is cut, or no OpenMetrics")
    return lines


def _moment(value: str) -> float:
    try:
        moment = float(value)
    except ValueError:
        moment = -1.0
    # Neither NaN nor an infinity passes.
    if not 0 < moment < 1e12:
        raise PageRefused(f"{_STARTED} is no time")
    return moment


def _count(series: Series, value: str) -> int:
    if _WHOLE.fullmatch(value) is None:
        raise PageRefused(f"{_shown(series)} is {value[:40]!r}, not a whole number")
    return int(value.partition(".")[0])


def _shown(series: Series) -> str:
    return series if len(series) <= 120 else f"{series[:120]}…"
