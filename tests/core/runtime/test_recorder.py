"""Events: each told once, again when telling failed, and harmless when it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leeway.api.kinds import Manifest
from leeway.api.reasons import Tone
from leeway.core.plan import Event
from leeway.shell.rate import Paces, TokenBucket
from leeway.shell.recorder import NAME_LENGTH, NOTE_LENGTH, Recorder
from tests.core.runtime.fake_server import FakeServer, make_cluster, status
from tests.core.runtime.worlds import NOON, HandClock, stored

TRAINING = stored("TrainingJob", "credit", 5)
STARTED = Event("0123456789abcdef", NOON, Tone.NORMAL, "Starting", "creating Job credit-train")
FAILED = Event("fedcba9876543210", NOON, Tone.WARNING, "TrainerCrashed", "the trainer crashed")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


def make_recorder(server: FakeServer, clock: HandClock, instance: str = "leeway-1_x") -> Recorder:
    bucket = TokenBucket(5, 10, clock, clock.sleep)
    return Recorder(make_cluster(server, clock), bucket, Paces(2, 10, clock), instance, clock.now)


@pytest.fixture
def recorder(server: FakeServer, clock: HandClock) -> Recorder:
    return make_recorder(server, clock)


def written(server: FakeServer) -> list[Manifest]:
    return [body for _, _, body in server.asked if body is not None]


async def test_an_event_tells_who_what_and_when(server: FakeServer, recorder: Recorder) -> None:
    await recorder.tell(TRAINING, [STARTED])
    method, path, event = server.asked[0]
    assert (method, path) == ("POST", "/apis/events.k8s.io/v1/namespaces/ml/events?fieldManager=leeway")
    assert event == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": "ml", "name": "credit.0123456789abcdef"},
        "eventTime": "2026-11-21T12:00:00.000000Z",
        "reportingController": "leeway.dev/operator",
        "reportingInstance": "leeway-1_x",
        "action": "Reconcile",
        "type": "Normal",
        "reason": "Starting",
        "note": "creating Job credit-train",
        "regarding": {
            "apiVersion": "leeway.dev/v1alpha1",
            "kind": "TrainingJob",
            "namespace": "ml",
            "name": "credit",
            "uid": "uid-of-credit",
        },
    }


async def test_an_event_is_told_once(server: FakeServer, recorder: Recorder) -> None:
    for _ in range(3):
        await recorder.tell(TRAINING, [STARTED, FAILED])
    assert [event["reason"] for event in written(server)] == ["Starting", "TrainerCrashed"]


async def test_another_process_that_tells_it_again_changes_nothing(
    server: FakeServer, recorder: Recorder, clock: HandClock
) -> None:
    await recorder.tell(TRAINING, [STARTED])
    before = dict(server.objects)
    await make_recorder(server, clock, "leeway-2_y").tell(TRAINING, [replace(STARTED, time=clock.now())])
    assert server.objects == before


async def test_what_a_former_process_recorded_long_ago_is_not_told(
    server: FakeServer, recorder: Recorder, clock: HandClock
) -> None:
    await recorder.tell(TRAINING, [replace(STARTED, time=clock.now() - timedelta(minutes=11))])
    assert server.asked == []


async def test_a_flood_is_told_later(server: FakeServer, recorder: Recorder, clock: HandClock) -> None:
    flood = [replace(STARTED, id=f"{number:016}") for number in range(12)]
    await recorder.tell(TRAINING, flood)
    assert len(server.asked) == 10
    clock.seconds += 1
    await recorder.tell(TRAINING, flood)
    assert len(server.asked) == 12


async def test_a_failure_hurts_nobody_and_is_told_again(server: FakeServer, recorder: Recorder) -> None:
    server.told.append(status(500, "InternalError"))
    await recorder.tell(TRAINING, [FAILED])
    server.is_down = True
    await recorder.tell(TRAINING, [FAILED])
    server.is_down = False
    await recorder.tell(TRAINING, [FAILED])
    assert len(server.asked) == 3
    assert len(server.objects) == 1


async def test_a_refused_event_is_not_tried_again(server: FakeServer, recorder: Recorder) -> None:
    server.told.append(status(403, "Forbidden"))
    for _ in range(3):
        await recorder.tell(TRAINING, [FAILED])
    assert len(server.asked) == 1


async def test_long_names_and_notes_are_cut_to_what_the_api_takes(
    server: FakeServer, recorder: Recorder
) -> None:
    await recorder.tell(stored("TrainingJob", "n" * 253, 5), [replace(STARTED, note="x" * 5000)])
    (event,) = written(server)
    assert len(event["metadata"]["name"]) == NAME_LENGTH
    assert len(event["note"]) == NOTE_LENGTH
