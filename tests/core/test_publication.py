"""Which evidence is about a rollout: of the two revisions that are live, and of this try of the canary."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leeway.api.gates import ArmCounts, Evidence
from leeway.core.deployment.publication import is_of_pair
from leeway.core.deployment.revision import Canary, Rollout
from tests.core.test_commands import V1, V2
from tests.core.worlds import NOON

LIVE = Rollout(V1, canary=V2, progress=Canary(started_at=NOON))
EVIDENCE = Evidence(start_time=NOON, canary=ArmCounts(revision=V2.hash), stable=ArmCounts(revision=V1.hash))

PAIRS: dict[str, tuple[Rollout, Evidence | None, bool]] = {
    "counted since the canary started": (LIVE, EVIDENCE, True),
    "none": (LIVE, None, False),
    "counted of an earlier try": (
        LIVE, EVIDENCE.model_copy(update={"start_time": NOON - timedelta(seconds=1)}), False),
    "of another canary": (replace(LIVE, canary=V1), EVIDENCE, False),
    "of another stable": (replace(LIVE, stable=V2), EVIDENCE, False),
    "of a canary that has ended": (replace(LIVE, canary=None), EVIDENCE, False),
    "counted since a time that nobody recorded": (replace(LIVE, progress=Canary()), EVIDENCE, True),
}  # fmt: skip


@pytest.mark.parametrize(("rollout", "evidence", "want"), PAIRS.values(), ids=PAIRS)
def test_evidence_is_of_a_pair(rollout: Rollout, evidence: Evidence | None, want: bool) -> None:
    assert is_of_pair(evidence, rollout) is want
