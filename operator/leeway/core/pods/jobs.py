"""What trainers and verifiers share as batch/v1 Jobs: when to give up, how they end, when they expire."""

from __future__ import annotations

from typing import Any

from leeway.api.kinds import JOB, Key, Manifest
from leeway.core.applied import is_applied
from leeway.core.plan import Deletion

# sysexits EX_DATAERR: the input is at fault, so that another attempt cannot end differently.
INPUT_REFUSED = 65


def fail_on_refused_input(container: str) -> Manifest:
    """Fail the Job at once on our exit code for bad input; never count a pod that the cluster took away."""
    return {
        "rules": [
            {
                "action": "FailJob",
                "onExitCodes": {"containerName": container, "operator": "In", "values": [INPUT_REFUSED]},
            },
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        ]
    }


def make_expiry(job: Manifest, seconds: int) -> Manifest:
    """The finished Job's time to live; by its uid, so that a Job that is gone is not made anew."""
    metadata = {name: job["metadata"][name] for name in ("name", "namespace", "uid")}
    return {
        "apiVersion": JOB.api_version,
        "kind": JOB.kind,
        "metadata": metadata,
        "spec": {"ttlSecondsAfterFinished": seconds},
    }


def plan_expiry(job: Manifest | None, seconds: int | None) -> tuple[Manifest, ...]:
    """The write that lets a recorded Job expire, unless it stands already."""
    if job is None or seconds is None:
        return ()
    expiry = make_expiry(job, seconds)
    return () if is_applied(expiry, job) else (expiry,)


def deletion_of(job: Manifest) -> Deletion:
    """The deletion of this very Job."""
    metadata = job["metadata"]
    return Deletion(Key(JOB.kind, metadata["namespace"], metadata["name"]), metadata["uid"])


def ending_of(job: Manifest | None) -> dict[str, Any] | None:
    """The condition Complete or Failed of a Job that is over."""
    conditions = ((job or {}).get("status") or {}).get("conditions") or []
    return next(
        (c for c in conditions if c.get("type") in {"Complete", "Failed"} and c.get("status") == "True"), None
    )
