"""Scores of another model against the bridge, and of the same one against itself."""

from __future__ import annotations

import pytest

from tests.core.gates.arms import (
    FAIL,
    ONE_SIDE,
    PASS,
    TWINS,
    UNKNOWN,
    Judged,
    arm,
    assert_judged,
    bridged,
    pair,
    profile,
    scored,
)

SCORES: dict[str, Judged] = {
    "scores as the bridge lets expect": (
        "PredictionDrift",
        pair(scored(9000, ONE_SIDE[::-1]), scored(36_000, ONE_SIDE), arms=bridged()),
        PASS,
        r"upper bound .* < 0.05\) after 9,000 canary rows",
    ),
    "scores like stable's, where the bridge turns them around": (
        "PredictionDrift",
        pair(scored(2000, ONE_SIDE), scored(8000, ONE_SIDE), arms=bridged()),
        FAIL,
        r"score PSI .* lower bound .* > 0.05\) after 2,000 canary rows, against what stable's scores and the bridge",
    ),
    "few scores": (
        "PredictionDrift",
        pair(scored(100), scored(400), arms=bridged()),
        UNKNOWN,
        "score PSI 0 after 100 canary rows, not told from 0.05 yet; about .* more canary rows",
    ),
    "no bridge": (
        "PredictionDrift",
        pair(scored(2000), scored(8000)),
        UNKNOWN,
        "no bridge to loan-1: train it again",
    ),
    "a bridge to another model file": (
        "PredictionDrift",
        pair(scored(2000), scored(8000), arms=bridged(against_digest="sha256:" + "9" * 64)),
        UNKNOWN,
        "another model file than that of loan-1: train it again",
    ),
    "a bridge to another profile": (
        "PredictionDrift",
        pair(scored(2000), scored(8000), arms=bridged(against_profile="c" * 64)),
        UNKNOWN,
        "another profile than that of loan-1: train it again",
    ),
    "one model, of which both revisions answer alike": (
        "Divergence",
        pair(scored(6000), scored(24_000), arms=TWINS),
        PASS,
        r"upper bound .* < 0.1\) after 6,000 canary rows",
    ),
    "one model, of which the canary answers otherwise": (
        "Divergence",
        pair(scored(2000, ONE_SIDE), scored(8000), arms=TWINS),
        FAIL,
        "between canary and stable after 2,000 canary rows, though both serve one model file",
    ),
    "one model, and few rows": (
        "Divergence",
        pair(scored(100), scored(400), arms=TWINS),
        UNKNOWN,
        "not told from 0.1 yet; about",
    ),
    "two models": ("Divergence", pair(scored(2000), scored(8000)), UNKNOWN, "use PredictionDrift"),
    "one model with two profiles": (
        "Divergence",
        pair(scored(2000), scored(8000), arms=(arm(profile=profile("b")), arm())),
        UNKNOWN,
        "different profiles",
    ),
}


@pytest.mark.parametrize("judged", SCORES.values(), ids=list(SCORES))
def test_scores(judged: Judged) -> None:
    assert_judged(judged)
