"""Per kind: observe, plan, carry out."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import ValidationError

from leeway.api.kinds import KINDS, MODEL_DEPLOYMENT, MODEL_VERSION, TRAINING_JOB, Key, Manifest
from leeway.core.deployment.planner import plan_deployment
from leeway.core.plan import Plan
from leeway.core.pods.platform import Platform, Store
from leeway.core.pods.template import Image
from leeway.core.refusals import is_refusal_known, plan_invalid, plan_refusal, plan_unwritable
from leeway.core.training.questions import plan_training
from leeway.core.versions.planner import plan_version
from leeway.settings import Settings
from leeway.shell.cache import ChildCache
from leeway.shell.cluster import AlreadyExists, Cluster, Conflict, Refused
from leeway.shell.observe import now, observe_deployment, observe_training, observe_version
from leeway.shell.recorder import Recorder

REFUSED_AGAIN_SECONDS = 60.0
logger = logging.getLogger(__name__)

NAMESPACE_TERMINATING = "NamespaceTerminating"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a reconcile pass works with."""

    cluster: Cluster
    cache: ChildCache
    recorder: Recorder
    settings: Settings


async def reconcile(key: Key, parts: Parts) -> float | None:
    """The object's record and children are what its spec asks for; returns when to look again, in seconds."""
    manifest = await parts.cluster.get(KINDS[key.kind], key.namespace, key.name)
    if manifest is None or manifest["metadata"].get("deletionTimestamp"):
        return None  # the garbage collector takes the children
    try:
        plan = await PLANNERS[key.kind](manifest, parts)
    except ValidationError as error:
        plan = plan_invalid(manifest, error, now())
    return await carry_out(manifest, plan, parts)


async def carry_out(manifest: Manifest, plan: Plan, parts: Parts) -> float | None:
    """Record the plan in status, then act on it, then tell; a conflict ends the pass unharmed."""
    is_news = plan.status != manifest.get("status")
    known = is_refusal_known(manifest, plan)
    if not known:
        try:
            manifest = await record(manifest, plan, parts)
        except Refused as refusal:
            return await record_refusal(manifest, plan_unwritable(manifest, plan, str(refusal), now()), parts)
    try:
        await act(plan, parts)
    except Refused as refusal:
        if refusal.cause == NAMESPACE_TERMINATING:
            return None  # the object goes with its namespace
        return await record_refusal(manifest, plan_refusal(manifest, plan, str(refusal), now()), parts)
    if known:
        await record(manifest, plan, parts)
    if is_news:
        await tell(manifest, plan, parts)
    return await tidy(plan, parts)


async def record(manifest: Manifest, plan: Plan, parts: Parts) -> Manifest:
    """The status is the plan's; an equal one is not written again."""
    if plan.status == manifest.get("status"):
        return manifest
    return await parts.cluster.write_status({**manifest, "status": plan.status})


async def record_refusal(manifest: Manifest, plan: Plan, parts: Parts) -> float:
    """The refusal of a child is recorded and told, once, and tried again later."""
    if plan.status != manifest.get("status"):
        await record(manifest, plan, parts)
        await tell(manifest, plan, parts)
    return REFUSED_AGAIN_SECONDS


async def tell(manifest: Manifest, plan: Plan, parts: Parts) -> None:
    """The plan's Events are out."""
    for event in plan.events:
        await parts.recorder.record(manifest, event)


async def act(plan: Plan, parts: Parts) -> None:
    """The plan's children are created, applied and deleted, in this order."""
    for child in plan.create:
        try:
            await parts.cluster.create(child)
        except AlreadyExists:
            continue  # the next look tells whether it is ours
    for child in plan.apply:
        await parts.cluster.apply(child)
    for deletion in plan.delete:
        await parts.cluster.delete(deletion.key, deletion.uid)


async def tidy(plan: Plan, parts: Parts) -> float | None:
    """What nothing depends on is applied, or tried again later; returns when to look again."""
    try:
        for patch in plan.tidy:
            await parts.cluster.apply(patch)
    except (Refused, Conflict) as refusal:
        logger.info("Leaving as it is: %s", refusal)
        return REFUSED_AGAIN_SECONDS
    return plan.requeue_after


async def plan_for_training(manifest: Manifest, parts: Parts) -> Plan:
    """The plan of a TrainingJob."""
    return plan_training(
        await observe_training(manifest, parts.cluster, parts.cache, platform(parts.settings))
    )


async def plan_for_version(manifest: Manifest, parts: Parts) -> Plan:
    """The plan of a ModelVersion."""
    return plan_version(await observe_version(manifest, parts.cluster, parts.cache, platform(parts.settings)))


async def plan_for_deployment(manifest: Manifest, parts: Parts) -> Plan:
    """The plan of a ModelDeployment."""
    return plan_deployment(
        await observe_deployment(manifest, parts.cluster, parts.cache, platform(parts.settings))
    )


PLANNERS: dict[str, Callable[[Manifest, Parts], Awaitable[Plan]]] = {
    TRAINING_JOB.kind: plan_for_training,
    MODEL_VERSION.kind: plan_for_version,
    MODEL_DEPLOYMENT.kind: plan_for_deployment,
}


def platform(settings: Settings) -> Platform:
    """What the settings say about images and the default store."""
    return Platform(
        trainer_image=Image(settings.trainer_image, settings.image_pull_policy),
        server_image=Image(settings.server_image, settings.image_pull_policy),
        store=Store(
            claim=settings.store_claim,
            size=settings.store_size,
            storage_class=settings.store_class,
            access_mode=settings.store_access_mode,
        ),
    )
