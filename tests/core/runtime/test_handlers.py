"""The watcher: kopf is set up to watch only, and never to stop asking."""

from __future__ import annotations

from itertools import islice

import kopf
import pytest

from leeway import handlers
from leeway.shell.cache import CHILD_KINDS, CHILD_SELECTOR, OWNER_KINDS, ChildCache
from leeway.shell.intake import Intake
from leeway.shell.owners import Owners
from leeway.shell.telemetry import WatchActivity
from tests.core.runtime.worlds import HandClock


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
def registry() -> kopf.OperatorRegistry:
    def login() -> tuple[str, object]:
        raise AssertionError("nobody logs in here")

    intake = Intake(ChildCache(), Owners())
    activity = WatchActivity(HandClock(), [])
    return handlers.make_registry(intake, activity, lambda _: None, login)  # type: ignore[arg-type]


def test_every_kind_is_watched_by_event_handlers_alone(registry: kopf.OperatorRegistry) -> None:
    watched = {handler.id for handler in registry._watching.get_all_handlers()}
    assert watched == {kind.plural for kind in (*OWNER_KINDS, *CHILD_KINDS)}
    for other in (registry._changing, registry._spawning, registry._indexing, registry._webhooks):
        assert list(other.get_all_handlers()) == []


def test_only_children_of_ours_are_asked_for() -> None:
    selectors = handlers.make_settings().watching.label_selectors
    assert len(selectors) == len(CHILD_KINDS)
    assert set(selectors.values()) == {CHILD_SELECTOR}
