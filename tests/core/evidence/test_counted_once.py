"""No row counts twice, whatever becomes of the operator: the check sees ledgers that are broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from leeway.core.evidence.checkpoint import pack, unpack
from leeway.core.evidence.ledger import Arm
from leeway.core.evidence.page import read_page
from leeway.core.evidence.round import ArmRound, Gathered, PodSeen, add, begin, keep, resume_from
from tests.core.evidence.pages import ROWS, page

Between = Callable[[Gathered], Gathered]  # what becomes of the evidence between two rounds

# Rows that the canary's two pods have answered by each round.
ROUNDS = ((0, 0), (40, 25), (90, 60), (90, 61), (150, 130))


def go_on(gathered: Gathered) -> Gathered:
    return gathered


def restart(gathered: Gathered) -> Gathered:
    return resume_from(unpack(pack(keep(gathered))))


def forget_pages(gathered: Gathered) -> Gathered:
    """Lose the pages that the next ones are compared with."""
    return replace(gathered, canary=replace(gathered.canary, pages={}))


def forget_whom_was_counted(gathered: Gathered) -> Gathered:
    """Restart from the sums, without knowing whose rows they hold."""
    kept = restart(gathered)
    return replace(kept, canary=replace(kept.canary, counted=frozenset()))


def seen(rows: tuple[int, int], version: str = "loan-1") -> ArmRound:
    pages = (read_page(page(count, version=version)) for count in rows)
    return ArmRound(
        {f"{version}-{place}": PodSeen(f"{version}-{place}", one) for place, one in enumerate(pages)}
    )


def counted(between: Between) -> Arm:
    """The canary's arm after all rounds."""
    first = seen(ROUNDS[0])
    gathered = begin(("loan-1", first), ("loan-2", seen(ROUNDS[0], "loan-2")), 0.5, None, 0.0)
    assert gathered is not None
    for moment, rows in enumerate(ROUNDS):
        gathered, _, _ = add(gathered, seen(rows), seen(rows, "loan-2"), float(moment))
        gathered = between(gathered)
    return gathered.canary


def no_row_counts_twice(arm: Arm) -> list[str]:
    """The evidence holds no more rows than the pods have answered."""
    answered, rows = sum(ROUNDS[-1]), arm.totals.get(ROWS, 0)
    return [f"{rows} rows were counted of {answered}"] if rows > answered else []


@pytest.mark.parametrize("between", [forget_pages, forget_whom_was_counted])
def test_evidence_that_counts_twice_is_seen(between: Between) -> None:
    assert no_row_counts_twice(counted(between)) != []


@pytest.mark.parametrize("between", [go_on, restart])
def test_ours_counts_no_row_twice(between: Between) -> None:
    assert no_row_counts_twice(counted(between)) == []


def test_without_a_restart_every_row_is_counted() -> None:
    assert counted(go_on).totals[ROWS] == sum(ROUNDS[-1])
