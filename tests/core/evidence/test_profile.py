"""The operator reads the profile that the trainer stored and the server counts by, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeway.core.evidence.profile import MAX_BYTES, ProfileRefused, read_profile
from model_server.contract.profile import FeatureProfile, ScoreProfile, Source, profile_json
from tests.core.evidence.profile_bytes import BRIDGE, INCOME, MEMBER, REGION, changed, digest_of, written


def test_a_profile_is_read_as_it_was_written() -> None:
    content = profile_json(written())
    profile = read_profile(content, digest_of(content))
    assert profile.rows == 10
    assert [one.name for one in profile.features] == [INCOME.name, "region", "member"]
    assert [one.labels for one in profile.features] == [INCOME.labels, REGION.labels, MEMBER.labels]
    assert [one.counts for one in profile.features] == [INCOME.counts, REGION.counts, MEMBER.counts]
    assert profile.features[0].edges == (1e16,)
    assert profile.features[0].limits == (1e-7, 1e22)
    assert profile.features[1].categories == ("ñ", "b")
    assert profile.score.labels == ("0", "1", "2", "3")
    assert profile.bridge is not None
    assert profile.bridge.counts == BRIDGE.counts
    assert profile.bridge.against_profile == BRIDGE.against_profile


def test_a_profile_without_a_bridge_has_none() -> None:
    content = profile_json(written(bridge=None))
    assert read_profile(content, digest_of(content)).bridge is None


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(NUMBERS, NUMBERS, st.text(min_size=1, max_size=20), st.dictionaries(st.text(max_size=5), st.just(1)))
def test_the_digest_is_the_one_that_the_server_labels_its_page_with(
    edge: float, least: float, name: str, decisions: dict[str, int]
) -> None:
    feature = FeatureProfile(name=name, type="numeric", counts=(10, 0, 0, 0), edges=(edge,), min=least)
    score = ScoreProfile(edges=(edge,), counts=(4, 6), decisions=decisions)
    stored = written(features=(feature,), score=score, bridge=None)
    content = profile_json(stored)
    assert read_profile(content, digest_of(content)).digest == stored.digest


def test_another_file_than_the_recorded_one_is_refused() -> None:
    with pytest.raises(ProfileRefused, match=r"its digest is sha256:.*, not sha256:0"):
        read_profile(profile_json(written()), "sha256:" + "0" * 64)


MANY = tuple(FeatureProfile(name=f"f{n}", type="numeric", counts=(10, 0, 0)) for n in range(101))
WIDE = FeatureProfile(
    name="wide", type="numeric", counts=(10, *(0,) * 33), edges=tuple(map(float, range(31)))
)

REFUSED = {
    "no JSON": (b"{", "no JSON"),
    "no text": (b"\xff\xfe", "no JSON"),
    "a list": (b"[]", "schemaVersion is None"),
    "deeper than anything": (b"[" * 100_000, "no JSON"),
    "more bytes than any": (b" " * (MAX_BYTES + 1), "more than 1,048,576"),
    "an older schema": (changed(lambda p: p.update(schemaVersion="1")), "train the version again"),
    "a number that is none": (changed(lambda p: p["score"].update(edges=[float("nan")])), "NaN is no number"),
    "no score": (changed(lambda p: p.pop("score")), "score: Field required"),
    "no rows": (profile_json(written(source=Source(rows=0, kind="holdout"))), "source.rows"),
    "a count below zero": (changed(lambda p: p["score"].update(counts=[-1, 4, 3, 4])), "score.counts.0"),
    "half a row": (changed(lambda p: p["score"].update(counts=[0.5, 2.5, 3, 4])), "score.counts.0"),
    "a row that is not counted": (changed(lambda p: p["source"].update(rows=11)), "counts 10 rows.* is 11"),
    "a row of the score that is not": (
        changed(lambda p: p["score"].update(counts=[1, 2, 3, 3])),
        "score counts 9",
    ),
    "a bin too few": (changed(lambda p: p["features"][0].update(counts=[1, 2, 7])), "3 counts for 4 bins"),
    "a bin of the score too few": (
        changed(lambda p: p["score"].update(counts=[3, 7])),
        "2 counts for 4 bins",
    ),
    "edges that do not rise": (changed(lambda p: p["score"].update(edges=[0.1, 0.1, 0.5])), "do not rise"),
    "a name twice": (changed(lambda p: p["features"].append(p["features"][0])), "two features have one name"),
    "a type that is none": (changed(lambda p: p["features"][0].update(type="text")), "features.0.type"),
    "too many columns": (profile_json(written(features=MANY)), "features: .*at most 100"),
    "too many bins": (profile_json(written(features=(WIDE,))), "features.0"),
    "a bridge of other bins": (
        changed(lambda p: p["bridge"].update(counts=[[1, 2]])),
        "the bridge has not one column",
    ),
    "a bridge to nothing": (changed(lambda p: p["bridge"].update(againstDigest="?")), "bridge.againstDigest"),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=list(REFUSED))
def test_a_profile_that_cannot_be_judged_by_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(ProfileRefused, match=says):
        read_profile(content, digest_of(content))


@given(st.binary(max_size=300))
def test_no_bytes_do_more_harm_than_to_be_refused(content: bytes) -> None:
    with pytest.raises(ProfileRefused):
        read_profile(content, digest_of(content))
