"""A small profile as the trainer writes it."""

from __future__ import annotations

from model_server.contract.profile import FeatureProfile, ReferenceProfile, ScoreProfile, Source, profile_json

FEATURES = (
    FeatureProfile(
        name="income",
        type="numeric",
        counts=(300, 400, 290, 10, 0),
        edges=(20.0, 40.0),
        min=0.0,
        max=60.0,
        importance=0.2,
    ),
    FeatureProfile(
        name="town",
        type="categorical",
        counts=(600, 300, 20, 80, 0),
        categories=("7", "york"),
        importance=0.5,
    ),
    FeatureProfile(
        name="owner", type="boolean", counts=(500, 480, 20, 0), categories=(False, True), importance=0.1
    ),
)
PROFILE = ReferenceProfile(
    schema_version="2",
    model="loan",
    version="loan-1",
    model_digest="sha256:" + "0" * 64,
    created_at="2026-01-01T00:00:00Z",
    source=Source(rows=1000, kind="holdout"),
    features=FEATURES,
    score=ScoreProfile(edges=(0.25, 0.5, 0.75), counts=(250, 250, 250, 250)),
)


def profile_bytes() -> bytes:
    return profile_json(PROFILE)
