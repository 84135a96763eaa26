"""The rollout as the status records it: written and read back."""

from __future__ import annotations

from typing import Any

from leeway.api.deployment.record import (
    CanaryRevision,
    FormerRevision,
    RunningRevision,
    StableRevision,
)  # fmt: skip
from leeway.api.model_deployment import ModelDeploymentStatus
from leeway.core.deployment.revision import Canary, Former, Revision, Rollout, Setting


def record_rollout(rollout: Rollout) -> dict[str, Any]:
    """Return the status fields that record a rollout; `read_rollout` is the inverse."""
    fields: dict[str, Any] = {
        "rejected": rollout.rejected,
        "command": rollout.command,
        "pause_time": rollout.paused_since,
    }
    if rollout.stable:
        fields["stable"] = StableRevision(
            **fields_of(rollout.stable),
            **said(
                promotion_time=rollout.stable_since,
                unready_time=rollout.stable_unready_since,
                shown=rollout.stable_shown,
            ),
        )
    if rollout.canary:
        fields["canary"] = CanaryRevision(**fields_of(rollout.canary), **_progress(rollout.progress))
    if rollout.former:
        former = rollout.former
        fields["former"] = FormerRevision(
            **fields_of(former.revision), end_time=former.ended_at, replicas=former.replicas
        )
    return said(**fields)


def read_rollout(status: ModelDeploymentStatus) -> Rollout:
    """Return the rollout that the status records; `record_rollout` is the inverse."""
    stable, canary, former = status.stable, status.canary, status.former
    return Rollout(
        stable=_read_revision(stable),
        stable_since=stable.promotion_time if stable else None,
        stable_unready_since=stable.unready_time if stable else None,
        stable_shown=stable.shown if stable else None,
        canary=_read_revision(canary),
        progress=_read_progress(canary),
        former=_read_former(former),
        rejected=status.rejected,
        command=status.command,
        paused_since=status.pause_time,
    )


def setting_of(recorded: RunningRevision) -> Setting:
    """Return the setting that a status records with a revision."""
    return Setting(
        recorded.image, recorded.image_pull_policy, recorded.service_account_name, recorded.fetch_allow
    )


def fields_of(revision: Revision) -> dict[str, Any]:
    """Return the fields that record a revision."""
    return {
        "model_version_name": revision.version,
        "revision": revision.hash,
        **said(digest=revision.digest),
        "image": revision.setting.image,
        "image_pull_policy": revision.setting.pull_policy,
        **said(
            service_account_name=revision.setting.service_account,
            fetch_allow=revision.setting.fetch_allow,
        ),
    }


def _progress(progress: Canary) -> dict[str, Any]:
    return said(
        start_time=progress.started_at,
        awaited_time=progress.awaited_since,
        ready_time=progress.ready_at,
        is_return=progress.is_return,
        step=progress.step,
        step_time=progress.step_since,
        step_requests=progress.step_requests,
        resumed_step=progress.resumed_step,
    )


def _read_progress(canary: CanaryRevision | None) -> Canary:
    if canary is None:
        return Canary()
    return Canary(
        started_at=canary.start_time,
        awaited_since=canary.awaited_time,
        ready_at=canary.ready_time,
        is_return=canary.is_return,
        step=canary.step,
        step_since=canary.step_time,
        step_requests=canary.step_requests,
        resumed_step=canary.resumed_step,
    )


def _read_former(former: FormerRevision | None) -> Former | None:
    revision = _read_revision(former)
    if former is None or revision is None or former.end_time is None:
        return None
    return Former(revision, former.end_time, former.replicas)


def _read_revision(entry: RunningRevision | None) -> Revision | None:
    if entry is None:
        return None
    return Revision(entry.revision, entry.model_version_name, entry.digest or "", setting_of(entry))


def said(**fields: Any) -> dict[str, Any]:
    """Return the fields that say something: what is absent, empty or no is not written."""
    return {name: value for name, value in fields.items() if value}
