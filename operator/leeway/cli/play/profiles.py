"""The reference profile that traffic is simulated by, and the two arms that have it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from random import Random

from leeway.api.gates import GateMetric
from leeway.cli.play.arms import Arm, make_arm
from leeway.cli.play.draws import multinomial
from leeway.cli.play.synthetic import shares_of
from leeway.cli.read.policy import Policy
from leeway.cli.refusal import BadInputError
from leeway.core.evidence.profile import SCORE, Bridge, Column, Profile, ProfileRefused, read_profile

_COLUMNS, _BINS, _ROWS = 10, 10, 10_000
_PLACES = tuple(map(str, range(_BINS)))


def read_profile_at(path: Path) -> Profile:
    """Return the profile of a version's file; raise BadInputError naming the file and the field."""
    try:
        content = path.read_bytes()
        return read_profile(content, _digest(content))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    except ProfileRefused as error:
        raise BadInputError(f"{path} is no profile of a version: {error}") from error


def made_up_profile() -> Profile:
    """Return a profile of ten columns and a score, with ten even bins each."""
    even = (_ROWS // _BINS,) * _BINS
    labels = (*_PLACES, "missing", "other")
    columns = tuple(
        Column(f"column-{place + 1}", labels, (*even, 0, 0), importance=1 / (place + 1))
        for place in range(_COLUMNS)
    )
    return Profile(_hex("profile"), _ROWS, columns, Column(SCORE, _PLACES, even))


def make_arms(policy: Policy, profile: Profile) -> tuple[Arm, Arm]:
    """Return canary and stable.

    They have one model file and one profile if a gate asks whether they diverge. Else the canary is a new version,
    trained on other rows of the same kind. Its bridge is the profile's own, or, where that has none, that of a version
    which answers as stable does.
    """
    canary, stable = ("sha256:" + _hex(role) for role in ("canary", "stable"))
    if any(gate.metric is GateMetric.DIVERGENCE for gate in policy.gates):
        stable, other = canary, profile
    elif profile.bridge is None:
        other = _other_sample(profile)
        profile = replace(profile, bridge=_twin_bridge(profile, stable, other))
    else:
        stable, other = profile.bridge.against_digest, _bridged(_other_sample(profile), profile.bridge)
    return make_arm(policy.model, "canary", canary, profile), make_arm(policy.model, "stable", stable, other)


def with_column(profile: Profile, place: int, column: Column) -> Profile:
    """Return the profile of a version that knew another column; its digest is another, too."""
    features = (*profile.features[:place], column, *profile.features[place + 1 :])
    return replace(profile, features=features, digest=_hex(f"{profile.digest} {column}"))


def without_bridge(profile: Profile) -> Profile:
    """Return the profile for recorded rows, whose scores are all counted in its own bins."""
    return replace(profile, bridge=None)


def _other_sample(profile: Profile) -> Profile:
    """Return the profile that as many other rows of the same kind could have given."""
    rng = Random(profile.digest)  # noqa: S311  no secret
    features = tuple(
        replace(column, counts=tuple(multinomial(rng, sum(column.counts), shares_of(column.counts))))
        for column in profile.features
    )
    return replace(profile, digest=_hex(profile.digest), features=features, bridge=None)


def _twin_bridge(profile: Profile, stable: str, other: Profile) -> Bridge:
    counts = profile.score.counts
    joint = tuple(
        tuple(count if place == row else 0 for place in range(len(counts)))
        for row, count in enumerate(counts)
    )
    return Bridge(stable, other.digest, joint)


def _bridged(profile: Profile, bridge: Bridge) -> Profile:
    """Return the profile of the version that the bridge is to: the bridge tells of its scores."""
    counts = tuple(map(sum, bridge.counts))
    labels = tuple(map(str, range(len(counts))))
    return replace(
        profile, digest=bridge.against_profile.removeprefix("sha256:"), score=Column(SCORE, labels, counts)
    )


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _hex(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
