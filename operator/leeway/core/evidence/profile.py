"""The reference profile of a version as the judge needs it: bins and counts, checked against its digest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """The labels of a column's bins, as the metrics page has them, and the reference rows in each."""

    name: str
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    importance: float = 0.0
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()


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


class ProfileRefused(Exception):  # noqa: N818  tells what becomes of the profile
    """The profile is not the recorded one or cannot be judged by; the message says why."""


def read_profile(content: bytes, file_digest: str) -> Profile:
    """Return the profile in a file's bytes; raise ProfileRefused when they do not have the digest or cannot be read.

    `file_digest` is `sha256:` and 64 digits, as the ModelVersion records it.
    """
    raise NotImplementedError
