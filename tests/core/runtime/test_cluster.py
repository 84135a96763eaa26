"""The seam to Kubernetes: what is asked of the API server, and what each of its answers becomes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client.exposition import generate_latest

from leeway.api.kinds import JOB, MODEL_VERSION, Key, Manifest
from leeway.shell.cluster import AlreadyExists, Cluster, ClusterError, Conflict, Refused
from leeway.shell.connection import NoAnswerError, Response
from leeway.shell.rate import TokenBucket
from tests.core.runtime.fake_server import FakeServer, answer_of, make_cluster, make_telemetry, status
from tests.core.runtime.worlds import HandClock, stored

JOB_MANIFEST = stored("Job", "credit-train", 5, "uid-1")
KEY = Key("Job", "ml", "credit-train")
Call = Callable[[Cluster], Awaitable[Any]]

CALLS: dict[str, tuple[Call, str, str]] = {
    "get": (
        lambda cluster: cluster.get(JOB, "ml", "credit-train"),
        "GET",
        "/apis/batch/v1/namespaces/ml/jobs/credit-train",
    ),
    "create": (
        lambda cluster: cluster.create(JOB_MANIFEST),
        "POST",
        "/apis/batch/v1/namespaces/ml/jobs?fieldManager=leeway",
    ),
    "apply": (
        lambda cluster: cluster.apply(JOB_MANIFEST),
        "PATCH",
        "/apis/batch/v1/namespaces/ml/jobs/credit-train?fieldManager=leeway&force=true",
    ),
    "delete": (
        lambda cluster: cluster.delete(KEY, "uid-1"),
        "DELETE",
        "/apis/batch/v1/namespaces/ml/jobs/credit-train",
    ),
    "write_status": (
        lambda cluster: cluster.write_status(JOB_MANIFEST),
        "PUT",
        "/apis/batch/v1/namespaces/ml/jobs/credit-train/status?fieldManager=leeway",
    ),
    "replace": (
        lambda cluster: cluster.replace(JOB_MANIFEST),
        "PUT",
        "/apis/batch/v1/namespaces/ml/jobs/credit-train?fieldManager=leeway",
    ),
}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def cluster(server: FakeServer, clock: HandClock) -> Cluster:
    return make_cluster(server, clock)


@pytest.mark.parametrize(("call", "method", "path"), CALLS.values(), ids=CALLS)
async def test_each_call_is_one_request(
    server: FakeServer, cluster: Cluster, call: Call, method: str, path: str
) -> None:
    server.told.append(answer_of(200, JOB_MANIFEST))
    await call(cluster)
    assert [asked[:2] for asked in server.asked] == [(method, path)]


ANSWERS: dict[str, tuple[Response | NoAnswerError, type[ClusterError]]] = {
    "409 Conflict": (status(409, "Conflict"), Conflict),
    "409 AlreadyExists": (status(409, "AlreadyExists"), AlreadyExists),
    "400": (status(400, "BadRequest"), Refused),
    "403": (status(403, "Forbidden"), Refused),
    "413": (status(413, "RequestEntityTooLarge"), Refused),
    "422": (status(422, "Invalid"), Refused),
    "401": (status(401, "Unauthorized"), ClusterError),
    "429": (status(429, "TooManyRequests"), ClusterError),
    "500": (status(500, "InternalError"), ClusterError),
    "503": (status(503, "ServiceUnavailable"), ClusterError),
    "no answer": (NoAnswerError("timed out"), ClusterError),
    "a page of a proxy": (Response(502, None, b"<html>Bad Gateway</html>"), ClusterError),
}
WRITES = ("create", "apply", "write_status", "replace")


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(("answer", "failure"), ANSWERS.values(), ids=ANSWERS)
async def test_each_failure_has_its_kind(
    server: FakeServer,
    cluster: Cluster,
    write: str,
    answer: Response | NoAnswerError,
    failure: type[ClusterError],
) -> None:
    server.told.append(answer)
    with pytest.raises(ClusterError) as caught:
        await CALLS[write][0](cluster)
    assert type(caught.value) is failure
    assert "Job ml/credit-train" in str(caught.value)


async def test_the_message_of_the_api_server_reaches_people(server: FakeServer, cluster: Cluster) -> None:
    server.told.append(status(422, "Invalid", 'Job "x" is invalid: spec.template: field is immutable'))
    with pytest.raises(Refused) as caught:
        await cluster.apply(JOB_MANIFEST)
    assert str(caught.value) == (
        'Job ml/credit-train: Job "x" is invalid: spec.template: field is immutable (422)'
    )


async def test_an_object_that_is_not_there_is_none(cluster: Cluster) -> None:
    assert await cluster.get(JOB, "ml", "credit-train") is None


async def test_the_status_of_a_deleted_object_is_a_conflict(cluster: Cluster) -> None:
    with pytest.raises(Conflict, match="TrainingJob ml/credit is gone"):
        await cluster.write_status(stored("TrainingJob", "credit", 5))


async def test_writing_to_a_namespace_that_went_is_refused(server: FakeServer, cluster: Cluster) -> None:
    server.told.append(status(404, "NotFound", 'namespaces "ml" not found'))
    with pytest.raises(Refused, match='namespaces "ml" not found'):
        await cluster.create(JOB_MANIFEST)


@pytest.mark.parametrize("code", [404, 409])
async def test_deleting_what_is_gone_or_another_is_fine(
    server: FakeServer, cluster: Cluster, code: int
) -> None:
    server.told.append(status(code, "whatever"))
    assert not await cluster.delete(KEY, "uid-1")
    assert server.asked[0][2] == {"preconditions": {"uid": "uid-1"}, "propagationPolicy": "Background"}


async def test_deleting_that_fails_is_told(server: FakeServer, cluster: Cluster) -> None:
    server.told.append(status(503, "ServiceUnavailable"))
    with pytest.raises(ClusterError):
        await cluster.delete(KEY, "uid-1")


RETRIES = {
    "429 with a pause": (status(429, "TooManyRequests", retry_after="0"), 2),
    "503 with a pause": (status(503, "ServiceUnavailable", retry_after="0"), 2),
    "503 without a pause": (status(503, "ServiceUnavailable"), 1),
    "a pause beyond the time limit": (status(429, "TooManyRequests", retry_after="60"), 1),
    "a date for a pause": (status(503, "Unavailable", retry_after="Sat, 21 Nov 2026 07:28:00 GMT"), 1),
    "a pause with another code": (status(403, "Forbidden", retry_after="0"), 1),
}


@pytest.mark.parametrize(("answer", "requests"), RETRIES.values(), ids=RETRIES)
async def test_the_server_is_asked_again_once_if_it_names_a_short_pause(
    server: FakeServer, cluster: Cluster, answer: Response, requests: int
) -> None:
    server.told.extend([answer, answer, answer])
    with pytest.raises(ClusterError):
        await cluster.apply(JOB_MANIFEST)
    assert len(server.asked) == requests


async def test_a_long_list_comes_in_pages_whose_items_know_their_kind(
    server: FakeServer, cluster: Cluster
) -> None:
    bare: Manifest = {"metadata": {"name": "a", "namespace": "ml"}}
    server.told.append(
        answer_of(200, {"metadata": {"continue": "tok=en", "resourceVersion": "7"}, "items": [bare]})
    )
    server.told.append(answer_of(200, {"metadata": {"resourceVersion": "7"}, "items": [bare]}))
    listing = await cluster.list_at(MODEL_VERSION, None, "a=b")
    assert [(item["apiVersion"], item["kind"]) for item in listing.items] == [
        ("leeway.dev/v1alpha1", "ModelVersion")
    ] * 2
    assert listing.resource_version == 7
    root = "/apis/leeway.dev/v1alpha1/modelversions?limit=500&labelSelector=a%3Db"
    assert [path for _, path, _ in server.asked] == [root, f"{root}&continue=tok%3Den"]


async def test_a_list_of_a_kind_that_is_not_installed_is_refused(
    server: FakeServer, cluster: Cluster
) -> None:
    server.told.append(Response(404, None, b"404 page not found\n"))
    with pytest.raises(Refused, match="the list of modelversions in namespace ml: 404 page not found"):
        await cluster.list_at(MODEL_VERSION, "ml")


async def test_what_was_written_is_told_as_the_server_stored_it(server: FakeServer, clock: HandClock) -> None:
    told: list[Manifest] = []
    bucket = TokenBucket(20, 30, clock, clock.sleep)
    cluster = Cluster(server, make_telemetry(clock), bucket, wrote=told.append)
    server.told.extend(answer_of(200, stored("Job", "j", version)) for version in (8, 9, 10))
    created = await cluster.create(JOB_MANIFEST)
    applied = await cluster.apply(JOB_MANIFEST)
    recorded = await cluster.write_status(JOB_MANIFEST)
    assert told == [created, applied, recorded]


async def test_a_new_child_is_guarded_by_a_version_that_no_object_has(
    server: FakeServer, clock: HandClock
) -> None:
    cluster = make_cluster(server, clock)
    server.told.extend([answer_of(201, JOB_MANIFEST), status(409, "Conflict")])
    await cluster.apply(JOB_MANIFEST, is_new=True)
    _, _, body = server.asked[0]
    assert body is not None
    assert body["metadata"]["resourceVersion"] == "1"
    with pytest.raises(AlreadyExists):
        await cluster.apply(JOB_MANIFEST, is_new=True)


async def test_an_event_that_exists_is_told_already(server: FakeServer, clock: HandClock) -> None:
    server.told.append(status(409, "AlreadyExists"))
    await make_cluster(server, clock).record(stored("Event", "credit.x", 0))
    assert len(server.asked) == 1


async def test_writes_beyond_the_burst_wait_their_turn_but_the_lease_never_does(
    server: FakeServer, clock: HandClock
) -> None:
    cluster = make_cluster(server, clock)
    server.told.extend(answer_of(200, JOB_MANIFEST) for _ in range(33))
    for _ in range(32):
        await cluster.apply(JOB_MANIFEST)
    assert clock.slept == [pytest.approx(0.05), pytest.approx(0.05)]
    await cluster.replace(JOB_MANIFEST)
    assert len(clock.slept) == 2


async def test_requests_and_writes_are_counted(server: FakeServer, clock: HandClock) -> None:
    telemetry = make_telemetry(clock)
    cluster = make_cluster(server, clock, telemetry)
    server.told.extend([answer_of(200, JOB_MANIFEST), status(422, "Invalid"), NoAnswerError("reset")])
    await cluster.apply(JOB_MANIFEST)
    for _ in range(2):
        with pytest.raises(ClusterError):
            await cluster.apply(JOB_MANIFEST)
    page = generate_latest(telemetry.registry).decode()
    for code in ("200", "422", "0"):
        assert f'leeway_operator_api_requests_total{{code="{code}",kind="Job",verb="apply"}} 1.0' in page
    assert 'leeway_operator_writes_total{kind="Job",verb="apply"} 1.0' in page
