"""The operator's seam to Kubernetes, against the real API server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from leeway.api.kinds import DEPLOYMENT, EVENT, LEASE, SERVICE, Key, Manifest, key_of
from leeway.api.reasons import Tone
from leeway.core.plan import Event
from leeway.shell.cluster import AlreadyExists, Cluster, Conflict, Refused
from leeway.shell.connection import open_api_server
from leeway.shell.lease import Lease, Seat, Time
from leeway.shell.rate import Paces, TokenBucket
from leeway.shell.recorder import Recorder
from leeway.shell.telemetry import Telemetry, WatchActivity
from tests.cluster.kube import Kube

BEYOND_ONE_PAGE = 520


@pytest.fixture
async def seam(cluster: Kube) -> AsyncIterator[Cluster]:
    """The seam as the operator has it, with the administrator's login and no need to hurry slowly."""
    telemetry = Telemetry(CollectorRegistry(), WatchActivity(time.monotonic, []))
    bucket = TokenBucket(1000, 1000, time.monotonic, asyncio.sleep)
    async with open_api_server(str(cluster.kubeconfig)) as server:
        yield Cluster(server, telemetry, bucket, wrote=lambda _: None)


def service(namespace: Kube, port: int = 80) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace.namespace, "name": "api", "labels": {"made-by": "the-test"}},
        "spec": {"selector": {"app": "api"}, "ports": [{"name": "http", "port": port}]},
    }


def deployment(namespace: Kube) -> Manifest:
    labels = {"app": "nothing"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "none:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace.namespace, "name": "nothing"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod},
    }


async def test_what_is_created_is_there_and_is_not_created_twice(seam: Cluster, namespace: Kube) -> None:
    assert await seam.get(SERVICE, namespace.namespace, "api") is None
    created = await seam.create(service(namespace))
    found = await seam.get(SERVICE, namespace.namespace, "api")
    assert found is not None
    assert found["metadata"]["uid"] == created["metadata"]["uid"]
    with pytest.raises(AlreadyExists, match="Service"):
        await seam.create(service(namespace))


async def test_applying_the_same_twice_writes_once(seam: Cluster, namespace: Kube) -> None:
    first = await seam.apply(service(namespace))
    second = await seam.apply(service(namespace))
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_applying_takes_back_what_another_changed(seam: Cluster, namespace: Kube) -> None:
    await seam.apply(service(namespace))
    namespace.do(
        "patch",
        "service",
        "api",
        "-p",
        '{"spec": {"ports": [{"name": "http", "port": 80, "targetPort": 9}]}}',
    )
    namespace.do("label", "service", "api", "made-by=somebody", "theirs=yes", "--overwrite")
    applied = await seam.apply(service(namespace))
    assert applied["metadata"]["labels"] == {"made-by": "the-test", "theirs": "yes"}


async def test_a_refusal_says_which_field_is_wrong(seam: Cluster, namespace: Kube) -> None:
    with pytest.raises(Refused, match=r"spec\.ports\[0\]\.port"):
        await seam.apply(service(namespace, port=0))


async def test_a_status_is_written_only_on_what_was_read(seam: Cluster, namespace: Kube) -> None:
    await seam.create(deployment(namespace))
    condition = {"type": "Tried", "status": "True"}
    read = await written_on_what_is_there(seam, namespace, {"conditions": [condition]})
    with pytest.raises(Conflict):
        await seam.write_status({**read, "status": {}})
    found = await seam.get(DEPLOYMENT, namespace.namespace, "nothing")
    assert found is not None
    assert "Tried" in [each["type"] for each in found["status"]["conditions"]]


async def written_on_what_is_there(seam: Cluster, namespace: Kube, status: Manifest) -> Manifest:
    """Write the status, which the Deployment controller writes, too; return what was read for it."""
    for _ in range(100):
        read = await seam.get(DEPLOYMENT, namespace.namespace, "nothing")
        assert read is not None
        try:
            await seam.write_status({**read, "status": status})
        except Conflict:
            continue
        return read
    raise AssertionError("the status changed a hundred times between read and write")


async def test_the_status_of_what_is_gone_is_a_conflict(seam: Cluster, namespace: Kube) -> None:
    read = await seam.create(deployment(namespace))
    namespace.do("delete", "deployment", "nothing")
    with pytest.raises(Conflict):
        await seam.write_status({**read, "status": {}})


async def test_only_the_very_object_is_deleted(seam: Cluster, namespace: Kube) -> None:
    created = await seam.create(service(namespace))
    key = key_of(created)
    await seam.delete(key, "00000000-0000-0000-0000-000000000000")
    assert await seam.get(SERVICE, key.namespace, key.name) is not None
    await seam.delete(key, created["metadata"]["uid"])
    assert await seam.get(SERVICE, key.namespace, key.name) is None
    await seam.delete(key, created["metadata"]["uid"])


async def test_a_list_of_more_than_one_page_is_complete(seam: Cluster, namespace: Kube) -> None:
    async def create(number: int) -> None:
        metadata = {"namespace": namespace.namespace, "name": f"lease-{number}"}
        await seam.create({"apiVersion": LEASE.api_version, "kind": LEASE.kind, "metadata": metadata})

    await asyncio.gather(*(create(number) for number in range(BEYOND_ONE_PAGE)))
    listing = await seam.list_at(LEASE, namespace.namespace)
    assert len({key_of(item) for item in listing.items}) == BEYOND_ONE_PAGE
    assert listing.resource_version >= max(int(item["metadata"]["resourceVersion"]) for item in listing.items)
    assert key_of(listing.items[0]).kind == "Lease"


async def test_a_label_selects(seam: Cluster, namespace: Kube) -> None:
    await seam.create(service(namespace))
    assert len((await seam.list_at(SERVICE, namespace.namespace, "made-by=the-test")).items) == 1
    assert (await seam.list_at(SERVICE, namespace.namespace, "made-by=somebody")).items == []


async def test_an_event_told_by_two_processes_is_one_object(seam: Cluster, namespace: Kube) -> None:
    regarding = await seam.create(service(namespace))
    bucket = TokenBucket(100, 100, time.monotonic, asyncio.sleep)
    paces = Paces(100, 100, time.monotonic)
    now = datetime.now(UTC)
    for process in range(3):
        recorder = Recorder(seam, bucket, paces, f"process-{process}", lambda: datetime.now(UTC))
        event = Event(
            "0123456789abcdef", now + timedelta(seconds=process), Tone.WARNING, "Tried", "the test tries"
        )
        await recorder.tell(regarding, [event])
    (stored,) = (await seam.list_at(EVENT, namespace.namespace)).items
    assert (stored["reportingInstance"], stored["note"]) == ("process-0", "the test tries")
    assert "the test tries" in namespace.do("describe", "service", "api")


async def test_a_new_child_is_applied_where_its_name_is_free_and_nowhere_else(
    seam: Cluster, namespace: Kube
) -> None:
    made = await seam.apply(service(namespace), is_new=True)
    with pytest.raises(AlreadyExists):
        await seam.apply({**service(namespace), "spec": {"ports": [{"port": 81}]}}, is_new=True)
    found = await seam.get(SERVICE, namespace.namespace, "api")
    assert found is not None
    assert found["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    (fields,) = (f for f in found["metadata"]["managedFields"] if f["manager"] == "leeway")
    assert fields["operation"] == "Apply", "what we stop wanting is removed by the next apply"


async def test_a_lease_given_back_is_led_by_the_next(seam: Cluster, namespace: Kube) -> None:
    def candidate(name: str) -> Lease:
        timing = Time(time.monotonic, lambda: datetime.now(UTC), asyncio.sleep)
        return Lease(seam, Seat(namespace.namespace, "leeway-test", name), timing)

    async def holder() -> str:
        found = await seam.get(LEASE, namespace.namespace, "leeway-test")
        return str((found or {})["spec"]["holderIdentity"])

    first, second = candidate("a"), candidate("b")
    await first.acquire()
    waiting = asyncio.create_task(second.acquire())
    assert await holder() == "a"
    await first.release()
    await waiting
    assert await holder() == "b"


async def test_keys_and_paths_agree_with_the_api_server(seam: Cluster, namespace: Kube) -> None:
    created = await seam.create(service(namespace))
    assert key_of(created) == Key("Service", namespace.namespace, "api")
