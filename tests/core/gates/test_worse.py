"""Failures, slow answers, refused rows and wrong decisions: is the canary worse?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from leeway.core.evidence.pair import Incident
from tests.core.gates.arms import (
    CANARY,
    FAIL,
    PASS,
    STABLE,
    TWINS,
    UNKNOWN,
    Counts,
    Judged,
    assert_judged,
    inputs,
    pair,
)


def errors(failed: int, answered: int, worst: int = 0) -> Counts:
    return Counts(codes={"200": answered, "500": failed}, worst={Incident.ERRORS: worst})


def slow(requests: int, above: int) -> Counts:
    return Counts(latency=(0, requests - above, requests))


def told(wrong: int, right: int, version: str) -> Counts:
    return Counts(feedback={(version, "wrong"): wrong, (version, "right"): right})


WORSE: dict[str, Judged] = {
    "a canary that fails more often": (
        "ErrorRate",
        pair(errors(100, 900, worst=10), errors(20, 4000)),
        FAIL,
        r"10 % of the canary's 1,000 requests failed, 0.498 % of stable's 4,020: odds ratio 21.78"
        r" \(98 % lower bound 6.2 > 1.2\)",
    ),
    "an incident of the canary's only pod": (
        "ErrorRate",
        pair(errors(100, 900, worst=98), errors(20, 4000)),
        UNKNOWN,
        "not told from 1.2 yet",
    ),
    "more left out than there is, after a restart of the operator": (
        "ErrorRate",
        pair(errors(3, 900, worst=8), errors(20, 4000)),
        UNKNOWN,
        "not told from 1.2 yet",
    ),
    "as many failures in both": (
        "ErrorRate",
        pair(errors(45, 9000), errors(200, 40_000)),
        PASS,
        "odds ratio 1; an odds ratio of 3 would have been found by now in nine of ten rollouts.",
    ),
    "as many failures in both, after a few": (
        "ErrorRate",
        pair(errors(10, 1990), errors(40, 7960)),
        UNKNOWN,
        "not told from 1.2 yet .*; about .* more requests of the canary are needed",
    ),
    "failures too rare for their ratio to matter": (
        "ErrorRate",
        pair(errors(10, 190_000), errors(40, 760_000)),
        PASS,
        "at most 0.017 % in the canary, 98 % sure, is too little to hold it for",
    ),
    "wrong answers as often, after enough labels": (
        "Quality",
        pair(told(200, 1800, CANARY), told(800, 7200, STABLE)),
        PASS,
        "an odds ratio of 2 would have been found by now",
    ),
    "failures of which the incident leaves hardly more than is tolerated": (
        "ErrorRate",
        pair(errors(200, 1800, worst=120), errors(800, 7200)),
        UNKNOWN,
        "more than 10,000,000 requests of the canary would be needed",
    ),
    "failures within one short time": (
        "ErrorRate",
        pair(errors(10, 900, worst=9), errors(40, 3600)),
        UNKNOWN,
        "most requests of the canary that went wrong did so within one short time",
    ),
    "fewer failures": (
        "ErrorRate",
        pair(errors(20, 9000), errors(4000, 40_000)),
        PASS,
        r"upper bound .* < 1.2",
    ),
    "no failure in so few requests": (
        "ErrorRate",
        pair(errors(0, 900), errors(0, 4000)),
        UNKNOWN,
        "nothing to compare yet; about 8,700 more requests of the canary",
    ),
    "no failure in many requests": (
        "ErrorRate",
        pair(errors(0, 90_000), errors(0, 400_000)),
        PASS,
        "at most 0.011 % in the canary, 98 % sure, is too little",
    ),
    "few failures, and proven to be more than stable's": (
        "ErrorRate",
        pair(errors(90, 900_000), errors(1, 4_000_000)),
        FAIL,
        "lower bound",
    ),
    "a slower canary": (
        "Latency",
        pair(slow(1000, 100), slow(5000, 100)),
        FAIL,
        "took longer than 0.25 s, 2 % of",
    ),
    "a slow time of one pod": (
        "Latency",
        pair(replace(slow(1000, 100), worst={Incident.SLOW: 95}), slow(5000, 100)),
        UNKNOWN,
        "not told from 1.5 yet",
    ),
    "a canary as fast": ("Latency", pair(slow(9000, 450), slow(36_000, 1800)), PASS, "upper bound"),
    "no edge above which a request is slow": (
        "Latency",
        pair(slow(1000, 100), slow(5000, 100), slow_from=None),
        UNKNOWN,
        "stable has not answered 50 requests",
    ),
    "more wrong answers, told to pods of both arms": (
        "Quality",
        pair(
            Counts(feedback={(CANARY, "wrong"): 150, (CANARY, "right"): 400, (STABLE, "wrong"): 20}),
            Counts(
                feedback={
                    (STABLE, "wrong"): 200,
                    (STABLE, "right"): 3500,
                    (CANARY, "wrong"): 50,
                    (CANARY, "right"): 100,
                }
            ),
        ),
        FAIL,
        "28.6 % of the canary's 700 answers with feedback were wrong, 5.91 % of stable's 3,720",
    ),
    "no feedback": ("Quality", pair(inputs(1000), inputs(4000)), UNKNOWN, "No feedback has come"),
    "feedback of one version in both arms": (
        "Quality",
        pair(told(50, 100, STABLE), told(10, 100, STABLE), arms=TWINS),
        UNKNOWN,
        "cannot tell them apart. Use Divergence",
    ),
    "hardly an answer wrong in either": (
        "Quality",
        pair(told(0, 90_000, CANARY), told(0, 90_000, STABLE)),
        UNKNOWN,
        "nothing to compare yet",
    ),
    "more requests refused for their rows": (
        "invalid-input",
        pair(Counts(codes={"200": 900}, invalid=100), Counts(codes={"200": 4000}, invalid=20)),
        FAIL,
        "10 % of the canary's 1,000 requests were refused for their rows",
    ),
    "as many refused": (
        "invalid-input",
        pair(Counts(codes={"200": 900}, invalid=9), Counts(codes={"200": 3600}, invalid=36)),
        UNKNOWN,
        "not told from 1.2 yet",
    ),
}


@pytest.mark.parametrize("judged", WORSE.values(), ids=list(WORSE))
def test_what_befalls_the_canary(judged: Judged) -> None:
    assert_judged(judged)
