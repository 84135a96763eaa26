"""A checkpoint is small, exact, and believed only as it was written."""

from __future__ import annotations

import json
import lzma
import random
import string
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from leeway.api.gates import MAX_CHECKPOINT
from leeway.core.evidence.checkpoint import MAX_PLAIN, CheckpointRefused, compress, pack, unpack
from leeway.core.evidence.gathered import Gathered
from leeway.core.evidence.incidents import resume
from leeway.core.evidence.ledger import Arm, take
from leeway.core.evidence.page import read_page
from leeway.core.evidence.pair import Incident
from leeway.core.evidence.strata import MAX_STRATA, Stratum
from tests.core.evidence.pages import COMMON, page

TIME = 1.79e9 + 0.25
REQUESTS = 'leeway_model_requests_total{code="200"}'
ARM = Arm("loan-1", "0a1b2c3d", totals={"a": 1, "b": 0, REQUESTS: 9}, counted=frozenset({"pod-1", "pod-2"}))
KEPT = Gathered(
    canary=replace(ARM, version="loan-2"),
    stable=ARM,
    start=1.79e9,
    time=TIME,
    strata=(
        Stratum(
            0.25,
            {REQUESTS: 2},
            {REQUESTS: 0},
            0.1,
            resume({Incident.ERRORS: 7}, {Incident.ERRORS: 2, Incident.SLOW: 0}, TIME),
        ),
        Stratum(
            0.5, {REQUESTS: 4}, {REQUESTS: 3}, None, resume({}, {Incident.ERRORS: 0, Incident.SLOW: 0}, TIME)
        ),
    ),
)


def test_what_was_packed_is_unpacked() -> None:
    assert unpack(pack(KEPT)) == KEPT
    assert unpack(pack(replace(KEPT, strata=()))).strata == ()


def test_pages_are_not_kept_but_whose_counts_are_in_the_totals() -> None:
    followed = take(Arm("loan-1", "0a1b2c3d"), "pod-3", read_page(page(5)))
    kept = unpack(pack(replace(KEPT, stable=followed))).stable
    assert not kept.pages
    assert kept.counted == {"pod-3"}
    assert kept.totals == followed.totals


def test_equal_evidence_packs_alike() -> None:
    turned = replace(ARM, totals={REQUESTS: 9, "b": 0, "a": 1}, counted=frozenset(["pod-2", "pod-1"]))
    assert pack(replace(KEPT, stable=turned)) == pack(KEPT)
    assert pack(unpack(pack(KEPT))) == pack(KEPT)


def large_totals(version: str, seed: int, digits: int) -> dict[str, int]:
    """Counts of a hundred columns with long names and 15 bins, each another number of so many digits at most."""
    names, numbers = random.Random(version), random.Random(seed)
    common = COMMON.format(version=version, profile="0a1b2c3d")
    return {
        f'leeway_model_feature_bin_total{{{common},feature="{name}",bin="{label}"}}': numbers.randrange(
            10**digits
        )
        for name in ("".join(names.choices(string.ascii_letters, k=64)) for _ in range(100))
        for label in [*map(str, range(12)), "missing", "other", "unseen"]
    }


def large_evidence(digits: int) -> Gathered:
    """The evidence of 500 pods an arm, with as many strata as there may be, the first ones with the most requests."""
    pods = frozenset(f"{random.Random(number).getrandbits(128):032x}" for number in range(500))

    def arm(version: str) -> Arm:
        totals = large_totals(version, -1, digits) | {REQUESTS: 10**digits}
        return Arm(version, "0a1b2c3d", totals=totals, counted=pods)

    def totals(version: str, place: int) -> dict[str, int]:
        return large_totals(version, place, digits) | {REQUESTS: MAX_STRATA - place}

    strata = tuple(
        Stratum(
            (place + 1) / (MAX_STRATA + 1),
            totals("credit-default-2", place),
            totals("credit-default-1", place),
            0.1,
            resume({}, {Incident.ERRORS: 0, Incident.SLOW: 0}, TIME),
        )
        for place in range(MAX_STRATA)
    )
    return Gathered(arm("credit-default-2"), arm("credit-default-1"), 1.79e9, TIME, strata)


def test_twelve_strata_of_a_hundred_columns_with_long_names_fit() -> None:
    evidence = large_evidence(digits=6)
    assert len(unpack(pack(evidence)).strata) == MAX_STRATA
    assert unpack(pack(evidence)) == evidence


def test_of_strata_that_do_not_fit_those_of_the_most_requests_are_kept() -> None:
    evidence = large_evidence(digits=8)
    kept = unpack(pack(evidence))
    assert 8 <= len(kept.strata) < MAX_STRATA
    assert kept == replace(evidence, strata=evidence.strata[: len(kept.strata)])


def test_what_does_not_fit_is_not_stored() -> None:
    rng = random.Random(3)
    noise = {f"{rng.getrandbits(256):064x}": rng.randrange(10**9) for _ in range(5000)}
    with pytest.raises(CheckpointRefused, match="more than 131,072"):
        pack(replace(KEPT, stable=replace(ARM, totals=noise)))


def text_of(kept: Gathered) -> bytes:
    return lzma.decompress(b64decode(pack(kept)))


def packed(text: bytes) -> str:
    return b64encode(compress(text)).decode()


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(text_of(KEPT))
    change(document)
    return packed(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())


REFUSED = {
    "nothing": ("", "cut"),
    "no base64": ("%%%", "cannot be unpacked"),
    "nothing packed": (b64encode(b"hello, hello, hello").decode(), "cannot be unpacked"),
    "packed as before": (b64encode(zlib.compress(text_of(KEPT))).decode(), "cannot be unpacked"),
    "a part of it": (pack(KEPT)[:-8], "cut"),
    "something behind it": (b64encode(b64decode(pack(KEPT)) + b"x").decode(), "too much is packed"),
    "a digit changed": (pack(KEPT)[:40] + ("A" if pack(KEPT)[40] != "A" else "B") + pack(KEPT)[41:], "."),
    "longer than its field": ("A" * (MAX_CHECKPOINT + 4), "more than 131,072"),
    "a bomb": (packed(b" " * (MAX_PLAIN + 1)), "too much is packed"),
    "no JSON": (packed(b"{"), "cannot be read"),
    "the format of before": (changed(lambda kept: kept.update(format=1)), "cannot be read"),
    "a field too many": (changed(lambda kept: kept.update(more=1)), "cannot be read"),
    "a field too few": (changed(lambda kept: kept.pop("strata")), "cannot be read"),
    "a count below zero": (changed(lambda kept: kept["stable"]["counts"].update(a=[-1])), "cannot be read"),
    "half a count": (changed(lambda kept: kept["stable"]["counts"].update(a=[1.5])), "cannot be read"),
    "a share that leaves nothing": (
        changed(lambda kept: kept["strata"][0].update(share=1.0)),
        "cannot be read",
    ),
    "a time that is none": (packed(text_of(KEPT).replace(b"1790000000.25", b"NaN")), "cannot be read"),
    "an incident that is none": (
        changed(lambda kept: kept["strata"][0]["worst"].update(fire=1)),
        "cannot be read",
    ),
    "blanks in it": (packed(text_of(KEPT) + b" "), "not as the operator writes it"),
    "a key twice": (packed(text_of(KEPT).replace(b'"a":[1]', b'"a":[9],"a":[1]')), "not as the operator"),
    "a stratum too few": (changed(lambda kept: kept["strata"].pop()), "not as the operator"),
    "a count too few": (
        changed(lambda kept: kept["stable"]["counts"][REQUESTS].pop()),
        "not as the operator",
    ),
    "a pod twice": (changed(lambda kept: kept["stable"]["counted"].append("pod-2")), "not as the operator"),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=list(REFUSED))
def test_a_damaged_checkpoint_is_refused(content: str, says: str) -> None:
    with pytest.raises(CheckpointRefused, match=says):
        unpack(content)


@pytest.mark.parametrize("cut", range(0, len(pack(KEPT)), 16))
def test_a_checkpoint_that_is_cut_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(CheckpointRefused):
        unpack(pack(KEPT)[:cut])
