"""Tell pods whose containers end again and again from those that were restarted with their node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from leeway.api.kinds import Manifest


def count_restarts(pods: Iterable[Manifest]) -> int:
    """Return how often the containers of these pods were restarted, in all."""
    return sum(int(container.get("restartCount") or 0) for pod in pods for container in _containers(pod))


def find_crash_loop(pods: Sequence[Manifest], restarts: int) -> list[Manifest]:
    """Return the pods that crash again and again, once there were so many restarts; else none.

    These are the pods that the kubelet makes wait before it starts them again, or else those whose containers were
    killed at their memory limit, where that alone makes so many restarts.
    """
    waiting = [pod for pod in pods if any(map(_waits, _containers(pod)))]
    if waiting and count_restarts(pods) >= restarts:
        return waiting
    killed = [pod for pod in pods if any(map(_was_killed, _containers(pod)))]
    return killed if count_restarts(killed) >= restarts else []


def _containers(pod: Manifest) -> list[dict[str, Any]]:
    return list((pod.get("status") or {}).get("containerStatuses") or ())


def _waits(container: dict[str, Any]) -> bool:
    waiting = (container.get("state") or {}).get("waiting") or {}
    return bool(waiting.get("reason") == "CrashLoopBackOff")


def _was_killed(container: dict[str, Any]) -> bool:
    endings = ((container.get(name) or {}).get("terminated") or {} for name in ("state", "lastState"))
    return any(ended.get("reason") == "OOMKilled" for ended in endings)
