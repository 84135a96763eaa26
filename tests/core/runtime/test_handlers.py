"""The watcher: kopf is set up to watch only, and never to stop asking."""

from __future__ import annotations

from itertools import islice

import kopf
import pytest

from leeway import handlers
from leeway.api.kinds import KINDS, Key, Manifest
from leeway.shell.telemetry import WatchActivity
from leeway.shell.watch.cache import CHILD_KINDS, CHILD_SELECTOR, OWNER_KINDS, ChildCache
from leeway.shell.watch.intake import Intake
from leeway.shell.watch.owners import Owners
from leeway.workqueue import WorkQueue
from tests.core.runtime.worlds import HandClock, stored


def test_kopf_writes_nothing_and_scans_nothing() -> None:
    settings = handlers.make_settings()
    assert settings.posting.enabled is False
    assert settings.scanning.disabled is True
    assert settings.peering.standalone is True


def test_retries_never_end_and_never_pause_longer_than_three_seconds() -> None:
    pauses = list(islice(handlers.Backoffs(), 1000))
    assert max(pauses) <= handlers.LONGEST_BACKOFF_SECONDS
    assert min(pauses) >= 0.4
    assert len(set(pauses)) > 900


def test_the_server_is_asked_for_whole_seconds() -> None:
    assert isinstance(handlers.make_settings().watching.server_timeout, int)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def queue(clock: HandClock) -> WorkQueue:
    return WorkQueue(clock, lambda: 0.5, lambda _: False, lambda _: None)


@pytest.fixture
def registry(queue: WorkQueue, clock: HandClock) -> kopf.OperatorRegistry:
    def login() -> tuple[str, object]:
        raise AssertionError("nobody logs in here")

    intake = Intake(ChildCache(), Owners())
    return handlers.make_registry(intake, WatchActivity(clock, []), queue, login)  # type: ignore[arg-type]


async def show(registry: kopf.OperatorRegistry, manifest: Manifest) -> None:
    """What kopf does with an event."""
    plural = KINDS[manifest["kind"]].plural
    handler = next(each for each in registry._watching.get_all_handlers() if each.id == plural)
    await handler.fn(event={"type": "MODIFIED", "object": manifest})  # type: ignore[call-arg, misc, typeddict-item]


async def test_events_of_children_are_collected_and_a_users_change_is_not_delayed(
    registry: kopf.OperatorRegistry, queue: WorkQueue, clock: HandClock
) -> None:
    owner = ("TrainingJob", "credit", "uid-of-credit")
    for version in range(5, 9):
        await show(registry, stored("Job", "credit-train", version, owner=owner))
    assert queue.pop() is None
    clock.seconds += handlers.COLLECT_SECONDS
    assert queue.pop() == Key("TrainingJob", "ml", "credit")
    queue.done(Key("TrainingJob", "ml", "credit"))
    assert queue.pop() is None
    await show(registry, stored("TrainingJob", "credit", 9))
    assert queue.pop() == Key("TrainingJob", "ml", "credit")


def test_every_kind_is_watched_by_event_handlers_alone(registry: kopf.OperatorRegistry) -> None:
    watched = {handler.id for handler in registry._watching.get_all_handlers()}
    assert watched == {kind.plural for kind in (*OWNER_KINDS, *CHILD_KINDS)}
    for other in (registry._changing, registry._spawning, registry._indexing, registry._webhooks):
        assert list(other.get_all_handlers()) == []


def test_only_children_of_ours_are_asked_for() -> None:
    selectors = handlers.make_settings().watching.label_selectors
    assert len(selectors) == len(CHILD_KINDS)
    assert set(selectors.values()) == {CHILD_SELECTOR}
