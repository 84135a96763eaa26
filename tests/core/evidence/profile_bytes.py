"""Profiles as the trainer stores them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from model_server.contract.profile import (
    Bridge,
    FeatureProfile,
    ReferenceProfile,
    ScoreProfile,
    Source,
    profile_json,
)

# Numbers and names that encoders of JSON write in unlike ways.
INCOME = FeatureProfile(
    name='income "€"', type="numeric", counts=(1, 2, 3, 4), edges=(1e16,), min=1e-7, max=1e22, importance=0.1
)
REGION = FeatureProfile(name="region", type="categorical", counts=(1, 2, 3, 2, 2), categories=("ñ", "b"))
MEMBER = FeatureProfile(name="member", type="boolean", counts=(1, 2, 3, 4), categories=(False, True))
SCORE = ScoreProfile(
    edges=(0.00001, 0.1, 0.5), counts=(1, 2, 3, 4), threshold=0.5, decisions={"ü": 3, "a": 7}
)
BRIDGE = Bridge(
    against="loan-1",
    against_digest="sha256:" + "1" * 64,
    against_profile="2" * 64,
    counts=((1, 2, 0, 0), (0, 1, 3, 3)),
)


def written(**parts: Any) -> ReferenceProfile:
    """A profile of three columns."""
    whole: dict[str, Any] = {
        "schema_version": "2",
        "model": "loan",
        "version": "loan-2",
        "model_digest": "sha256:" + "0" * 64,
        "created_at": "2026-11-30T00:00:00Z",
        "source": Source(rows=10, kind="out-of-fold"),
        "features": (INCOME, REGION, MEMBER),
        "score": SCORE,
        "bridge": BRIDGE,
    }
    return ReferenceProfile(**(whole | parts))


def digest_of(content: bytes) -> str:
    """The digest of a file as a ModelVersion records it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file of the profile with something in it changed."""
    document = json.loads(profile_json(written()))
    change(document)
    return json.dumps(document).encode()
