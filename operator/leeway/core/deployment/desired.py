"""Which revision the spec desires: one that runs or ran, with its own image, or else one with today's setting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leeway.api.deployment.record import Tenure
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.deployment.children.workload import Workload, read_setting
from leeway.core.deployment.recorded import setting_of
from leeway.core.deployment.revision import NamedVersion, Revision, Rollout, Setting, make_revision


@dataclass(frozen=True, slots=True)
class Past:
    """What a choice depends on beside spec and version: the rollout so far and the installation's setting."""

    rollout: Rollout
    history: tuple[Tenure, ...]
    workloads: Mapping[str, Workload]
    today: Setting
    now: datetime


def make_revisions(
    spec: ModelDeploymentSpec, versions: Iterable[NamedVersion], past: Past
) -> tuple[Revision, ...]:
    """Return each version that can be read in each setting that is or was used, today's as the last one."""
    # A revision keeps the image it was started with, so that an upgrade of the operator restarts no model, and going
    # back starts what ran (decision 0002). Hashing with the former settings is how it is recognised.
    settings = dict.fromkeys([*_used(past), past.today])
    settings[past.today] = settings.pop(past.today)
    readable = [version for version in versions if version.record is not None]
    return tuple(make_revision(spec, version, setting) for version in readable for setting in settings)


def desired_revision(
    spec: ModelDeploymentSpec, version: NamedVersion | None, made: Iterable[Revision], past: Past
) -> Revision | None:
    """Return what runs and still fits the spec, else what was stable before, else the version as of today."""
    fitting = [revision for revision in made if version and revision.version == version.name]
    if not fitting:
        return None
    by_hash = {revision.hash: revision for revision in fitting}
    gone = _given_up(spec, past)
    running = (revision for revision in past.rollout.live if revision.hash in by_hash)
    before = (by_hash[hash_] for hash_ in _proven(past) if hash_ in by_hash)
    # Rolled back once, it is rolled back for any release of the operator, until the command retry.
    rejected = (revision for revision in fitting if past.rollout.has_rejected(revision))
    found = (revision for revision in (*running, *before, *rejected) if revision.hash != gone)
    return next(found, fitting[-1])


def with_setting_of_today(past: Past) -> Rollout:
    """Return the rollout; a canary that never was ready takes the present account, pull policy and allowed hosts."""
    # They change no hash: an account that does not exist would otherwise stay with its pods after it was mended.
    canary = past.rollout.canary
    if canary is None or past.rollout.progress.ready_at or canary.setting.image != past.today.image:
        return past.rollout
    return replace(past.rollout, canary=replace(canary, setting=past.today))


def _used(past: Past) -> Iterable[Setting]:
    """Yield the settings of live and former revisions, the latest first."""
    yield from (live.setting for live in past.rollout.live)
    yield from (setting_of(tenure) for tenure in reversed(past.history) if tenure.image)
    # Its image alone is part of a hash.
    yield from (Setting(one.image, "") for one in past.rollout.rejected if one.image)
    # A status that was lost or is of another release may not say what the Deployments still do.
    manifests = (workload.manifest for workload in past.workloads.values())
    yield from (read_setting(manifest) for manifest in manifests if manifest)


def _proven(past: Past) -> Iterable[str]:
    """Yield the hashes of revisions that were stable or have ready pods, the latest first."""
    yield from (tenure.revision for tenure in reversed(past.history))
    yield from (workload.revision for workload in past.workloads.values() if workload.ready)


def _given_up(spec: ModelDeploymentSpec, past: Past) -> str:
    """Return the hash of a canary that is started anew with today's image; an empty text for none."""
    rollout = past.rollout
    canary = rollout.canary
    if canary is None or rollout.progress.ready_at or canary.setting.image == past.today.image:
        return ""
    # What was stable once has had a good image: it is given up only when its time is up, e.g. since the registry has
    # lost that image. Any other was started with a setting that has been changed since, as a wrong one is.
    since, deadline = rollout.progress.awaited_since, spec.rollout.progress_deadline_seconds
    is_late = since is not None and past.now - since > timedelta(seconds=deadline)
    return canary.hash if is_late or canary.hash not in set(_proven(past)) else ""
