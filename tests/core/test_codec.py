"""Status is written and read by one codec: what is written is read again as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from leeway.api.condition import Condition
from leeway.api.deployment.record import (
    CanaryRevision,
    Command,
    Decision,
    Rejection,
    StableRevision,
    Tenure,
)  # fmt: skip
from leeway.api.gates import Shown
from leeway.api.model_deployment import ModelDeploymentStatus
from leeway.api.model_version import ModelVersionStatus, Verification
from leeway.api.shape import Shape
from leeway.api.training.job import TrainingJobStatus
from leeway.core.codec import read_status, write_status
from leeway.core.deployment.recorded import read_rollout, record_rollout
from leeway.core.deployment.revision import Canary, Former, Revision, Rollout, Setting

WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=20)
CAMEL = st.from_regex("^[A-Za-z][A-Za-z0-9]{0,20}$", fullmatch=True)
DIGESTS = st.from_regex("^sha256:[0-9a-f]{64}$", fullmatch=True)
COUNTS = st.integers(0, 1000)
SECONDS = st.integers(0, 2**31).map(lambda second: datetime.fromtimestamp(second, UTC))
MAYBE = st.none() | SECONDS


def some(kind: type[BaseModel], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects of the kind in which any of the fields may be absent."""
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: kind(**given))


def whole(kind: type[BaseModel], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects of the kind with all of the fields."""
    return st.fixed_dictionaries(fields).map(lambda given: kind(**given))


def lists(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


CONDITIONS = lists(
    whole(
        Condition, type=CAMEL, status=st.sampled_from(["True", "False", "Unknown"]), reason=CAMEL, message=WORDS,
        last_transition_time=SECONDS, observed_generation=COUNTS,
    )
)  # fmt: skip
REVISION = {
    "model_version_name": WORDS, "revision": WORDS, "digest": DIGESTS, "image": WORDS,
    "image_pull_policy": WORDS, "service_account_name": WORDS, "fetch_allow": WORDS,
}  # fmt: skip
DECISIONS = lists(
    whole(
        Decision, id=st.integers(1, 10**6), time=SECONDS, action=CAMEL, reason=CAMEL, message=WORDS,
        model_version_name=WORDS, revision=WORDS, numbers=st.dictionaries(WORDS, WORDS, max_size=2),
    )
)  # fmt: skip
STATUSES: dict[str, st.SearchStrategy[Shape]] = {
    "ModelDeployment": some(
        ModelDeploymentStatus, observed_generation=COUNTS, conditions=CONDITIONS,
        stable=some(StableRevision, **REVISION, promotion_time=SECONDS, unready_time=SECONDS),
        canary=some(
            CanaryRevision, **REVISION, start_time=SECONDS, awaited_time=SECONDS, ready_time=SECONDS
        ),
        replicas=COUNTS, ready_replicas=COUNTS, selector=WORDS, url=WORDS, decisions=DECISIONS,
        history=lists(some(Tenure, **REVISION, promotion_time=SECONDS, end_time=SECONDS)),
    ),
    "ModelVersion": some(
        ModelVersionStatus, observed_generation=COUNTS, conditions=CONDITIONS, headline=WORDS,
        verification=some(Verification, job_name=WORDS, completion_time=SECONDS, golden_rows=COUNTS),
        deployment_names=lists(WORDS),
    ),
    "TrainingJob": some(
        TrainingJobStatus, observed_generation=COUNTS, conditions=CONDITIONS, start_time=SECONDS,
        completion_time=SECONDS, duration=WORDS, job_name=WORDS, attempts=COUNTS, model_version_name=WORDS,
        headline=WORDS, metrics=st.dictionaries(CAMEL, st.just("0.97"), max_size=2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", STATUSES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_is_read_again(kind: str, data: st.DataObject) -> None:
    status = data.draw(STATUSES[kind])
    written = json.loads(json.dumps(write_status(status)))
    read = read_status(type(status), {"status": written})
    assert read == status
    assert write_status(read) == written


REVISIONS = st.builds(
    Revision,
    hash=WORDS,
    version=WORDS,
    digest=DIGESTS,
    setting=st.builds(Setting, WORDS, WORDS, WORDS, WORDS),
)


PROGRESS = st.builds(
    Canary,
    started_at=MAYBE,
    awaited_since=MAYBE,
    ready_at=MAYBE,
    is_return=st.booleans(),
    step=st.integers(0, 21),
    step_since=MAYBE,
    step_requests=st.integers(0, 1_000),
    resumed_step=st.integers(0, 20),
)


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    stable, canary = draw(st.none() | REVISIONS), draw(st.none() | REVISIONS)
    return Rollout(
        stable=stable,
        stable_since=draw(SECONDS) if stable else None,
        stable_unready_since=draw(MAYBE) if stable else None,
        stable_shown=draw(st.none() | st.just(Shown(requests=3, failed=1))) if stable else None,
        canary=canary,
        progress=draw(PROGRESS) if canary else Canary(),
        former=draw(st.none() | st.builds(Former, REVISIONS, SECONDS, st.integers(0, 100))),
        rejected=draw(st.sampled_from([(), (Rejection(revision="0123456789", image="server:1"),)])),
        command=draw(st.none() | st.just(Command(name="pause", token="1", is_done=True))),
        paused_since=draw(MAYBE),
    )


@settings(max_examples=60, deadline=None)
@given(rollout=rollouts())
def test_a_rollout_is_remembered_whole(rollout: Rollout) -> None:
    status = ModelDeploymentStatus(**record_rollout(rollout))
    stored = json.loads(json.dumps(write_status(status)))
    assert read_rollout(read_status(ModelDeploymentStatus, {"status": stored})) == rollout


def test_what_cannot_be_read_is_as_if_it_had_never_been_written() -> None:
    stored = {"observedGeneration": 3, "decisions": "none", "stable": {"revision": "abc"}}
    status = read_status(ModelDeploymentStatus, {"status": stored})
    assert (status.observed_generation, status.decisions) == (3, ())
    assert status.stable is not None
    assert status.stable.revision == "abc"
