"""What the watches and lists leave in the cache, in which order they come, and who wants a look then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leeway.api.kinds import JOB, MODEL_DEPLOYMENT, Key, Manifest, key_of
from leeway.shell.watch.cache import ChildCache
from leeway.shell.watch.freshness import REMEMBERED_DEATHS
from leeway.shell.watch.intake import Intake
from leeway.shell.watch.owners import Owners
from tests.core.runtime.worlds import stored

TRAINING = Key("TrainingJob", "ml", "credit")
VERSION = Key("ModelVersion", "ml", "credit")
DEPLOYMENT = Key("ModelDeployment", "ml", "api")
OWNER = ("TrainingJob", "credit", "uid-of-credit")
POD_LABELS = {"leeway.dev/owner-kind": "ModelDeployment", "leeway.dev/owner-name": "api"}


@pytest.fixture
def cache() -> ChildCache:
    return ChildCache()


@pytest.fixture
def intake(cache: ChildCache) -> Intake:
    return Intake(cache, Owners())


def job(version: int, uid: str = "uid-1") -> Manifest:
    return stored("Job", "credit-train", version, uid, OWNER)


def model_deployment(version: int, names: str, status: object = None, generation: int = 1) -> Manifest:
    fields: dict[str, Any] = {"spec": {"modelVersionName": names}} | ({"status": status} if status else {})
    manifest = stored("ModelDeployment", "api", version, **fields)
    return {**manifest, "metadata": {**manifest["metadata"], "generation": generation}}


def model_version(version: int, ready: str = "", observed: int | None = None, **metadata: Any) -> Manifest:
    conditions = (
        [{"type": "Ready", "status": ready, "reason": "Verified", "message": "20 rows"}] if ready else []
    )
    told = {} if observed is None else {"observedGeneration": observed}
    manifest = stored("ModelVersion", "credit", version, status={"conditions": conditions, **told})
    return {**manifest, "metadata": {**manifest["metadata"], **metadata}}


ORDERS = {
    "the first version is news": ([job(5)], [True]),
    "a newer version is news": ([job(5), job(6)], [True, True]),
    "the same version is no news": ([job(5), job(5)], [True, False]),
    "an older version is no news": ([job(6), job(5)], [True, False]),
    "versions are numbers, not words": ([job(9), job(10)], [True, True]),
    "an object made anew is news": ([job(5), job(7, "uid-2")], [True, True]),
    "the object before it is none": ([job(7, "uid-2"), job(6, "uid-1")], [True, False]),
}


@pytest.mark.parametrize(("manifests", "news"), ORDERS.values(), ids=ORDERS)
def test_only_news_is_taken(cache: ChildCache, manifests: list[Manifest], news: list[bool]) -> None:
    assert [cache.put(manifest) for manifest in manifests] == news
    newest = max(manifests, key=lambda manifest: int(manifest["metadata"]["resourceVersion"]))
    assert cache.get(key_of(newest)) == newest


def test_the_dead_do_not_come_back(cache: ChildCache) -> None:
    cache.put(job(5))
    assert cache.remove(key_of(job(5)), "uid-1", 7) is not None
    assert not cache.put(job(6))  # a late answer to a write of ours, or a slow list
    assert cache.get(key_of(job(5))) is None


def test_a_child_that_lost_our_label_and_got_it_back_is_seen_again(cache: ChildCache) -> None:
    cache.put(job(5))
    cache.remove(key_of(job(5)), "uid-1", 6)
    assert cache.put(job(7))
    assert cache.get(key_of(job(5))) is not None


def test_the_death_of_the_object_before_leaves_the_present_one(cache: ChildCache) -> None:
    cache.put(job(7, "uid-2"))
    assert cache.remove(key_of(job(7)), "uid-1", 8) is None
    assert cache.get(key_of(job(7))) is not None


def test_not_every_death_is_remembered_for_ever(cache: ChildCache) -> None:
    for number in range(REMEMBERED_DEATHS + 10):
        cache.remove(Key("Job", "ml", "x"), f"uid-{number}", number)
    assert len(cache.freshness._dead) == REMEMBERED_DEATHS


def test_children_are_found_by_the_uid_of_their_controller(cache: ChildCache) -> None:
    cache.put(job(5))
    cache.put(stored("Job", "stranger", 6, owner=("TrainingJob", "other", "uid-of-other")))
    assert [child["metadata"]["name"] for child in cache.children_of("uid-of-credit")] == ["credit-train"]
    cache.remove(key_of(job(5)), "uid-1", 9)
    assert cache.children_of("uid-of-credit") == ()


def test_a_child_that_changes_hands_is_found_at_its_new_controller_only(cache: ChildCache) -> None:
    cache.put(job(5))
    cache.put(stored("Job", "credit-train", 6, "uid-1", ("TrainingJob", "other", "uid-of-other")))
    assert cache.children_of("uid-of-credit") == ()
    assert len(cache.children_of("uid-of-other")) == 1


def test_pods_are_found_by_all_of_the_labels_asked_for(cache: ChildCache) -> None:
    for number, labels in enumerate(({"a": "1"}, {"a": "1", "b": "2"}, {"b": "2"}, {})):
        cache.put(stored("Pod", f"pod-{number}", 5 + number, labels=labels))
    found = [pod["metadata"]["name"] for pod in cache.pods_of("ml", {"a": "1", "b": "2"})]
    assert found == ["pod-1"]
    assert cache.pods_of("elsewhere", {"a": "1"}) == ()


def test_a_relabelled_pod_is_not_found_by_its_former_labels(cache: ChildCache) -> None:
    cache.put(stored("Pod", "pod", 5, labels={"a": "1"}))
    cache.put(stored("Pod", "pod", 6, labels={"a": "2"}))
    assert cache.pods_of("ml", {"a": "1"}) == ()
    assert len(cache.pods_of("ml", {"a": "2"})) == 1


def test_managed_fields_are_not_kept(cache: ChildCache) -> None:
    manifest = job(5)
    manifest["metadata"]["managedFields"] = [{"manager": "leeway"}]
    cache.put(manifest)
    assert "managedFields" not in (cache.get(key_of(manifest)) or {})["metadata"]


def test_what_is_no_child_is_not_kept(cache: ChildCache) -> None:
    assert not cache.put(stored("ModelVersion", "credit", 5))
    assert cache.get(VERSION) is None


NEWS = {
    "a child concerns its controller": (job(5), (TRAINING,)),
    "a pod concerns the owner that its labels name": (
        stored("Pod", "p", 5, labels=POD_LABELS, owner=("Job", "x", "uid-x")),
        (DEPLOYMENT,),
    ),
    "a pod with a strange owner kind concerns nobody": (
        stored("Pod", "p", 5, labels={"leeway.dev/owner-kind": "Secret", "leeway.dev/owner-name": "api"}),
        (),
    ),
    "the shared store concerns nobody": (stored("PersistentVolumeClaim", "leeway-models", 5), ()),
    "a TrainingJob concerns itself": (stored("TrainingJob", "credit", 5), (TRAINING,)),
    "a ModelVersion that nothing names concerns itself": (stored("ModelVersion", "credit", 5), (VERSION,)),
    "a ModelDeployment of an unknown version concerns itself": (model_deployment(5, "credit"), (DEPLOYMENT,)),
}


@pytest.mark.parametrize(("manifest", "keys"), NEWS.values(), ids=NEWS)
def test_news_concerns(intake: Intake, manifest: Manifest, keys: tuple[Key, ...]) -> None:
    assert intake.accept(manifest) == keys
    assert intake.accept(manifest) == (), "the same again is no news"


def test_a_version_concerns_its_training_job_and_the_deployments_that_name_it(intake: Intake) -> None:
    intake.accept(stored("TrainingJob", "credit", 5))
    intake.accept(model_deployment(6, "credit"))
    assert intake.accept(stored("ModelVersion", "credit", 7)) == (VERSION, DEPLOYMENT, TRAINING)
    assert intake.drop(VERSION, "uid-of-credit", 99) == (VERSION, DEPLOYMENT, TRAINING)


# sentence: (before, after, who is reconciled)
CHANGES: dict[str, tuple[Manifest, Manifest, tuple[Key, ...]]] = {
    "a status alone wakes nobody": (
        model_deployment(5, "credit"), model_deployment(6, "credit", {"replicas": 1}), ()),
    "a new generation wakes its object": (
        model_deployment(5, "credit"), model_deployment(6, "credit", generation=2), (DEPLOYMENT,)),
    "an annotation wakes its object": (
        model_version(5), model_version(6, annotations={"leeway.dev/command": "retry"}), (VERSION,)),
    "an object that is going wakes itself": (
        model_version(5), model_version(6, deletionTimestamp="2026-11-21T12:00:00Z"), (VERSION,)),
    "a version that becomes ready wakes the deployments that name it, and not itself": (
        model_version(5), model_version(6, ready="True"), (DEPLOYMENT,)),
    "a version that says the same again wakes nobody": (
        model_version(5, ready="True"), model_version(6, ready="True"), ()),
    "a version that is edited wakes the deployments that name it": (
        model_version(5, ready="True", observed=1, generation=1),
        model_version(6, ready="True", observed=1, generation=2), (VERSION, DEPLOYMENT)),
    "a version that says the same of its latest spec wakes them again": (
        model_version(5, ready="True", observed=1, generation=2),
        model_version(6, ready="True", observed=2, generation=2), (DEPLOYMENT,)),
    "an object made anew wakes itself": (
        model_deployment(5, "credit"),
        {**model_deployment(6, "credit"), "metadata": model_deployment(6, "credit")["metadata"] | {"uid": "new"}},
        (DEPLOYMENT,)),
}  # fmt: skip


@pytest.mark.parametrize("own", [False, True], ids=["shown by the watch", "returned by our own write"])
@pytest.mark.parametrize(("before", "after", "keys"), CHANGES.values(), ids=CHANGES)
def test_a_change_wakes(
    intake: Intake, before: Manifest, after: Manifest, keys: tuple[Key, ...], own: bool
) -> None:
    intake.accept(stored("ModelDeployment", "api", 1, spec={"modelVersionName": "credit"}))
    intake.accept(json.loads(json.dumps(before)))
    learn = intake.accept_own if own else intake.accept
    assert learn(json.loads(json.dumps(after))) == keys


def test_what_we_wrote_to_a_child_wakes_nobody(intake: Intake) -> None:
    assert intake.accept_own(job(5)) == ()
    assert intake.accept(job(5)) == ()


def test_an_owner_reference_to_a_kind_we_do_not_have_wakes_nobody(intake: Intake) -> None:
    planted = job(5)
    planted["metadata"]["ownerReferences"][0] |= {"apiVersion": "leeway.dev/v1alpha1", "kind": "Nonsense"}
    assert intake.accept(planted) == ()


def test_a_deployment_that_changes_its_version_concerns_both_versions(intake: Intake) -> None:
    for number, name in enumerate(("v1", "v2")):
        intake.accept(stored("ModelVersion", name, 5 + number))
    v1, v2 = Key("ModelVersion", "ml", "v1"), Key("ModelVersion", "ml", "v2")
    assert intake.accept(model_deployment(7, "v1")) == (DEPLOYMENT, v1)
    assert intake.accept(model_deployment(9, "v2", generation=2)) == (DEPLOYMENT, v1, v2)
    assert intake.owners.deployments_naming("ml", "v1") == ()
    assert intake.owners.deployments_naming("ml", "v2") == (DEPLOYMENT,)
    assert intake.drop(DEPLOYMENT, "uid-of-api", 99) == (DEPLOYMENT, v2)


def test_a_deleted_child_concerns_the_controller_it_had(intake: Intake) -> None:
    intake.accept(job(5))
    assert intake.drop(key_of(job(5)), "uid-1", 99) == (TRAINING,)
    assert intake.drop(key_of(job(5)), "uid-1", 99) == ()


def test_a_deployment_already_at_work_goes_first(intake: Intake) -> None:
    intake.accept(model_deployment(5, "credit"))
    assert not intake.owners.goes_first(DEPLOYMENT)
    intake.accept(model_deployment(6, "credit", {"replicas": 1}))
    assert intake.owners.goes_first(DEPLOYMENT)
    assert not intake.owners.goes_first(TRAINING)


def test_ghosts_are_what_a_list_lacks_unless_it_is_younger_than_the_list(intake: Intake) -> None:
    for number, name in enumerate(("listed", "gone", "young")):
        intake.accept(stored("ModelDeployment", name, 10 * (number + 1)))
    gone = Key("ModelDeployment", "ml", "gone")
    assert intake.ghosts(MODEL_DEPLOYMENT.kind, {"uid-of-listed"}, 25) == [(gone, "uid-of-gone")]
    assert intake.ghosts(JOB.kind, set(), 25) == []
