"""The profile's file: its fields, what must hold among them, and the digest of what is counted by."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

SCHEMA_VERSION = "2"
MAX_FEATURES = 100
MAX_BINS = 31
_TAIL_OF = {"categorical": 3, "numeric": 2, "boolean": 2}

Count = Annotated[int, Field(ge=0, lt=10**15)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=128)]
Edges = Annotated[tuple[Number, ...], Field(max_length=MAX_BINS - 1)]
Hex = Annotated[str, Field(max_length=71, pattern="^(sha256:)?[0-9a-f]{64}$")]
ScoreCounts = Annotated[tuple[Count, ...], Field(min_length=1, max_length=MAX_BINS)]


class ProfileRefused(Exception):  # noqa: N818  tells what becomes of the profile
    """The profile is not the recorded one or cannot be judged by; the message says why."""


class Entry(BaseModel):
    """A part of the file; what the judge does not need is not read."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, strict=True, extra="ignore")


class SourceEntry(Entry):
    """Which rows were counted."""

    rows: Annotated[Count, Field(ge=1)]


class FeatureEntry(Entry):
    """One column, as model_server/contract/profile.py writes it."""

    name: Name
    type: Literal["numeric", "categorical", "boolean"]
    counts: Annotated[tuple[Count, ...], Field(max_length=MAX_BINS + 3)]
    edges: Edges = ()
    categories: Annotated[tuple[str | bool, ...], Field(max_length=MAX_BINS)] = ()
    min: Number | None = None
    max: Number | None = None
    importance: Number | None = None

    @property
    def bins(self) -> int:
        """Return the number of bins without those of missing, other and unseen values."""
        return len(self.edges) + 1 if self.type == "numeric" else len(self.categories)

    @model_validator(mode="after")
    def _has_a_count_for_each_bin(self) -> Self:
        _require_rising(self.edges)
        want = self.bins + _TAIL_OF[self.type]
        if len(self.counts) != want:
            raise ValueError(f"{self.name} has {len(self.counts)} counts for {want} bins")
        return self


class ScoreEntry(Entry):
    """The model's own answer."""

    edges: Edges
    counts: ScoreCounts

    @property
    def bins(self) -> int:
        """Return the number of bins."""
        return len(self.edges) + 1

    @model_validator(mode="after")
    def _has_a_count_for_each_bin(self) -> Self:
        _require_rising(self.edges)
        if len(self.counts) != self.bins:
            raise ValueError(f"the score has {len(self.counts)} counts for {self.bins} bins")
        return self


class BridgeEntry(Entry):
    """How scores of two versions go together."""

    against_digest: Hex
    against_profile: Hex
    counts: Annotated[tuple[ScoreCounts, ...], Field(min_length=1, max_length=MAX_BINS)]


class PerformanceEntry(Entry):
    """How good the answers to the reference rows were."""

    error_rate: Annotated[float, Field(ge=0, le=1)] | None = None


class ProfileFile(Entry):
    """The file."""

    source: SourceEntry
    features: Annotated[tuple[FeatureEntry, ...], Field(max_length=MAX_FEATURES)]
    score: ScoreEntry
    bridge: BridgeEntry | None = None
    performance: PerformanceEntry = PerformanceEntry()

    @model_validator(mode="after")
    def _counts_every_row_once(self) -> Self:
        names = [one.name for one in self.features]
        if len(set(names)) < len(names):
            raise ValueError("two features have one name")
        counted = [(one.name, one.counts) for one in self.features] + [("the score", self.score.counts)]
        for name, counts in counted:
            if sum(counts) != self.source.rows:
                raise ValueError(
                    f"{name} counts {sum(counts):,} rows, though source.rows is {self.source.rows:,}"
                )
        if self.bridge and any(len(row) != self.score.bins for row in self.bridge.counts):
            raise ValueError("the bridge has not one column for each bin of the score")
        return self


def read_file(content: bytes) -> tuple[ProfileFile, str]:
    """Return the file and the digest of its features and score; raise ProfileRefused naming the field."""
    try:
        document = json.loads(content, parse_float=_Decimal, parse_constant=_refuse_constant)
        version = document.get("schemaVersion") if isinstance(document, dict) else None
        if version != SCHEMA_VERSION:
            raise ProfileRefused(
                f"its schemaVersion is {version!r}, not {SCHEMA_VERSION!r}: train the version again to judge it"
            )
        return ProfileFile.model_validate_json(content), _digest(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ProfileRefused(f"{field}: {first['msg']}" if field else first["msg"]) from error
    except (ValueError, RecursionError) as error:
        raise ProfileRefused(f"it is no JSON: {error}") from error


def _digest(document: dict[str, Any]) -> str:
    """Return what the server labels its counts with: SHA-256 of the canonical JSON of features and score.

    Numbers keep the digits that the file has, since the trainer wrote both with one encoder, and encoders differ in
    how they write a number (1e16, 1e+16). A file written by another encoder gets another digest than the server's, and
    then no page is counted: never a wrong one.
    """
    counted = {"features": document["features"], "score": document["score"]}
    return hashlib.sha256(_canonical(counted).encode()).hexdigest()


class _Decimal(str):
    """A number that is no integer, as the file has it."""

    __slots__ = ()


def _canonical(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_canonical(key)}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    return value if isinstance(value, _Decimal) else json.dumps(value, ensure_ascii=False)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _require_rising(edges: tuple[float, ...]) -> None:
    if any(low >= high for low, high in pairwise(edges)):
        raise ValueError("the edges do not rise")
