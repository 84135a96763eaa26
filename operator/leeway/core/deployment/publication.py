"""What the collector has to say of a pair of revisions, and which of it the status keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leeway.api.gates import Evidence, Verdict
from leeway.api.model_deployment import ModelDeploymentStatus
from leeway.core.deployment.revision import Rollout
from leeway.core.deployment.steps import is_sharing


@dataclass(frozen=True, slots=True)
class Publication:
    """Verdicts on a canary beside stable, with the evidence that they are made from."""

    verdicts: tuple[Verdict, ...]
    evidence: Evidence


def is_of_pair(evidence: Evidence | None, rollout: Rollout) -> bool:
    """Return whether the evidence is of the two revisions that are live, and of this try of the canary."""
    stable, canary, started = rollout.stable, rollout.canary, rollout.progress.started_at
    if evidence is None or stable is None or canary is None:
        return False
    # Rolled back and tried again, a canary is judged by what it does now.
    if evidence.start_time and started and evidence.start_time < started:
        return False
    return (evidence.stable.revision, evidence.canary.revision) == (stable.hash, canary.hash)


def keep_evidence(
    status: ModelDeploymentStatus, published: Publication | None, rollout: Rollout
) -> dict[str, Any]:
    """Return the status fields of verdicts and evidence: what is published last, else what is recorded.

    What is of other revisions than the live ones is dropped. None of it is kept where no canary is at a step.
    """
    if not is_sharing(rollout):
        return {}
    if published is not None and is_of_pair(published.evidence, rollout):
        return {"verdicts": published.verdicts, "evidence": published.evidence}
    # A process that has just begun to lead has nothing to say yet; it goes on from what is recorded.
    if is_of_pair(status.evidence, rollout):
        return {"verdicts": status.verdicts, "evidence": status.evidence}
    return {}
