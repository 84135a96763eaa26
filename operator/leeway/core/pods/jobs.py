"""The batch/v1 Jobs of trainers and verifiers: failure policy, end, expiry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from leeway.api.kinds import JOB, Key, Manifest
from leeway.core.applied import is_applied
from leeway.core.plan import Delete

# sysexits EX_DATAERR: the input is at fault, so that another attempt cannot end differently.
INPUT_REFUSED = 65


def fail_on_refused_input(container: str) -> Manifest:
    """Return the policy that fails a Job at once on the exit code for bad input."""
    # A pod that a drain, a preemption or a taint took away says nothing about the run, and is not counted.
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
    """Return the manifest that gives a finished Job a time to live."""
    # With the uid: an apply would create a Job that is gone again, without a template. With it the API server refuses.
    metadata = {name: job["metadata"][name] for name in ("name", "namespace", "uid")}
    return {
        "apiVersion": JOB.api_version,
        "kind": JOB.kind,
        "metadata": metadata,
        "spec": {"ttlSecondsAfterFinished": seconds},
    }


def plan_expiry(job: Manifest | None, seconds: int | None) -> tuple[Manifest, ...]:
    """Return the manifest that lets a recorded Job expire, if it is not applied yet."""
    if job is None or seconds is None:
        return ()
    expiry = make_expiry(job, seconds)
    return () if is_applied(expiry, job) else (expiry,)


def deletion_of(job: Manifest) -> Delete:
    """Return the deletion of this Job."""
    metadata = job["metadata"]
    return Delete(Key(JOB.kind, metadata["namespace"], metadata["name"]), metadata["uid"])


def pods_of_ending(ending: dict[str, Any], pods: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """Return the pods that can explain how a Job ended: those that succeeded, of one that is complete."""
    # An earlier attempt may have failed, and its clock may be ahead of the last one's node.
    if ending["type"] != "Complete":
        return tuple(pods)
    return tuple(pod for pod in pods if (pod.get("status") or {}).get("phase") == "Succeeded")


def is_explained(ending: dict[str, Any], pods: Iterable[Manifest]) -> bool:
    """Return whether a pod that explains the end is surely among these."""
    # Of a Job that failed, any attempt may be the last one that is shown.
    return ending["type"] == "Complete" and bool(pods_of_ending(ending, pods))


def ending_of(job: Manifest | None) -> dict[str, Any] | None:
    """Return the condition Complete or Failed of a Job that is over, else None."""
    # Not the counters of its status: they change before the Job controller has decided.
    conditions = ((job or {}).get("status") or {}).get("conditions") or []
    return next(
        (c for c in conditions if c.get("type") in {"Complete", "Failed"} and c.get("status") == "True"), None
    )
