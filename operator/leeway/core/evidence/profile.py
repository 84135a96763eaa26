"""The reference profile of a version as the judge needs it: bins and counts, checked against its digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from leeway.core.evidence.profile_file import FeatureEntry, ProfileRefused, read_file

__all__ = ["SCORE", "UNSEEN", "Bridge", "Column", "Profile", "ProfileRefused", "read_profile"]

SCORE = "score"
UNSEEN = "unseen"
# A file of a hundred columns has a fifth of it.
MAX_BYTES = 1 << 20
_TAIL = ("missing", "other", UNSEEN)


@dataclass(frozen=True, slots=True)
class Column:
    """The labels of a column's bins, as the metrics page has them, and the reference rows in each."""

    name: str
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    importance: float = 0.0
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    limits: tuple[
        float, ...
    ] = ()  # least and most of the reference: far outside of them a number counts as other


@dataclass(frozen=True, slots=True)
class Bridge:
    """Joint counts of two versions' scores on the same rows: a row for each bin of the other's, a column for ours."""

    against_digest: str  # the other's model file
    against_profile: str  # the other's profile, all digits
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a version's columns and scores are compared with."""

    digest: str  # sha256 of the canonical features and score; the label on the page is its first eight digits
    rows: int
    features: tuple[Column, ...]  # most important first
    score: Column
    bridge: Bridge | None = None
    error_rate: float | None = None  # of the answers to these rows; None for what is no classifier


def read_profile(content: bytes, file_digest: str) -> Profile:
    """Return the profile in a file's bytes; raise ProfileRefused when they do not have the digest or cannot be read.

    `file_digest` is `sha256:` and 64 digits, as the ModelVersion records it.
    """
    if len(content) > MAX_BYTES:
        raise ProfileRefused(f"it has {len(content):,} bytes, more than {MAX_BYTES:,}")
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if found != file_digest:
        raise ProfileRefused(f"its digest is {found}, not {file_digest}, which the ModelVersion records")
    file, digest = read_file(content)
    bridge = file.bridge
    return Profile(
        digest=digest,
        rows=file.source.rows,
        features=tuple(map(_column, file.features)),
        score=Column(SCORE, _places(file.score.bins), file.score.counts, edges=file.score.edges),
        bridge=Bridge(bridge.against_digest, bridge.against_profile, bridge.counts) if bridge else None,
        error_rate=file.performance.error_rate,
    )


def _column(entry: FeatureEntry) -> Column:
    # As model_server/contract/profile.py names them: only a category can be unseen.
    tail = _TAIL if entry.type == "categorical" else _TAIL[:-1]
    return Column(
        entry.name,
        (*_places(entry.bins), *tail),
        entry.counts,
        entry.importance or 0.0,
        entry.edges,
        tuple(map(str, entry.categories)),
        tuple(limit for limit in (entry.min, entry.max) if limit is not None),
    )


def _places(bins: int) -> tuple[str, ...]:
    return tuple(map(str, range(bins)))
