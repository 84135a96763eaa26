"""Strata of the evidence: what was counted of both arms while the canary's share of the ready pods was the same.

Arms are compared within a share and never over several at once: pooled, arms that are alike look different (Simpson's
paradox). Pods come and go in the middle of a step, too, so the share is what the pods say, and not the step's weight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from leeway.core.evidence.edge import find_slow_from
from leeway.core.evidence.incidents import Incidents, add_round, keep_recent
from leeway.core.evidence.ledger import Uid
from leeway.core.evidence.page import LATENCY, Series
from leeway.core.evidence.round import ArmRound
from leeway.core.evidence.table import JUDGED, REQUESTS, total_of

MAX_STRATA = 12
# What a round adds began with the round before it: both have to show the share.
SETTLED_ROUNDS = 2

Grown = Mapping[Uid, Mapping[Series, int]]  # what each pod's page has added in a round


@dataclass(frozen=True, slots=True)
class Standing:
    """The canary's share of the ready pods as it stands; None while an arm has none.

    `rounds` is how many rounds have shown it one after the other. `slow_from` was fixed before the next round. `read`
    are the pods whose last page was read since the share stands: what their next page adds is of this share alone.
    """

    share: float | None = None
    rounds: int = 0
    slow_from: float | None = None
    read: frozenset[Uid] = frozenset()

    @property
    def is_settled(self) -> bool:
        """Return whether what is counted now is of this share."""
        return self.share is not None and self.rounds >= SETTLED_ROUNDS


@dataclass(frozen=True, slots=True)
class Stratum:
    """What both arms have counted at one share, at whatever times; only series that are judged.

    Above `slow_from` seconds a request is slow. While that is not fixed, the latency is not counted.
    """

    share: float
    canary: Mapping[Series, int] = field(default_factory=dict)
    stable: Mapping[Series, int] = field(default_factory=dict)
    slow_from: float | None = None
    incidents: Incidents = field(default_factory=Incidents)  # of the canary's pods

    @property
    def requests(self) -> int:
        """Return the requests of both arms."""
        return total_of(self.canary, REQUESTS) + total_of(self.stable, REQUESTS)


def stand(before: Standing, canary: ArmRound, stable: ArmRound) -> Standing:
    """Return the share as this round shows it; a share that has changed begins to settle."""
    share = share_of(canary.ready, stable.ready)
    if share is None or share != before.share:
        return Standing(share, rounds=1)
    return replace(before, rounds=before.rounds + 1)


def look_ahead(standing: Standing, canary: ArmRound, stable: ArmRound) -> Standing:
    """Return what the next round is counted by: whose pages were read, and what is slow, once stable has shown it."""
    slow_from = find_slow_from(stable) if standing.slow_from is None else standing.slow_from
    pages = frozenset(uid for arm in (canary, stable) for uid in arm.pods if arm.has_page(uid))
    return replace(standing, slow_from=slow_from, read=standing.read | pages)


def share_of(canary: int, stable: int) -> float | None:
    """Return the canary's share of the ready pods; None while an arm has none."""
    return canary / (canary + stable) if canary and stable else None


def count(
    strata: tuple[Stratum, ...], standing: Standing, canary: Grown, stable: Grown, now: float
) -> tuple[Stratum, ...]:
    """Return the strata with what a round has added at the share that stands; at most MAX_STRATA of them."""
    if standing.share is None or not standing.is_settled:
        return strata
    present = next((one for one in strata if one.share == standing.share), Stratum(standing.share))
    others = tuple(one for one in strata if one.share != standing.share)
    if present.slow_from is None:
        present = replace(present, slow_from=standing.slow_from)
    counted = _grow(present, _of_share(canary, standing), _of_share(stable, standing), now)
    return (*_fullest(others, MAX_STRATA - 1), counted)


def keep_alive(strata: tuple[Stratum, ...], alive: frozenset[Uid]) -> tuple[Stratum, ...]:
    """Return the strata without the recent incidents of canary pods that are gone."""
    return tuple(replace(one, incidents=keep_recent(one.incidents, alive)) for one in strata)


def without_fewest(strata: tuple[Stratum, ...]) -> tuple[Stratum, ...]:
    """Return the strata without the one of the fewest requests."""
    return _fullest(strata, len(strata) - 1)


def _of_share(grown: Grown, standing: Standing) -> Grown:
    return {uid: added for uid, added in grown.items() if uid in standing.read}


def _grow(stratum: Stratum, canary: Grown, stable: Grown, now: float) -> Stratum:
    incidents = stratum.incidents
    for uid, added in canary.items():
        incidents = add_round(incidents, uid, added, now, stratum.slow_from)
    has_edge = stratum.slow_from is not None
    return replace(
        stratum,
        canary=_summed(stratum.canary, canary, has_edge=has_edge),
        stable=_summed(stratum.stable, stable, has_edge=has_edge),
        incidents=incidents,
    )


def _summed(totals: Mapping[Series, int], grown: Grown, *, has_edge: bool) -> Mapping[Series, int]:
    summed = Counter(totals)
    for added in grown.values():
        # Zeros stay: a series that is there and has not grown is known, one that is absent is not.
        summed.update(
            {
                series: more
                for series, more in added.items()
                if series.startswith(JUDGED) and (has_edge or not series.startswith(LATENCY))
            }
        )
    return dict(summed)


def _fullest(strata: tuple[Stratum, ...], kept: int) -> tuple[Stratum, ...]:
    """Return the strata of the most requests, as many as are kept, in the order in which they are."""
    if len(strata) <= kept:
        return strata
    fullest = {one.share for one in sorted(strata, key=lambda one: one.requests, reverse=True)[:kept]}
    return tuple(one for one in strata if one.share in fullest)
