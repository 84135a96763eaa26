"""Events: counted on one object when repeated, dropped in a flood, and harmless when they fail."""

from __future__ import annotations

import pytest

from leeway.api.kinds import Manifest
from leeway.core.plan import Event
from leeway.shell.rate import TokenBucket
from leeway.shell.recorder import NAME_LENGTH, NOTE_LENGTH, Recorder
from tests.core.runtime.fake_server import FakeServer, answer_of, make_cluster, status
from tests.core.runtime.worlds import HandClock, stored

TRAINING = stored("TrainingJob", "credit", 5)
STARTED = Event("Normal", "Starting", "creating Job credit-train")
FAILED = Event("Warning", "TrainerCrashed", "the trainer crashed")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def server() -> FakeServer:
    server = FakeServer()
    server.told.extend(answer_of(200, {}) for _ in range(100))
    return server


@pytest.fixture
def recorder(server: FakeServer, clock: HandClock) -> Recorder:
    bucket = TokenBucket(5, 10, clock, clock.sleep)
    return Recorder(make_cluster(server, clock), bucket, "leeway-1_x", clock.now)


def written(server: FakeServer) -> list[Manifest]:
    return [body for _, _, body in server.asked if body is not None]


async def test_an_event_tells_who_what_and_when(server: FakeServer, recorder: Recorder) -> None:
    await recorder.record(TRAINING, STARTED)
    method, path, event = server.asked[0]
    assert event is not None
    name = event["metadata"]["name"]
    assert name.startswith("credit.")
    assert method == "PATCH"
    assert path.startswith(f"/apis/events.k8s.io/v1/namespaces/ml/events/{name}?")
    assert event == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": "ml", "name": name},
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


async def test_a_repeated_event_is_counted_on_the_same_object(
    server: FakeServer, recorder: Recorder, clock: HandClock
) -> None:
    for _ in range(3):
        await recorder.record(TRAINING, STARTED)
        clock.seconds += 60
    first, *_, last = written(server)
    assert last["metadata"] == first["metadata"]
    assert last["eventTime"] == first["eventTime"]
    assert last["series"] == {"count": 3, "lastObservedTime": "2026-11-21T12:02:00.000000Z"}


async def test_after_ten_quiet_minutes_it_is_a_new_event(
    server: FakeServer, recorder: Recorder, clock: HandClock
) -> None:
    await recorder.record(TRAINING, STARTED)
    clock.seconds += 601
    await recorder.record(TRAINING, STARTED)
    first, second = written(server)
    assert first["metadata"]["name"] != second["metadata"]["name"]
    assert "series" not in second


async def test_other_words_are_another_event(
    server: FakeServer, recorder: Recorder, clock: HandClock
) -> None:
    await recorder.record(TRAINING, STARTED)
    clock.seconds += 1
    await recorder.record(TRAINING, FAILED)
    assert len({event["metadata"]["name"] for event in written(server)}) == 2


async def test_a_flood_is_dropped_but_counted(
    server: FakeServer, recorder: Recorder, clock: HandClock
) -> None:
    for _ in range(50):
        await recorder.record(TRAINING, STARTED)
    assert len(server.asked) == 10
    clock.seconds += 1
    await recorder.record(TRAINING, STARTED)
    assert written(server)[-1]["series"]["count"] == 51


async def test_a_failure_hurts_nobody(server: FakeServer, recorder: Recorder) -> None:
    server.told.clear()
    server.told.append(status(403, "Forbidden"))
    await recorder.record(TRAINING, FAILED)
    server.is_down = True
    await recorder.record(TRAINING, STARTED)
    assert len(server.asked) == 2, "both were tried"


async def test_long_names_and_notes_are_cut_to_what_the_api_takes(
    server: FakeServer, recorder: Recorder
) -> None:
    await recorder.record(stored("TrainingJob", "n" * 253, 5), Event("Normal", "Starting", "x" * 5000))
    (event,) = written(server)
    assert len(event["metadata"]["name"]) == NAME_LENGTH
    assert len(event["note"]) == NOTE_LENGTH
