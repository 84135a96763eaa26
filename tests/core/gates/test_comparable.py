"""Whether both arms get requests of one kind."""

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

ARMS: dict[str, Judged] = {
    "arms that get unlike requests": (
        "arms-comparable",
        pair(inputs(1000, ONE_SIDE), inputs(4000)),
        FAIL,
        "unlike requests.*: income. Look for sticky sessions",
    ),
    "arms that get one kind of requests": (
        "arms-comparable",
        pair(inputs(2000, ONE_SIDE), inputs(8000, ONE_SIDE)),
        PASS,
        "No difference of 1 columns between the arms after 2,000 canary and 8,000 stable rows; a PSI of 0.1",
    ),
    "few rows of both": (
        "arms-comparable",
        pair(inputs(100), inputs(400)),
        UNKNOWN,
        "No difference .* more canary rows are needed",
    ),
    "bins that differ": (
        "arms-comparable",
        pair(
            inputs(1000),
            Counts(columns={"income": spread(4000, (0.2,) * 5)}, scores=spread(4000)),
            arms=(arm(CANARY), arm(profile=profile("b", [column("income", (2000,) * 5)]))),
        ),
        UNKNOWN,
        "No column has the same bins",
    ),
}


@pytest.mark.parametrize("judged", ARMS.values(), ids=list(ARMS))
def test_the_arms(judged: Judged) -> None:
    assert_judged(judged)
