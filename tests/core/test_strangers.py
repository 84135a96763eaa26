"""What stands under the name of a child: met by creating, and left alone unless it is ours."""

from __future__ import annotations

from leeway.api.kinds import Key, Manifest
from leeway.reconcilers import reconcile
from tests.core.fake_cluster import FakeCluster, make_parts
from tests.core.passes import DEPLOYMENT, TRAINING, conditions, passes
from tests.core.worlds import NAMESPACE, model_deployment, model_version, training_job

FOREIGN: Manifest = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "iris", "namespace": NAMESPACE},
    "spec": {"selector": {"app": "shop"}},
}  # fmt: skip


async def test_what_stands_under_the_name_of_a_child_is_met_by_creating_and_left_alone() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    cluster.store_unseen(FOREIGN)
    parts = make_parts(cluster)
    assert await reconcile(DEPLOYMENT, parts) == 0.0
    assert await reconcile(DEPLOYMENT, parts) == 30.0
    assert conditions(cluster, DEPLOYMENT)["Stalled"]["reason"] == "NameConflict"
    assert cluster.objects[Key("Service", NAMESPACE, "iris")]["spec"] == FOREIGN["spec"]
    del cluster.objects[Key("Service", NAMESPACE, "iris")]
    await passes(cluster, DEPLOYMENT, times=2, parts=parts)
    assert conditions(cluster, DEPLOYMENT)["Ready"]["reason"] == "Progressing"


async def test_a_child_that_lost_its_label_is_met_and_put_right() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    parts = make_parts(cluster)
    await passes(cluster, DEPLOYMENT, parts=parts)
    service = Key("Service", NAMESPACE, "iris")
    lost = cluster.objects[service]
    labels = dict(lost["metadata"]["labels"])
    del labels["app.kubernetes.io/managed-by"]
    cluster.store_unseen({**lost, "metadata": {**lost["metadata"], "labels": labels}})
    cluster.intake.drop(service, lost["metadata"]["uid"], 10_000)  # as a watch by label shows it
    cluster._version = 20_000
    await passes(cluster, DEPLOYMENT, times=2, parts=parts)
    assert cluster.objects[service]["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "leeway"


async def test_a_job_that_went_before_the_watch_began_is_not_deleted_for_ever() -> None:
    cluster = FakeCluster(training_job())
    parts = make_parts(cluster)
    await passes(cluster, TRAINING, times=2, parts=parts)
    job = Key("Job", NAMESPACE, "iris-1-train")
    del cluster.objects[job]  # and no watch says so
    edited = cluster.objects[TRAINING]
    metadata = {**edited["metadata"], "generation": 2}
    spec = {**edited["spec"], "estimator": {"class": "sklearn.linear_model.RidgeClassifier"}}
    cluster.store({**edited, "metadata": metadata, "spec": spec})
    cluster.writes.clear()
    await passes(cluster, TRAINING, times=3, parts=parts)
    assert cluster.writes.count("delete Job iris-1-train") == 1
    assert job in cluster.objects
