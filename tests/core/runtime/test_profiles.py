"""A profile is believed by its digest, and asked for once, or once a minute until it is there."""

from __future__ import annotations

from typing import Any

import pytest

from leeway.shell.evidence.profiles import RETRY_SECONDS, Profiles
from leeway.shell.evidence.scrape import make_scrape_session
from tests.bench.evidence.pods import digest_of, profile_of
from tests.core.runtime.fleet import Server, fleet_serving
from tests.core.runtime.worlds import HandClock

GOOD = profile_of("iris-2")
DIGEST = digest_of(GOOD)
# sentence: (what the pod's server has, why there is no profile)
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "the recorded profile": ({"profile": GOOD}, ""),
    "another profile": ({"profile": profile_of("iris-3")}, "which the ModelVersion records"),
    "no profile": ({}, "HTTP 404"),
    "no answer": ({"answers": "not at all"}, "HTTP 503"),
    "an answer without an end": ({"profile": GOOD * 1000}, "longer than"),
}


@pytest.mark.parametrize(("server", "why"), CASES.values(), ids=CASES)
async def test_what_becomes_of(server: dict[str, Any], why: str) -> None:
    profiles = Profiles(HandClock())
    async with fleet_serving() as fleet, make_scrape_session() as session:
        fleet.servers["127.0.0.1"] = Server("iris-2", **server)
        await profiles.fetch(session, DIGEST, f"http://127.0.0.1:{fleet.port}", "pod-1")
    profile, why_none = profiles.get(DIGEST)
    assert (profile is None) is bool(why)
    assert why in why_none
    assert profiles.is_due(DIGEST) is False


async def test_one_that_could_not_be_had_is_asked_for_again_after_a_minute() -> None:
    clock = HandClock()
    profiles = Profiles(clock)
    assert profiles.is_due(DIGEST)
    async with make_scrape_session() as session:
        await profiles.fetch(session, DIGEST, "http://127.0.0.1:9", "pod-1")
    assert not profiles.is_due(DIGEST)
    clock.seconds += RETRY_SECONDS
    assert profiles.is_due(DIGEST)


async def test_a_profile_that_no_version_has_is_forgotten() -> None:
    profiles = Profiles(HandClock())
    async with make_scrape_session() as session:
        await profiles.fetch(session, DIGEST, "http://127.0.0.1:9", "pod-1")
    profiles.keep({"another"})
    assert profiles.get(DIGEST) == (None, "it was not fetched yet")
