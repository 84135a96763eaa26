"""How the pods of a revision fare: what each is from so many seconds after its creation on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from leeway.api.kinds import Manifest
from leeway.core.deployment.children.workload import CONTAINER


@dataclass(frozen=True, slots=True)
class Phase:
    """What a pod is from `after` seconds after its creation on; `told` names it in a transcript."""

    after: int
    status: Manifest
    told: str = ""

    @property
    def is_ready(self) -> bool:
        return bool(self.status["containerStatuses"][0]["ready"])


@dataclass(frozen=True, slots=True)
class Life:
    """The phases of a pod, in order; with `refusal` the cluster creates none, and while it `stays` none goes."""

    phases: tuple[Phase, ...]
    refusal: str = ""
    stays: bool = False
    told: str = "are in trouble"

    def phase(self, age: float) -> Phase:
        return next(phase for phase in reversed(self.phases) if phase.after <= age)


def container(*, ready: bool = False, restarts: int = 0, **states: Any) -> Manifest:
    return {
        "phase": "Running",
        "containerStatuses": [
            {"name": CONTAINER, "image": "server:1", "ready": ready, "restartCount": restarts, **states}
        ],
    }


def crashed(restarts: int, reason: str = "Error", *, waits: bool = False) -> Manifest:
    ended = {"exitCode": 137 if reason == "OOMKilled" else 1, "reason": reason, "message": "it broke"}
    state = {"waiting": {"reason": "CrashLoopBackOff"}} if waits else {"running": {}}
    return container(restarts=restarts, state=state, lastState={"terminated": ended})


def crashing(start: int, reason: str = "Error") -> tuple[Phase, ...]:
    """A container that ends three times, and then waits."""
    told = "killed for its memory" if reason == "OOMKilled" else "crashed"
    return (
        Phase(start, crashed(1, reason), f"{told} once"),
        Phase(start + 10, crashed(2, reason), f"{told} twice"),
        Phase(start + 30, crashed(3, reason, waits=True), f"{told} three times"),
    )


STARTING = Phase(0, container(state={"running": {}}))
PENDING = Phase(0, container(state={"waiting": {"reason": "ContainerCreating"}}))
READY = container(ready=True, state={"running": {}})
NO_IMAGE = container(state={"waiting": {"reason": "ImagePullBackOff", "message": "manifest unknown"}})
NO_NODE = container() | {
    "conditions": [
        {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 Insufficient cpu."}
    ]
}

FINE = Life((STARTING, Phase(10, READY)), told="are well")
STAYING = replace(FINE, stays=True, told="do not go when they should")
SLOW = Life((STARTING, Phase(90, READY)))
NEVER_READY = Life((STARTING,))
CRASHES = Life((STARTING, *crashing(5)))
CRASHES_LATER = Life((STARTING, Phase(10, READY), *crashing(50)))
OUT_OF_MEMORY = Life((STARTING, Phase(10, READY), *crashing(30, "OOMKilled")))
WITHOUT_IMAGE = Life((PENDING, Phase(5, NO_IMAGE, "its image cannot be pulled")))
UNSCHEDULABLE = Life((Phase(0, NO_NODE, "no node has room"),))
REFUSED = Life((), refusal='pods "x" is forbidden: exceeded quota: small')
# Of pods that were ready a moment ago.
LOST = Life((Phase(0, crashed(1), "lost"),), told="are lost")
