"""Does the stable version do worse than it did as a canary, or in training? Failures, latency and labels.

A window is compared with a finite sample of the past, and not with an arm beside it. The test of arms (T3) asks to
which arm a request went, given how it ended; here the whole past came first, so that its answer would mean nothing.
Instead each side has an interval of its own, valid at any look, and the odds ratio lies between their ends. Half of
alpha is the past's, which is one sample; the other half is split over the windows that begin in a week.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite

from leeway.api.gates import Shown, Verdict, VerdictState
from leeway.core.evidence.table import (
    CountsRefused,
    Table,
    read_errors,
    read_feedback,
    read_latency,
    read_slow,
)
from leeway.core.gates.odds import NEGLIGIBLE
from leeway.core.gates.question import Question
from leeway.core.gates.seen import Undecided
from leeway.core.gates.sentences import decimal, percent, short
from leeway.core.guard.watched import Window, require_rows
from leeway.core.guard.window import begins_in_a_week
from leeway.core.judge.bounds import share_interval
from leeway.core.judge.verdict import Effect, judge_below

_NEVER_ASKED = (
    "Version {} was asked nothing as a canary: there is nothing to hold it to. Roll versions out with"
    " spec.rollout.steps or spec.gates."
)


@dataclass(frozen=True, slots=True)
class Sample:
    """How many of some requests, or answers, were bad."""

    bad: int
    rows: int


@dataclass(frozen=True, slots=True)
class Compared:
    """The window and what it is held to; `incident` of its bad ones are left out of the proof that it is worse."""

    window: Sample
    past: Sample
    of: str  # requests, answers with feedback
    bad: str  # "failed", "took longer than 0.25 s"
    when: str  # as a canary, in training
    incident: int = 0
    may_be_negligible: bool = True


def judge_errors(question: Question, window: Window) -> Verdict:
    """Return whether more of the window's requests fail than did as a canary."""
    shown = _shown(window)
    compared = Compared(
        _sample(read_errors(window.table)),
        Sample(shown.failed, shown.requests),
        "requests",
        "failed",
        "as a canary",
        _incident(window, read_errors),
    )
    return _judge(question, window, compared)


def judge_latency(question: Question, window: Window) -> Verdict:
    """Return whether more of the window's requests are slow than were as a canary."""
    shown = _shown(window)
    if not shown.slow_from_millis:
        raise Undecided(f"From when a request of version {window.of.version} is slow is not known.")
    edge = _edge(window.table, shown.slow_from_millis)

    def read(table: Table) -> tuple[int, int]:
        return read_slow(table, edge)

    compared = Compared(
        _sample(read(window.table)),
        Sample(shown.slow, shown.timed),
        "requests",
        f"took longer than {edge:g} s",
        "as a canary",
        _incident(window, read),
    )
    return _judge(question, window, compared)


def judge_quality(question: Question, window: Window) -> Verdict:
    """Return whether more of the window's answers turn out wrong than did as a canary, or else in training."""
    past, when = _quality_of_past(window)
    told = _sample(read_feedback(window.table, window.of.version))
    compared = Compared(told, past, "answers with feedback", "were wrong", when, may_be_negligible=False)
    return _judge(question, window, compared)


def _judge(question: Question, window: Window, compared: Compared) -> Verdict:
    now, past = compared.window, compared.past
    require_rows(now.rows, compared.of)
    effect, upper_share = _measure(question, window, compared)
    state = judge_below(effect, question.threshold)
    if state is VerdictState.UNKNOWN and compared.may_be_negligible and upper_share < NEGLIGIBLE:
        state = VerdictState.PASS
    return Verdict(
        name=question.name,
        metric=question.metric,
        state=state,
        message=f"{_measured(window, compared, effect)}; {_concluded(question, effect, state, upper_share)}.",
        effect=decimal(effect.value),
        lower=decimal(effect.lower),
        upper=decimal(effect.upper),
        threshold=decimal(question.threshold),
        canary_rows=past.rows,
        stable_rows=now.rows,
    )


def _measure(question: Question, window: Window, compared: Compared) -> tuple[Effect, float]:
    """Return the odds ratio of the window to the past, and the largest share of bad that the window may have."""
    now, past = compared.window, compared.past
    alpha = question.alpha / 2
    of_window = alpha / begins_in_a_week(window.of.seconds)
    past_low, past_high = share_interval(past.bad, past.rows, alpha)
    _, high = share_interval(now.bad, now.rows, of_window)
    left_out = min(compared.incident, now.bad)
    low, _ = share_interval(now.bad - left_out, now.rows - left_out, of_window)
    measured = _odds(_share(now)) / _odds(_share(past))
    return Effect(measured, _odds(low) / _odds(past_high), _ratio(high, past_low), now.rows), high


def _ratio(share: float, of: float) -> float:
    return _odds(share) / _odds(of) if of > 0 else inf


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else inf


def _share(sample: Sample) -> float:
    return (sample.bad + 0.5) / (sample.rows + 1)


def _incident(window: Window, read: Callable[[Table], tuple[int, int]]) -> int:
    """Return the most that was bad in two parts of the window that follow each other.

    Failures come in bursts, when a store or a node is away. One that is no longer than a part is in two at most.
    """
    bad = [read(table)[0] for table in window.ticks]
    return max((sum(two) for two in pairwise(bad)), default=sum(bad))


def _sample(counts: tuple[int, int]) -> Sample:
    bad, good = counts
    return Sample(bad, bad + good)


def _shown(window: Window) -> Shown:
    shown = window.of.shown
    if shown is None or not shown.requests:
        raise Undecided(_NEVER_ASKED.format(window.of.version))
    return shown


def _quality_of_past(window: Window) -> tuple[Sample, str]:
    shown, profile = window.of.shown, window.of.profile
    if shown is not None and shown.told:
        return Sample(shown.wrong, shown.told), "as a canary"
    if profile is None or profile.error_rate is None:
        raise Undecided(
            f"No feedback came for version {window.of.version} as a canary, and its profile does not tell how often it"
            " was wrong in training: there is nothing to hold it to."
        )
    return Sample(round(profile.error_rate * profile.rows), profile.rows), "in training"


def _edge(table: Table, millis: int) -> float:
    # Edges are texts of seconds on the page; a thousandth is what the status keeps of them.
    edges = (edge for edge, _ in read_latency(table) if isfinite(edge) and round(1000 * edge) == millis)
    edge = next(edges, None)
    if edge is None:
        raise CountsRefused(f"the latency has no bucket up to {millis / 1000:g} s, as it had for the canary")
    return edge


def _measured(window: Window, compared: Compared, effect: Effect) -> str:
    now, past = compared.window, compared.past
    were = (
        f"{percent(past.bad, past.rows)} of {past.rows:,} {compared.when}" if past.rows else "none were seen"
    )
    return (
        f"{percent(now.bad, now.rows)} of {now.rows:,} {compared.of} in {window.span} {compared.bad}, {were}:"
        f" odds ratio {short(effect.value)}"
    )


def _concluded(question: Question, effect: Effect, state: VerdictState, upper_share: float) -> str:
    threshold, sure = f"{question.threshold:g}", f"{question.sureness} sure over a week"
    if state is VerdictState.FAIL:
        return f"lower bound {short(effect.lower)} > {threshold}, {sure}"
    if state is VerdictState.UNKNOWN:
        upper = short(effect.upper) if isfinite(effect.upper) else "none"
        return (
            f"not told from {threshold} yet (lower bound {short(effect.lower)}, upper bound {upper}, {sure})"
        )
    if effect.upper < question.threshold:
        return f"upper bound {short(effect.upper)} < {threshold}, {sure}"
    return f"at most {100 * upper_share:.2g} %, {sure}, is too little to speak of"
