"""A checkpoint is small, exact, and believed only as it was written."""

from __future__ import annotations

import json
import random
import string
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from leeway.api.gates import MAX_CHECKPOINT
from leeway.core.evidence.checkpoint import MAX_PLAIN, CheckpointRefused, Kept, pack, unpack
from leeway.core.evidence.ledger import Arm, take
from leeway.core.evidence.page import read_page
from leeway.core.evidence.pair import Incident
from tests.core.evidence.pages import page

ARM = Arm("loan-1", "0a1b2c3d", totals={"a": 1, "b": 0}, counted=frozenset({"pod-1", "pod-2"}))
KEPT = Kept(
    canary=replace(ARM, version="loan-2"),
    stable=ARM,
    weight=0.05,
    start=1.79e9,
    time=1.79e9 + 0.25,
    slow_from=0.1,
    worst={Incident.ERRORS: 7, Incident.SLOW: 0},
    recent={Incident.ERRORS: 2, Incident.SLOW: 0},
)


def test_what_was_packed_is_unpacked() -> None:
    assert unpack(pack(KEPT)) == KEPT
    assert unpack(pack(replace(KEPT, slow_from=None, worst={}, recent={}))).slow_from is None


def test_pages_are_not_kept_but_whose_counts_are_in_the_totals() -> None:
    followed = take(Arm("loan-1", "0a1b2c3d"), "pod-3", read_page(page(5)))
    kept = unpack(pack(replace(KEPT, stable=followed))).stable
    assert not kept.pages
    assert kept.counted == {"pod-3"}
    assert kept.totals == followed.totals


def test_equal_evidence_packs_alike() -> None:
    turned = replace(ARM, totals={"b": 0, "a": 1}, counted=frozenset(["pod-2", "pod-1"]))
    assert pack(replace(KEPT, stable=turned)) == pack(KEPT)
    assert pack(unpack(pack(KEPT))) == pack(KEPT)


def large_arm(version: str, seed: int) -> Arm:
    """An arm of 500 pods, and of a hundred columns with long names and 15 bins, each with another large count."""
    rng = random.Random(seed)
    common = f'model="credit-default",version="{version}",profile="0a1b2c3d"'
    totals = {}
    for _ in range(100):
        name = "".join(rng.choices(string.ascii_letters, k=64))
        for label in [*map(str, range(12)), "missing", "other", "unseen"]:
            series = f'leeway_model_feature_bin_total{{{common},feature="{name}",bin="{label}"}}'
            totals[series] = rng.randrange(10**8)
        for reason in ("type", "missing", "range", "category"):
            series = f'leeway_model_raw_invalid_total{{{common},feature="{name}",reason="{reason}"}}'
            totals[series] = rng.randrange(10**4)
    pods = frozenset(f"{rng.getrandbits(128):032x}" for _ in range(500))
    return Arm(version, "0a1b2c3d", totals=totals, counted=pods)


def test_the_largest_evidence_fits() -> None:
    kept = replace(KEPT, canary=large_arm("credit-default-2", 1), stable=large_arm("credit-default-1", 2))
    packed = pack(kept)
    assert len(packed) <= MAX_CHECKPOINT
    assert unpack(packed) == kept


def test_what_does_not_fit_is_not_stored() -> None:
    rng = random.Random(3)
    noise = {f"{rng.getrandbits(256):064x}": rng.randrange(10**9) for _ in range(5000)}
    with pytest.raises(CheckpointRefused, match="more than 131,072"):
        pack(replace(KEPT, stable=replace(ARM, totals=noise)))


def text_of(kept: Kept) -> bytes:
    return zlib.decompress(b64decode(pack(kept)))


def packed(text: bytes) -> str:
    return b64encode(zlib.compress(text)).decode()


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(text_of(KEPT))
    change(document)
    return packed(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())


REFUSED = {
    "nothing": ("", "cut"),
    "no base64": ("%%%", "cannot be unpacked"),
    "nothing packed": ("aGVsbG8=", "cannot be unpacked"),
    "a part of it": (pack(KEPT)[:-8], "cut"),
    "something behind it": (b64encode(b64decode(pack(KEPT)) + b"x").decode(), "too much is packed"),
    "a digit changed": (pack(KEPT)[:40] + ("A" if pack(KEPT)[40] != "A" else "B") + pack(KEPT)[41:], "."),
    "longer than its field": ("A" * (MAX_CHECKPOINT + 4), "more than 131,072"),
    "a bomb": (packed(b" " * (MAX_PLAIN + 1)), "too much is packed"),
    "no JSON": (packed(b"{"), "cannot be read"),
    "another format": (changed(lambda kept: kept.update(format=2)), "cannot be read"),
    "a field too many": (changed(lambda kept: kept.update(more=1)), "cannot be read"),
    "a field too few": (changed(lambda kept: kept.pop("worst")), "cannot be read"),
    "a count below zero": (changed(lambda kept: kept["stable"]["totals"].update(a=-1)), "cannot be read"),
    "half a count": (changed(lambda kept: kept["stable"]["totals"].update(a=1.5)), "cannot be read"),
    "a weight that leaves nothing": (changed(lambda kept: kept.update(weight=1.0)), "cannot be read"),
    "a time that is none": (packed(text_of(KEPT).replace(b"1790000000.25", b"NaN")), "cannot be read"),
    "an incident that is none": (changed(lambda kept: kept["worst"].update(fire=1)), "cannot be read"),
    "blanks in it": (packed(text_of(KEPT) + b" "), "not as the operator writes it"),
    "a key twice": (packed(text_of(KEPT).replace(b'"a":1', b'"a":9,"a":1')), "not as the operator"),
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
