"""Find out from pods why they do not run, with messages that name the field to change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from leeway.api.kinds import Manifest
from leeway.api.reasons import Reason, find_reason

# The scheduler has one reason, Unschedulable, for all its causes; only its message tells a missing claim apart.
_CLAIM_NOT_FOUND = re.compile(r'persistentvolumeclaim "([^"]+)" not found')
_PULL_REASONS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"}
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a pod does not run: a reason of the API and a message with the remedy."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Fields:
    """The spec fields to name in a remedy; they differ between the kinds."""

    resources: str
    env: str
    node: str
    claim: str
    image: str


Check = Callable[[Manifest, Fields], Trouble | None]


def find_trouble(pods: Iterable[Manifest], fields: Fields) -> Trouble | None:
    """Return the first trouble of the newest pod that has any, or None."""
    # The newest one: older pods may have failed for a cause that has been fixed since.
    newest_first = sorted(
        pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), reverse=True
    )
    found = (check(pod, fields) for pod in newest_first for check in CHECKS)
    return next((trouble for trouble in found if trouble), None)


def is_unschedulable(pod: Manifest, fields: Fields) -> Trouble | None:
    """Report that the scheduler found no node, or that a claim is missing or unbound."""
    condition = next(
        (c for c in _status(pod).get("conditions", []) if c.get("type") == "PodScheduled"), {"status": "True"}
    )
    if condition.get("status") != "False":
        return None
    said = str(condition.get("message", ""))
    if missing := _CLAIM_NOT_FOUND.search(said):
        return Trouble(
            Reason.CLAIM_NOT_FOUND,
            f'PersistentVolumeClaim "{missing[1]}" does not exist in namespace'
            f" {pod['metadata']['namespace']}; create it, or name another one in {fields.claim}",
        )
    if "unbound immediate PersistentVolumeClaims" in said:
        return Trouble(
            Reason.CLAIM_NOT_BOUND,
            f"{said}; a PersistentVolumeClaim waits for a volume: see `kubectl get pvc`",
        )
    return Trouble(
        Reason.UNSCHEDULABLE, f"no node fits ({said}); lower {fields.resources}, or change {fields.node}"
    )


def has_no_image(pod: Manifest, fields: Fields) -> Trouble | None:
    """Report that the kubelet cannot pull or find the image."""
    for container in _containers(pod):
        waiting = container.get("state", {}).get("waiting", {})
        if waiting.get("reason") in _PULL_REASONS:
            return Trouble(
                Reason.IMAGE_PULL_FAILED,
                f'image "{container.get("image")}" cannot be pulled'
                f" ({waiting.get('message') or waiting['reason']}); check {fields.image}",
            )
    return None


def lacks_configuration(pod: Manifest, fields: Fields) -> Trouble | None:
    """Report that a Secret or ConfigMap of a variable is missing."""
    for container in _containers(pod):
        waiting = container.get("state", {}).get("waiting", {})
        if waiting.get("reason") == "CreateContainerConfigError":
            return Trouble(
                Reason.CONFIGURATION_MISSING,
                f"{waiting.get('message', 'a reference is missing')}; create it, or change {fields.env}",
            )
    return None


def is_out_of_memory(pod: Manifest, fields: Fields) -> Trouble | None:
    """Report that a container was killed at its memory limit."""
    for container in _containers(pod):
        if any(ended.get("reason") == "OOMKilled" for ended in _endings(container)):
            return Trouble(
                Reason.OOM_KILLED,
                f"container {container.get('name')} of pod {pod['metadata']['name']} was killed at its"
                f" memory limit{_memory_limit(pod)}; raise {fields.resources}.limits.memory",
            )
    return None


def is_crashing(pod: Manifest, fields: Fields) -> Trouble | None:
    """Report that a container ended with another exit code than 0."""
    for container in _containers(pod):
        failed = [ended for ended in _endings(container) if ended.get("exitCode", 0) != 0]
        if failed:
            reason, said = _last_words(str(failed[0].get("message") or "").strip())
            return Trouble(
                reason,
                f"container {container.get('name')} of pod {pod['metadata']['name']} ended with exit code"
                f" {failed[0]['exitCode']}: {said}",
            )
    return None


# In the order of a pod's life; what was killed for its memory has also crashed, so the special case comes first.
CHECKS: tuple[Check, ...] = (
    is_unschedulable, has_no_image, lacks_configuration, is_out_of_memory, is_crashing,
)  # fmt: skip


def _last_words(message: str) -> tuple[str, str]:
    """Return the reason and message that a container reported, or else Crashing and what it printed last."""
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        return Reason.CRASHING, message or "no message; see `kubectl logs`"
    if isinstance(said, dict) and find_reason(str(said.get("reason"))) and said.get("message"):
        return str(said["reason"]), str(said["message"])
    return Reason.CRASHING, message


def last_message(pods: Iterable[Manifest], container: str) -> str:
    """Return the termination message of the container of that name that ended last, or an empty text."""
    # Of the last one only, even if it left none: an earlier attempt's message does not explain a later end.
    endings = [
        ended
        for pod in pods
        for status in _containers(pod)
        if status.get("name") == container
        for ended in _endings(status)
    ]
    newest = max(endings, key=lambda ended: str(ended.get("finishedAt", "")), default={})
    return str(newest.get("message") or "")


def is_over(pod: Manifest) -> bool:
    """Return whether no container of the pod runs or will run."""
    return _status(pod).get("phase") in {"Succeeded", "Failed"}


def _status(pod: Manifest) -> dict[str, Any]:
    return pod.get("status") or {}


def _containers(pod: Manifest) -> list[dict[str, Any]]:
    return list(_status(pod).get("containerStatuses") or [])


def _endings(container: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how the container ended last, unless it has been restarted and is ready again."""
    before = {} if container.get("ready") else container.get("lastState") or {}
    states = (container.get("state") or {}, before)
    return [state["terminated"] for state in states if state.get("terminated")]


def _memory_limit(pod: Manifest) -> str:
    limits = pod["spec"]["containers"][0].get("resources", {}).get("limits", {})
    return f" {limits['memory']}" if "memory" in limits else ""
