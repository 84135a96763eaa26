"""Run passes over a fake cluster: one, several, or a whole story."""

from __future__ import annotations

from typing import Any

from leeway.api.kinds import Key
from leeway.core.training.job import CONTAINER as TRAINER
from leeway.reconcilers import Parts, reconcile
from tests.core.fake_cluster import FakeCluster, make_parts
from tests.core.worlds import DIGEST, NAMESPACE

DEPLOYMENT = Key("ModelDeployment", NAMESPACE, "iris")
TRAINING = Key("TrainingJob", NAMESPACE, "iris-1")


async def passes(cluster: FakeCluster, key: Key, times: int = 1, parts: Parts | None = None) -> list[str]:
    parts = parts or make_parts(cluster)
    for _ in range(times):
        await reconcile(key, parts)
    return cluster.writes


def conditions(cluster: FakeCluster, key: Key) -> dict[str, dict[str, Any]]:
    return {c["type"]: c for c in cluster.objects[key]["status"]["conditions"]}


RESULT = {
    "outcome": "Succeeded", "reason": "Completed", "message": "trained",
    "files": {"model": {"path": "model.skops", "digest": DIGEST, "sizeBytes": 9}},
    "signature": {"inputs": [{"name": "x", "type": "numeric"}], "outputs": [{"name": "y", "type": "numeric"}]},
    "metrics": {"rocAuc": "0.9"},
}  # fmt: skip


async def run_training(cluster: FakeCluster, parts: Parts) -> None:
    await passes(cluster, TRAINING, times=2, parts=parts)
    if Key("ModelVersion", NAMESPACE, "iris-1") not in cluster.objects:
        cluster.end_job(RESULT, container=TRAINER)
    await passes(cluster, TRAINING, times=2, parts=parts)


async def run_rollout(cluster: FakeCluster, parts: Parts) -> None:
    await passes(cluster, DEPLOYMENT, parts=parts)
    cluster.make_available()
    await passes(cluster, DEPLOYMENT, times=2, parts=parts)
