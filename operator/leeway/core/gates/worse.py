"""Gates that ask whether something bad befalls the canary more often: what is bad, and what is good."""

from __future__ import annotations

from leeway.api.gates import Verdict
from leeway.core.evidence.edge import LEAST_REQUESTS
from leeway.core.evidence.pair import Incident
from leeway.core.evidence.table import Table, read_errors, read_feedback, read_invalid, read_slow
from leeway.core.gates.odds import Compared, judge_odds
from leeway.core.gates.question import Question
from leeway.core.gates.seen import Seen, StepSeen, Undecided, strata_of
from leeway.core.judge.arms import Stratum
from leeway.core.judge.incidents import without_incident
from leeway.core.judge.likelihood import Counts


def judge_errors(question: Question, seen: Seen) -> Verdict:
    """Return whether more of the canary's requests fail."""
    strata = strata_of(seen, read_errors, read_errors)
    return judge_odds(
        question, Compared(strata, _forgiving(seen, strata, Incident.ERRORS), "requests", "failed")
    )


def judge_latency(question: Question, seen: Seen) -> Verdict:
    """Return whether more of the canary's requests are slow."""
    timed = Seen(seen.canary, seen.stable, tuple(one for one in seen.steps if one.step.slow_from is not None))
    edges = [one.step.slow_from for one in timed.steps if one.step.slow_from is not None]
    if not edges:
        raise Undecided(f"What is slow is not known yet: stable has not answered {LEAST_REQUESTS} requests.")
    strata = [_slow(one, edge) for one, edge in zip(timed.steps, edges, strict=True)]
    bad = f"took longer than {edges[-1]:g} s"
    return judge_odds(question, Compared(strata, _forgiving(timed, strata, Incident.SLOW), "requests", bad))


def judge_invalid(question: Question, seen: Seen) -> Verdict:
    """Return whether more of the canary's requests are refused for their rows."""
    strata = strata_of(seen, read_invalid, read_invalid)
    return judge_odds(question, Compared(strata, strata, "requests", "were refused for their rows"))


def judge_quality(question: Question, seen: Seen) -> Verdict:
    """Return whether more of the canary's answers turn out wrong by feedback, whichever pod was told."""
    canary, stable = seen.canary.version, seen.stable.version
    if canary == stable:
        raise Undecided(f"Both arms serve version {canary}: feedback cannot tell them apart. Use Divergence.")
    strata = [Stratum(one.step.weight, _told(one, canary), _told(one, stable)) for one in seen.steps]
    if not any(sum(one.canary) + sum(one.stable) for one in strata):
        raise Undecided("No feedback has come for either version.")
    return judge_odds(
        question, Compared(strata, strata, "answers with feedback", "were wrong", may_be_negligible=False)
    )


def _told(one: StepSeen, version: str) -> Counts:
    of_both = (read_feedback(table, version) for table in (one.canary, one.stable))
    wrong, right = (sum(part) for part in zip(*of_both, strict=True))
    return wrong, right


def _slow(one: StepSeen, edge: float) -> Stratum:
    def read(table: Table) -> Counts:
        return read_slow(table, edge)

    return Stratum(one.step.weight, read(one.canary), read(one.stable))


def _forgiving(seen: Seen, strata: list[Stratum], kind: Incident) -> list[Stratum]:
    # No more can be left out than was counted: after a restart of the operator, an incident may count as longer.
    return [
        without_incident(stratum, min(one.worst(kind), stratum.canary[0]))
        for one, stratum in zip(seen.steps, strata, strict=True)
    ]
