"""What trainers and verifiers share as batch/v1 Jobs: when to give up, how they end, when they expire."""

from __future__ import annotations

from typing import Any

from leeway.api.kinds import JOB, Manifest

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


def make_job_patch(namespace: str, name: str, **spec: Any) -> Manifest:
    """A few fields of an existing Job; applying it leaves the template, which is immutable, alone."""
    return {
        "apiVersion": JOB.api_version,
        "kind": JOB.kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def ending_of(job: Manifest | None) -> dict[str, Any] | None:
    """The condition Complete or Failed of a Job that is over."""
    conditions = ((job or {}).get("status") or {}).get("conditions") or []
    return next(
        (c for c in conditions if c.get("type") in {"Complete", "Failed"} and c.get("status") == "True"), None
    )
