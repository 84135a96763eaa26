"""Columns against each arm's own profile: only what the canary alone has left is a reason."""

from __future__ import annotations

import pytest

from tests.core.gates.arms import (
    CANARY,
    FAIL,
    ONE_SIDE,
    PASS,
    UNKNOWN,
    Counts,
    Judged,
    arm,
    assert_judged,
    column,
    inputs,
    pair,
    profile,
    spread,
)

# The canary was trained on another world than stable: of the same requests, those are unusual to it alone.
ANOTHER_WORLD = (arm(CANARY, profile=profile("b", [column("income", spread(10_000, ONE_SIDE[::-1]))])), arm())

DRIFT: dict[str, Judged] = {
    "columns as in the profile": (
        "DataDrift",
        pair(inputs(2000), inputs(8000)),
        PASS,
        r"income PSI 0.00027 after 2,000 canary rows \(98.75 % upper bound 0.024 < 0.2\), the furthest of 1",
    ),
    "a canary that was trained on another world": (
        "DataDrift",
        pair(inputs(2000), inputs(8000), arms=ANOTHER_WORLD),
        FAIL,
        r"income PSI .* lower bound .* > 0.2\) after 2,000 canary rows, stable within it",
    ),
    "equal profiles, of which the canary's traffic has drifted": (
        "DataDrift",
        pair(inputs(2000, ONE_SIDE), inputs(8000)),
        PASS,
        "both versions have the same profile of it.*; that the canary alone has left it by a PSI of 0.5 would",
    ),
    "a world that has left both profiles": (
        "DataDrift",
        pair(inputs(2000, ONE_SIDE), inputs(8000, ONE_SIDE), arms=ANOTHER_WORLD),
        PASS,
        "stable has left its own profile, too: PSI .* after 8,000 rows; that the canary alone has left it by",
    ),
    "too few rows of stable to tell": (
        "DataDrift",
        pair(inputs(2000), inputs(60), arms=ANOTHER_WORLD),
        UNKNOWN,
        "stable is not proven to be within",
    ),
    "a column that stable does not count": (
        "DataDrift",
        pair(
            inputs(2000, ONE_SIDE),
            Counts(scores=spread(8000)),
            arms=(arm(CANARY), arm(profile=profile("a", []))),
        ),
        UNKNOWN,
        "stable's profile does not count it",
    ),
    "a world that has left both profiles, and few rows": (
        "DataDrift",
        pair(inputs(800, ONE_SIDE), inputs(3200, ONE_SIDE), arms=ANOTHER_WORLD),
        UNKNOWN,
        "stable has left its own profile, too: PSI .* after 3,200 rows; about .* more canary rows",
    ),
    "a profile of few rows, and columns near the threshold": (
        "DataDrift",
        pair(
            inputs(2000, ONE_SIDE),
            inputs(8000, ONE_SIDE),
            arms=(arm(CANARY, profile=profile("b", [column("income", (10,) * 10)])), arm()),
        ),
        UNKNOWN,
        "a reference of 100 rows cannot tell a PSI of 0.5 from 0.2: raise the gate's minDetectableEffect",
    ),
    "few rows": (
        "DataDrift",
        pair(inputs(100), inputs(400)),
        UNKNOWN,
        "not told from 0.2 yet; about 1,500 more canary rows",
    ),
}


@pytest.mark.parametrize("judged", DRIFT.values(), ids=list(DRIFT))
def test_drift_of_columns(judged: Judged) -> None:
    assert_judged(judged)
