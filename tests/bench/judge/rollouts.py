"""One simulated rollout: recorded requests in order of time, two arms, and when each rule first raises an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from leeway.core.judge.arms import log_e_differ, log_e_worse
from leeway.core.judge.shares import split_alpha
from tests.bench.judge import naive
from tests.bench.judge.evidence import evidence_of, exceeds, first_alarms, merge
from tests.bench.judge.ramp import (
    CANARY,
    SCHEDULES,
    Counted,
    Looks,
    Step,
    assign_arms,
    count_arms,
    fit_ramp,
    make_looks,
    strata_of,
)
from tests.bench.judge.streams import Fault, Stream

ALPHA = 0.05
MARGIN = 1.1  # odds ratio of wrong answers that is tolerated
LABEL_DELAY = 500  # requests
MIN_ROWS_OF_PSI = 200
INPUT_LOOKS = 100  # columns are many: their rule is tried at every hundredth request only

WHOLE = "the whole rollout: both gates below, at their shares"
STRICT, SHARP = "scores differ (T3, strict null)", "scores differ (T3, sharp null)"
WORSE = "wrong answers worse by more than 10 % (T3)"
INPUTS = "inputs differ (T3, mean over columns; holds)"
PSI, KS = "PSI of the scores against training > 0.2", "KS of the scores, p < 0.05"
BH, Z = "chi-squared of all columns, Benjamini-Hochberg 5 %", "z-test of wrong answers, p < 0.05"

First = dict[str, dict[str, int]]  # by rule and schedule: after how many requests, 0 for never


@dataclass(frozen=True, slots=True)
class Rollout:
    """What was counted of both arms at each look."""

    steps: tuple[Step, ...]
    looks: Looks
    scores: Counted
    wrong: Counted | None
    columns: tuple[Counted, ...]


def play(stream: Stream, rng: np.random.Generator, first: int, fault: Fault | None = None) -> Rollout:
    """Return a rollout that starts at a row of the traffic; the canary is stable's twin but for a fault."""
    steps = fit_ramp(stream.rows)
    arms = assign_arms(rng, steps)
    looks = make_looks(rng, steps)
    served = slice(first, first + len(arms))
    scores, wrong = stream.score.traffic[served], None if stream.wrong is None else stream.wrong[served]
    if fault is not None:
        scores = np.where(arms == CANARY, fault.scores[served], scores)
        wrong = None if wrong is None else np.where(arms == CANARY, fault.wrong[served], wrong)
    delay = min(LABEL_DELAY, len(arms) // 20)
    return Rollout(
        steps,
        looks,
        count_arms(arms, scores, stream.score.bins, looks.rows),
        None if wrong is None else count_arms(arms, (~wrong).astype(np.int8), 2, looks.rows, delay),
        tuple(count_arms(arms, one.traffic[served], one.bins, looks.rows) for one in stream.features),
    )


def judge(stream: Stream, rollout: Rollout, *, inputs: bool = False) -> First:
    """Return when each rule, ours and the naive ones, first raised an alarm under each schedule of looks."""
    alarms = dict([*our_alarms(rollout), *naive_alarms(stream, rollout)])
    if inputs:
        alarms[INPUTS] = input_alarms(rollout)
    looks = rollout.looks
    return {
        rule: {name: first_alarms(found, looks.rows, looks.schedules[name]) for name in SCHEDULES}
        for rule, found in alarms.items()
    }


def our_alarms(rollout: Rollout) -> Iterator[tuple[str, naive.Alarms]]:
    """Yield at which looks the shipped tests reject."""
    strata = strata_of(rollout.scores, rollout.looks, rollout.steps)
    strict = evidence_of(log_e_differ, strata)
    yield STRICT, exceeds(strict, ALPHA)
    yield SHARP, exceeds(evidence_of(partial(log_e_differ, sharp=True), strata), ALPHA)
    if rollout.wrong is None:
        yield WHOLE, exceeds(strict, ALPHA)
        return
    labels = strata_of(rollout.wrong, rollout.looks, rollout.steps)
    worse = evidence_of(partial(log_e_worse, ratio=MARGIN), labels)
    yield WORSE, exceeds(worse, ALPHA)
    shares = split_alpha(("Divergence", "Quality"), ALPHA)
    yield WHOLE, exceeds(strict, shares["Divergence"]) | exceeds(worse, shares["Quality"])


def input_alarms(rollout: Rollout) -> naive.Alarms:
    """Return at which looks the arms' inputs differ."""
    looked = np.flatnonzero(rollout.looks.rows % INPUT_LOOKS == 0)
    alarms = np.zeros(len(rollout.looks.rows), dtype=np.bool_)
    columns = [strata_of(counts, rollout.looks, rollout.steps) for counts in rollout.columns]
    evidence = [evidence_of(log_e_differ, [strata[look] for look in looked]) for strata in columns]
    alarms[looked] = exceeds(merge(evidence), ALPHA)
    return alarms


def naive_alarms(stream: Stream, rollout: Rollout) -> Iterator[tuple[str, naive.Alarms]]:
    """Yield at which looks the naive rules raise an alarm."""
    reference = np.array(stream.score.reference)
    yield PSI, naive.psi_alarms(rollout.scores[:, CANARY], reference, MIN_ROWS_OF_PSI)
    yield KS, naive.ks_alarms(rollout.scores)
    tables = (rollout.scores, *rollout.columns)
    p_values = np.stack([naive.chi2_p_values(table) for table in tables], axis=-1)
    yield BH, naive.benjamini_hochberg_alarms(p_values) & naive.has_enough(rollout.scores)
    if rollout.wrong is not None:
        yield Z, naive.z_alarms(rollout.wrong)
