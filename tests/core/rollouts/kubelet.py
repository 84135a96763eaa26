"""The Deployment controller and the kubelet, simulated: pods come, fare as they do, and go, on the clock of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from leeway.api.kinds import Key, Manifest, key_of
from leeway.core.conditions import parse_time, timestamp
from leeway.core.names import LABEL_REVISION
from tests.core.fake_cluster import FakeCluster
from tests.core.rollouts.pods import Life, Phase


@dataclass
class Kubelet:
    """Keeps the pods of each Deployment, and the counts in its status."""

    cluster: FakeCluster
    clock: Callable[[], datetime]
    life_of: Callable[[str], Life]  # by the revision's hash
    _told: dict[Key, str] = field(default_factory=dict)

    def deployments(self) -> list[Key]:
        return sorted(key for key in self.cluster.objects if key.kind == "Deployment")

    def act(self, key: Key) -> str:
        """Bring the pods of one Deployment up to date; return what became of them, empty if nothing did."""
        deployment = self.cluster.objects.get(key)
        if deployment is None:
            return ""
        life = self._life(deployment)
        self._create_and_delete(deployment, life)
        pods = self._pods(key)
        for pod in pods:
            self._grow_older(pod, life)
        said = self._count(deployment, self._pods(key), life)
        is_news = said != self._told.get(key, said if not pods else "")
        self._told[key] = said
        return said if is_news else ""

    def next_change(self) -> datetime | None:
        """Return when a pod's next phase begins, or a ready one becomes available; None when none is left."""
        now = self.clock()
        return min(
            (time for key in self.deployments() for time in self._times(key) if time > now), default=None
        )

    def _times(self, key: Key) -> Iterable[datetime]:
        deployment = self.cluster.objects[key]
        life, wait = self._life(deployment), _min_ready(deployment)
        for pod in self._pods(key):
            for phase in life.phases:
                yield _born(pod) + timedelta(seconds=phase.after)
                yield _born(pod) + timedelta(seconds=phase.after + wait)

    def _life(self, deployment: Manifest) -> Life:
        return self.life_of(deployment["metadata"]["labels"][LABEL_REVISION])

    def _pods(self, deployment: Key) -> list[Manifest]:
        found = (manifest for key, manifest in self.cluster.objects.items() if key.kind == "Pod")
        return sorted(
            (pod for pod in found if pod["metadata"]["name"].startswith(f"{deployment.name}-")),
            key=lambda pod: str(pod["metadata"]["name"]),
        )

    def _create_and_delete(self, deployment: Manifest, life: Life) -> None:
        key, asked = key_of(deployment), deployment["spec"]["replicas"]
        pods = self._pods(key)
        # As the ReplicaSet controller does: those that are not ready go first.
        worst_first = sorted(
            pods, key=lambda pod: (_is_ready(pod), -int(pod["metadata"]["name"].rsplit("-")[-1]))
        )
        for pod in worst_first[: 0 if life.stays else max(0, len(pods) - asked)]:
            self.cluster.remove(key_of(pod))
        taken = {pod["metadata"]["name"] for pod in pods}
        free = (name for number in range(200) if (name := f"{key.name}-{number:02}") not in taken)
        for _ in range(0 if life.refusal else asked - len(pods)):
            self.cluster.store(self._make_pod(deployment, next(free), life.phases[0]))

    def _make_pod(self, deployment: Manifest, name: str, phase: Phase) -> Manifest:
        template = deployment["spec"]["template"]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": deployment["metadata"]["namespace"],
                "labels": template["metadata"]["labels"],
                "creationTimestamp": timestamp(self.clock()),
            },
            "spec": {"containers": template["spec"]["containers"]},
            "status": phase.status,
        }

    def _grow_older(self, pod: Manifest, life: Life) -> None:
        if life.refusal:
            return
        status = life.phase((self.clock() - _born(pod)).total_seconds()).status
        if pod["status"] != status:
            self.cluster.store({**pod, "status": status})

    def _count(self, deployment: Manifest, pods: list[Manifest], life: Life) -> str:
        ready = [pod for pod in pods if _is_ready(pod)]
        wait = timedelta(seconds=_min_ready(deployment))
        available = [pod for pod in ready if self._ready_since(pod, life) + wait <= self.clock()]
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": len(ready),
            "availableReplicas": len(available),
            **_refused(life.refusal if deployment["spec"]["replicas"] > len(pods) else ""),
        }
        if deployment.get("status") != status:
            self.cluster.store({**deployment, "status": status})
        return _said(deployment, pods, ready, life, self.clock())

    def _ready_since(self, pod: Manifest, life: Life) -> datetime:
        age = (self.clock() - _born(pod)).total_seconds()
        return _born(pod) + timedelta(seconds=life.phase(age).after)


def _said(
    deployment: Manifest, pods: list[Manifest], ready: list[Manifest], life: Life, now: datetime
) -> str:
    if life.refusal and deployment["spec"]["replicas"] > len(pods):
        return "no pod may be created (quota)"
    if not pods:
        return "no pods"
    troubles = {life.phase((now - _born(pod)).total_seconds()).told for pod in pods} - {""}
    trouble = f", {', '.join(sorted(troubles))}" if troubles else ""
    return f"{len(ready)} of {len(pods)} pods ready{trouble}"


def _refused(refusal: str) -> Mapping[str, object]:
    failed = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refusal}
    return {"conditions": [failed]} if refusal else {}


def _born(pod: Manifest) -> datetime:
    return parse_time(pod["metadata"]["creationTimestamp"])


def _is_ready(pod: Manifest) -> bool:
    return bool(pod["status"]["containerStatuses"][0]["ready"])


def _min_ready(deployment: Manifest) -> int:
    return int(deployment["spec"].get("minReadySeconds", 0))
