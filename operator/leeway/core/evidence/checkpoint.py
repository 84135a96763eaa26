"""What is kept of the evidence over a restart of the operator, packed into one field of status."""

from __future__ import annotations

import json
import lzma
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leeway.api.gates import MAX_CHECKPOINT
from leeway.core.evidence.gathered import Gathered
from leeway.core.evidence.incidents import most_recent, resume
from leeway.core.evidence.ledger import Arm, checkpoint
from leeway.core.evidence.page import Series
from leeway.core.evidence.pair import Incident
from leeway.core.evidence.strata import MAX_STRATA, Stratum, without_fewest
from leeway.core.evidence.table import JUDGED

# What unpacks to more is not ours: two arms of a hundred columns with long names have a fifth of it.
MAX_PLAIN = 16 << 20
FORMAT = 2
# Half of what zlib makes of it, which does not see a name again that is more than 32 KiB away. A megabyte is about all
# that there is to look back on; it takes 12 MiB while packing.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 20}]
_UNPACKING_MEMORY = 16 << 20

Count = Annotated[int, Field(ge=0, lt=10**18)]
Moment = Annotated[float, Field(ge=0, lt=1e12)]
Counts = dict[Incident, Count]


class CheckpointRefused(Exception):  # noqa: N818  tells what becomes of the checkpoint
    """The evidence cannot be stored, or not be gone on from; the message says why."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class _Arm(_Part):
    version: str
    profile: str
    # Of each series its total, and if it is judged what it has in each stratum. Names are long and stand here once.
    counts: dict[str, Annotated[list[Count], Field(min_length=1, max_length=MAX_STRATA + 1)]]
    counted: tuple[str, ...]


class _Stratum(_Part):
    share: Annotated[float, Field(gt=0, lt=1)]
    slow_from: Annotated[float, Field(gt=0, lt=1e6)] | None
    # Of the canary's pods: the most incidents of one in the stratum so far, and of one that may go on at `time`.
    worst: Counts
    recent: Counts


class _Document(_Part):
    format: Literal[2]
    canary: _Arm
    stable: _Arm
    start: Moment
    time: Moment
    strata: Annotated[tuple[_Stratum, ...], Field(max_length=MAX_STRATA)]


def pack(gathered: Gathered) -> str:
    """Return the evidence as base64; equal evidence packs alike.

    Where that has more than MAX_CHECKPOINT characters, the strata of the fewest requests are left out; raise
    CheckpointRefused when it has more without any.
    """
    packed = b64encode(compress(_text_of(gathered))).decode()
    if len(packed) <= MAX_CHECKPOINT:
        return packed
    if not gathered.strata:
        raise CheckpointRefused(
            f"the evidence packs to {len(packed):,} characters, more than {MAX_CHECKPOINT:,}"
        )
    return pack(replace(gathered, strata=without_fewest(gathered.strata)))


def compress(text: bytes) -> bytes:
    """Return the text in little room."""
    return lzma.compress(text, format=lzma.FORMAT_XZ, filters=_FILTERS)


def unpack(packed: str) -> Gathered:
    """Return the evidence that was packed, to go on with; raise CheckpointRefused for anything else.

    The pods of both arms are `counted`: the next page of each is its new zero. The share of the pods settles anew.
    """
    text = _plain(packed)
    try:
        read = _Document.model_validate_json(text)
    except ValidationError as error:
        raise CheckpointRefused(f"the checkpoint cannot be read ({error.error_count()} errors)") from error
    gathered = Gathered(
        canary=_arm(read.canary),
        stable=_arm(read.stable),
        start=read.start,
        time=read.time,
        strata=tuple(_stratum(read, place) for place in range(len(read.strata))),
    )
    # Nothing but what `pack` writes: no key twice, no digits that a number loses, as many counts as there are strata.
    if _text_of(gathered) != text:
        raise CheckpointRefused("the checkpoint is not as the operator writes it")
    return gathered


def _plain(packed: str) -> bytes:
    if len(packed) > MAX_CHECKPOINT:
        raise CheckpointRefused(f"the checkpoint has more than {MAX_CHECKPOINT:,} characters")
    unpacking = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_UNPACKING_MEMORY)
    try:
        text = unpacking.decompress(b64decode(packed, validate=True), MAX_PLAIN)
    except (ValueError, lzma.LZMAError) as error:
        raise CheckpointRefused(f"the checkpoint cannot be unpacked: {error}") from error
    if not unpacking.eof or unpacking.unused_data:
        raise CheckpointRefused("the checkpoint is cut, or too much is packed in it")
    return text


def _text_of(gathered: Gathered) -> bytes:
    strata = gathered.strata
    document = {
        "format": FORMAT,
        "canary": _document_of(gathered.canary, [one.canary for one in strata]),
        "stable": _document_of(gathered.stable, [one.stable for one in strata]),
        "start": float(gathered.start),
        "time": float(gathered.time),
        "strata": [
            {
                "share": one.share,
                "slow_from": None if one.slow_from is None else float(one.slow_from),
                "worst": one.incidents.worst,
                "recent": most_recent(one.incidents, gathered.time),
            }
            for one in strata
        ],
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _document_of(arm: Arm, strata: Sequence[Mapping[Series, int]]) -> dict[str, object]:
    stored = checkpoint(arm)
    counts = {
        series: [total, *(one.get(series, 0) for one in strata)] if series.startswith(JUDGED) else [total]
        for series, total in stored.totals.items()
    }
    return {
        "version": stored.version,
        "profile": stored.profile,
        "counts": counts,
        "counted": sorted(stored.counted),
    }


def _arm(read: _Arm) -> Arm:
    totals = {series: counts[0] for series, counts in read.counts.items()}
    return Arm(read.version, read.profile, totals=totals, counted=frozenset(read.counted))


def _stratum(read: _Document, place: int) -> Stratum:
    kept = read.strata[place]
    return Stratum(
        share=kept.share,
        canary=_counts_at(read.canary, place),
        stable=_counts_at(read.stable, place),
        slow_from=kept.slow_from,
        incidents=resume(kept.worst, kept.recent, read.time),
    )


def _counts_at(arm: _Arm, place: int) -> dict[Series, int]:
    return {series: counts[place + 1] for series, counts in arm.counts.items() if len(counts) > place + 1}
