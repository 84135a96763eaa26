"""From the bytes that pods answer to verdicts: each fault is counted exactly or makes them Unknown, never Pass."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

from leeway.api.gates import VerdictState
from leeway.core.evidence.page import MAX_SERIES
from leeway.core.evidence.pair import Pair
from tests.core.gates.arms import (
    CANARY,
    ONE_SIDE,
    PASS,
    STABLE,
    UNKNOWN,
    Counts,
    arm,
    column,
    pair,
    profile,
    spread,
    verdict_of,
)
from tests.core.gates.scraped import Answers, follow, page

PODS = ("a", "b", "c")
OTHER = (1100, 900, *(1000,) * 8)  # stable's profile, where it is not the canary's
ROWS = 3000  # of each of the canary's pods


def counts(rows: int = ROWS, shares: tuple[float, ...] = (0.1,) * 10) -> Counts:
    """What a pod counted of so many requests with one row each."""
    return Counts(
        columns={"income": spread(rows, shares)},
        scores=spread(rows),
        codes={"200": rows},
        latency=(0, rows, rows),
    )


NOTHING = {pod: page(counts(0)) for pod in PODS}
WELL = {pod: page(counts()) for pod in PODS}
STABLE_ROUNDS = [{pod: page(counts(rows), STABLE) for pod in PODS} for rows in (0, 12_000)]


def seen(*rounds: Answers) -> Pair:
    """The pair after these rounds of the canary's pods, and two of stable's."""
    return follow([NOTHING, *rounds], STABLE_ROUNDS)


def on_all(change: Callable[[bytes], bytes | str]) -> Answers:
    return {pod: change(content) for pod, content in WELL.items()}


def on_one(change: Callable[[bytes], bytes | str]) -> Answers:
    return {**WELL, "a": change(WELL["a"])}


def text(*changes: tuple[str, str]) -> Callable[[bytes], bytes]:
    """Replace parts of the page's text, each of which is in it."""

    def change(content: bytes) -> bytes:
        for part, instead in changes:
            assert part.encode() in content
            content = content.replace(part.encode(), instead.encode())
        return content

    return change


MANY = "".join(f'leeway_model_x_total{{a="{n}"}} 1\n' for n in range(MAX_SERIES))
FIRST_BIN = 'feature="income",bin="0"} '
# Every value is far outside of what the profile has seen.
IN_ANOTHER_UNIT = text(
    *((f'feature="income",bin="{n}"}} 300.0', f'feature="income",bin="{n}"}} 0.0') for n in range(10)),
    ('feature="income",bin="other"} 0.0', 'feature="income",bin="other"} 3000.0'),
)


@dataclass(frozen=True)
class Case:
    """What the canary's pods answer, and what is concluded of its columns."""

    rounds: tuple[Answers, ...]
    state: VerdictState
    says: str
    rows: int = 0


def refused(change: Callable[[bytes], bytes | str], says: str) -> Case:
    """A page of all pods that says nothing."""
    return Case((on_all(change),), UNKNOWN, says)


CASES: Mapping[str, Case] = {
    "no fault": Case((WELL,), PASS, "income PSI", 9000),
    # M31
    "a connection refused": refused(
        lambda _: "no answer (ClientConnectorError)", "0 of 3 pods .*ClientConnectorError"
    ),
    "no answer in time": refused(lambda _: "no whole page within 2 s", "0 of 3 pods .*within 2 s"),
    "headers, and nothing after them": refused(lambda _: "no whole page within 2 s", "0 of 3 pods"),
    "a byte a second": refused(lambda _: "no whole page within 2 s", "0 of 3 pods"),
    # M32
    "HTML": refused(lambda _: b"<html><body>Welcome</body></html>", "last line is not '# EOF'"),
    "an error": refused(lambda _: "HTTP 500", "HTTP 500"),
    "a redirect": refused(lambda _: "HTTP 302", "HTTP 302"),
    "a packed page": refused(gzip.compress, "not UTF-8"),
    "a gigabyte": refused(lambda _: "the page is longer than 1048576 bytes", "longer than 1048576"),
    "a million series": refused(text(("# EOF", MANY + "# EOF")), "more than 20000 series"),
    # M33
    "cut within a line": refused(lambda content: content[:-40], "it is cut"),
    "cut at the end of a line": refused(lambda content: content[: content.rindex(b"# EOF")], "it is cut"),
    "no end": refused(lambda content: content.removesuffix(b"# EOF\n") + b"\n", "it is cut"),
    # M34
    "NaN": refused(text((f"{FIRST_BIN}300.0", f"{FIRST_BIN}NaN")), "'NaN', not a whole number"),
    "+Inf": refused(text((f"{FIRST_BIN}300.0", f"{FIRST_BIN}+Inf")), "not a whole number"),
    "-Inf": refused(text((f"{FIRST_BIN}300.0", f"{FIRST_BIN}-Inf")), "not a whole number"),
    "a negative count": refused(text((f"{FIRST_BIN}300.0", f"{FIRST_BIN}-300.0")), "not a whole number"),
    "a fraction of a row": refused(text((f"{FIRST_BIN}300.0", f"{FIRST_BIN}0.3")), "not a whole number"),
    "a series twice": refused(lambda content: content.split(b"\n", 1)[0] + b"\n" + content, "twice"),
    "a time stamp": refused(
        text((f"{FIRST_BIN}300.0", f"{FIRST_BIN}300.0 1700000000")), "more than one value"
    ),
    "buckets that fall": refused(
        text(('le="0.25"} 3000.0', 'le="0.25"} 3001.0')), "up to 0.25 s and 3000 up to"
    ),
    "another version": refused(
        text(('version="loan-2"', 'version="loan-9"')), "of version loan-9, not of loan-2"
    ),
    "other bins": refused(
        text(('profile="aaaaaaaa"', 'profile="bbbbbbbb"')), "of profile bbbbbbbb, not of aaaaaaaa"
    ),
    "a reset without a new process": Case(
        (WELL, {pod: page(counts(10)) for pod in PODS}),
        UNKNOWN,
        "has become smaller though the process is the same",
    ),
    "a reset by a new process": Case(
        (WELL, {pod: page(counts(10), started=2000.0) for pod in PODS}), PASS, "after 9,030 canary rows", 9030
    ),
    "a page as old as the last one": Case((WELL, WELL), PASS, "after 9,000 canary rows", 9000),
    "a column that is gone": Case(
        (on_all(text(('feature="income"', 'feature="age"'))),), UNKNOWN, "it lacks .*income"
    ),
    "a column that was never there": Case(
        ({f"{pod}-later": page(replace(counts(), columns={})) for pod in PODS},), UNKNOWN, "0 rows in 12 bins"
    ),
    "a column in another unit": Case((on_all(IN_ANOTHER_UNIT),), PASS, "same profile of it", 9000),
    "a PSI above 1": Case(
        ({pod: page(counts(ROWS, ONE_SIDE)) for pod in PODS},),
        PASS,
        r"income PSI 1.3 \(.* after 9,000",
        9000,
    ),
    # M35
    "one pod of three that answers": Case(
        ({**on_all(lambda _: "HTTP 500"), "a": WELL["a"]},), UNKNOWN, "1 of 3 pods of the canary arm answered"
    ),
    "two pods of three": Case((on_one(lambda _: "HTTP 500"),), PASS, "after 6,000 canary rows", 6000),
    "a pod that answers again": Case(
        (on_one(lambda _: "HTTP 500"), WELL), PASS, "after 9,000 canary rows", 9000
    ),
    "a pod whose bins are not its rows": Case(
        (on_one(text((f"{FIRST_BIN}300.0", f"{FIRST_BIN}299.0"))),),
        UNKNOWN,
        "8,999 rows in 12 bins of column 'income'",
    ),
    "a pod with more rows than there can be": Case(
        (on_one(lambda _: page(counts(9 * 10**14))),), UNKNOWN, "more than can be judged"
    ),
    # M36
    "no traffic": Case((NOTHING,), UNKNOWN, "The canary has had no traffic that counts here"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_fault_is_counted_exactly_or_makes_the_verdict_unknown(case: Case) -> None:
    verdict = verdict_of("DataDrift", seen(*case.rounds))
    assert verdict.state is case.state, verdict.message
    assert re.search(case.says, verdict.message), verdict.message
    assert verdict.canary_rows == case.rows


def test_drift_that_flaps_around_the_threshold_is_neither_proven_nor_disproven() -> None:
    """M37: every other round is of another world, the sum is beyond the threshold now and within it then."""
    rng = np.random.default_rng(37)
    worlds = ((0.14, 0.12, *(0.0925,) * 8), (0.28, 0.16, *(0.07,) * 8))
    stable_profile = profile("a", [column("income", OTHER)])
    arms = (arm(CANARY, profile=profile("b")), arm(profile=stable_profile))
    live, verdicts = np.zeros(10, dtype=np.int64), []
    for look in range(1, 120):
        live += rng.multinomial(60, worlds[look % 2])
        canary = Counts(columns={"income": tuple(live.tolist())}, scores=spread(60 * look))
        stable = Counts({"income": spread(240 * look, [n / 10_000 for n in OTHER])}, spread(240 * look))
        verdicts.append(verdict_of("DataDrift", pair(canary, stable, arms=arms), threshold="0.13"))
    assert VerdictState.FAIL not in {one.state for one in verdicts}
    proven = [one for one in verdicts if "upper bound" in one.message and one.state is PASS]
    assert proven == [], "what passes does so since a larger effect would have been found"
    assert {float(one.effect or 0) > 0.13 for one in verdicts[20:]} == {True, False}
