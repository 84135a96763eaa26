"""The evidence on one pair of revisions: what both arms have counted, in all and by the canary's share of the pods."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from leeway.core.evidence.ledger import Arm
from leeway.core.evidence.page import Series
from leeway.core.evidence.pair import Counted, Step
from leeway.core.evidence.round import ArmRound, add_to_arm, begin_arm
from leeway.core.evidence.strata import Standing, Stratum, count, keep_alive, look_ahead, stand
from leeway.core.evidence.table import JUDGED


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was counted of both arms since `start`. Times are seconds of Unix time.

    The arms hold all that was counted; the strata, what was counted while a share of the canary's had settled.
    """

    canary: Arm
    stable: Arm
    start: float
    time: float  # of the last round
    strata: tuple[Stratum, ...] = ()
    standing: Standing = field(default_factory=Standing)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the strata as they are judged, the present one last."""
        # A series that an arm has, and that grew at another share only, is known: it has not grown here.
        canary, stable = _zeros(self.canary), _zeros(self.stable)
        return tuple(
            Step(
                one.share,
                Counted({**canary, **one.canary}, one.incidents.worst),
                Counted({**stable, **one.stable}),
                one.slow_from,
            )
            for one in self.strata
        )

    @property
    def slow_from(self) -> float | None:
        """Return the edge above which a request is slow, as fixed last; None while none is."""
        edges = [one.slow_from for one in self.strata if one.slow_from is not None]
        return edges[-1] if edges else None


def begin(canary: tuple[str, ArmRound], stable: tuple[str, ArmRound], now: float) -> Gathered | None:
    """Return evidence in which nothing is counted yet, or None while an arm has no quorum.

    Each arm is the name of its version and its round.
    """
    if not (canary[1].has_quorum and stable[1].has_quorum):
        return None
    return Gathered(begin_arm(*canary), begin_arm(*stable), start=now, time=now)


def add(
    gathered: Gathered, canary: ArmRound, stable: ArmRound, now: float
) -> tuple[Gathered, ArmRound, ArmRound]:
    """Return the evidence with a round added, and the round with the pages that contradict earlier ones refused."""
    canary_arm, canary, of_canary = add_to_arm(gathered.canary, canary)
    stable_arm, stable, of_stable = add_to_arm(gathered.stable, stable)
    standing = stand(gathered.standing, canary, stable)
    strata = count(keep_alive(gathered.strata, frozenset(canary.pods)), standing, of_canary, of_stable, now)
    summed = replace(
        gathered,
        canary=canary_arm,
        stable=stable_arm,
        time=now,
        strata=strata,
        standing=look_ahead(standing, canary, stable),
    )
    return summed, canary, stable


def _zeros(arm: Arm) -> dict[Series, int]:
    return {series: 0 for series in arm.totals if series.startswith(JUDGED)}
