"""Reconcile an object: observe, plan, carry out. The order of the writes is decided here."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from leeway.api.kinds import KINDS, MODEL_DEPLOYMENT, MODEL_VERSION, TRAINING_JOB, Key, Manifest, key_of
from leeway.core.deployment.planner import plan_deployment
from leeway.core.plan import Apply, Create, Delete, Plan, Write
from leeway.core.refusals import plan_invalid, plan_refused, plan_unwritable, refusal_in
from leeway.core.training.questions import plan_training
from leeway.core.versions.planner import plan_version
from leeway.shell.cluster import AlreadyExists, Cluster, ClusterError, Conflict, Refused
from leeway.shell.observe import Observer
from leeway.shell.recorder import Recorder
from leeway.shell.watch.intake import Intake

# A quota is raised or a policy changed without an event that we watch.
REFUSED_AGAIN_SECONDS = 60.0
NAMESPACE_TERMINATING = "NamespaceTerminating"

logger = logging.getLogger(__name__)

Learn = Callable[[Manifest], None]
Planner = Callable[[Manifest, Observer], Awaitable[Plan]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a reconcile works with; `learn` takes an object that was read afresh, as a watch would."""

    cluster: Cluster
    intake: Intake
    observer: Observer
    recorder: Recorder
    learn: Learn
    # The last refusal of a child, by its owner. A plan cannot foresee one: it is learned by acting, kept here, and
    # recorded by the next reconcile, so that the record stays a function of what was observed.
    refusals: dict[Key, str] = field(default_factory=dict)
    planners: Mapping[str, Planner] = field(default_factory=lambda: PLANNERS)


async def reconcile(key: Key, parts: Parts) -> float | None:
    """Bring status and children to what the spec desires; return the seconds until the next reconcile, if any."""
    owner = parts.intake.owners.get(key)
    if owner is None or owner.manifest["metadata"].get("deletionTimestamp"):
        forget(key, parts)
        return None  # the garbage collector takes the children
    # From what the watch has shown, which may be overtaken: the status write is fenced by the resourceVersion, and
    # proves that it was not (decision 0011). Reading first would prove nothing: the object may change after it, too.
    manifest, plan = owner.manifest, await make_plan(owner.manifest, parts)
    if plan.status == manifest.get("status") and (plan.writes or plan.tidy):
        # Without a status write there is no such proof: the spec may have changed, or the object be gone.
        fresh = await read_afresh(key, parts)
        if fresh is None or fresh["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            return None if fresh is None else 0.0
    return await carry_out(manifest, plan, parts)


def forget(key: Key, parts: Parts) -> None:
    """Forget what was learned by acting for an object that is gone."""
    parts.refusals.pop(key, None)
    parts.observer.strangers.forget_all(key)


async def make_plan(manifest: Manifest, parts: Parts) -> Plan:
    """Return the plan for what was observed, the refusal of a child in an earlier reconcile included."""
    try:
        plan = await parts.planners[manifest["kind"]](manifest, parts.observer)
    except ValidationError as error:
        return plan_invalid(manifest, error, parts.observer.clock())
    refusal = known_refusal(manifest, parts)
    return plan_refused(manifest, plan, refusal, parts.observer.clock()) if refusal else plan


async def carry_out(manifest: Manifest, plan: Plan, parts: Parts) -> float | None:
    """Record the plan in the status, then write the children, then emit the Events."""
    # Record first. What was decided must survive a crash between two writes: the next process reads the record and
    # carries on, instead of deciding again from children that are half done.
    try:
        await record(manifest, plan, parts)
    except Refused as refusal:
        # A mistake of ours: the status does not fit the schema. Acting on a decision that cannot be recorded would
        # repeat it for ever, so that only this is said.
        plan = plan_unwritable(manifest, str(refusal), parts.observer.clock())
        await record(manifest, plan, parts)
        await parts.recorder.tell(manifest, plan.events)
        return REFUSED_AGAIN_SECONDS
    try:
        failures = await act(manifest, plan, parts)
    finally:
        # Whatever became of the children: the decision stands in the status, and people must hear of it.
        await parts.recorder.tell(manifest, plan.events)
    return look_again(manifest, plan, failures, parts)


async def record(manifest: Manifest, plan: Plan, parts: Parts) -> None:
    """Write the plan's status unless it is recorded already; raise Conflict when the plan was overtaken."""
    if plan.status == manifest.get("status"):
        return
    # Whole, by PUT with the resourceVersion that the plan was made from. A server-side apply has no such fence: two
    # operators that both believe to lead could both promote.
    try:
        await parts.cluster.write_status({**manifest, "status": plan.status})
    except Conflict:
        # The watch may be behind for seconds; read now, the next attempt can succeed.
        await read_afresh(key_of(manifest), parts)
        raise
    log_record(manifest, plan)


def log_record(manifest: Manifest, plan: Plan) -> None:
    """Log what was recorded: the decision about a rollout, or else the summary condition."""
    summary = plan.status["conditions"][0]
    action = plan.decided.action if plan.decided else f"{summary['type']}={summary['status']}"
    message = plan.decided.message if plan.decided else summary["message"]
    # Counts are recorded once a minute for each canary that is held: no news for whoever reads a log.
    has_news = plan.status["conditions"] != (manifest.get("status") or {}).get("conditions")
    level = logging.INFO if has_news or plan.decided else logging.DEBUG
    extra = {"key": str(key_of(manifest)), "reason": summary["reason"]}
    logger.log(level, "Recording %s: %s", action, message, extra=extra)


async def act(manifest: Manifest, plan: Plan, parts: Parts) -> list[ClusterError]:
    """Try every write of the plan, phase by phase; return what failed."""
    failures = await try_each(manifest, plan.traffic, parts)
    stays = bool(failures)
    failures += await try_each(manifest, plan.scale, parts)
    # `rest` scales old revisions down. While a Service still selects them, that would lose requests.
    if not stays:
        failures += await try_each(manifest, plan.rest, parts)
    for patch in plan.tidy:
        try:
            await parts.cluster.apply(patch)
        except (Refused, Conflict) as refusal:
            logger.info("Leaving as it is: %s", refusal, extra={"key": str(key_of(manifest))})
    return failures


async def try_each(manifest: Manifest, writes: Iterable[Write], parts: Parts) -> list[ClusterError]:
    """Try each write, whatever happened to the others; return what failed."""
    # One refused child (a quota, a webhook) must not keep another Service on a bad revision.
    failures: list[ClusterError] = []
    for write in writes:
        try:
            await carry_out_one(manifest, write, parts)
        except ClusterError as error:
            failures.append(error)
    return failures


async def carry_out_one(manifest: Manifest, write: Write, parts: Parts) -> None:
    """Write one child; raise ClusterError when that failed."""
    extra = {"key": str(key_of(manifest))}
    if isinstance(write, Delete):
        logger.info("Deleting %s", write.key, extra=extra)
        if not await parts.cluster.delete(write.key, write.uid):
            # A watch that began after the deletion never shows it, and what is held would be deleted for ever.
            parts.intake.forget_child(write.key, write.uid)
        return
    child = key_of(write.manifest)
    logger.info(
        "Applying %s" if isinstance(write, Apply) and not write.is_new else "Creating %s", child, extra=extra
    )
    try:
        if isinstance(write, Create):
            await parts.cluster.create(write.manifest)
        else:
            await parts.cluster.apply(write.manifest, is_new=write.is_new)
    except AlreadyExists:
        # The watch does not show it, or the plan would have had it: it lacks our label. The next reconcile asks for it.
        parts.observer.strangers.add(key_of(manifest), child)
        raise


def look_again(manifest: Manifest, plan: Plan, failures: list[ClusterError], parts: Parts) -> float | None:
    """Return the seconds until the next reconcile; raise failures that may pass, so that the worker backs off."""
    refused = [error for error in failures if isinstance(error, Refused)]
    if any(error.cause == NAMESPACE_TERMINATING for error in refused):
        return None  # the object goes with its namespace
    # A refusal is an answer, not a failure: backing off would hide it, and it is recorded instead.
    others = [e for e in failures if not isinstance(e, Refused | AlreadyExists)]
    before, said = known_refusal(manifest, parts), "; ".join(map(str, refused))
    if said or before:
        parts.refusals[key_of(manifest)] = said
    if others:
        raise others[0] if len(others) == 1 else ClusterError("; ".join(map(str, others)))
    # At once, to record a refusal that is new or over, or to observe the object that has the name. Not for other words
    # of a standing one: a quota's numbers may change with each attempt.
    if bool(said) != bool(before) or any(isinstance(error, AlreadyExists) for error in failures):
        return 0.0
    return REFUSED_AGAIN_SECONDS if said else plan.look_again


def known_refusal(manifest: Manifest, parts: Parts) -> str:
    """Return the last refusal of a child: of this process, or else the recorded one of an earlier process."""
    known = parts.refusals.get(key_of(manifest))
    return refusal_in(manifest) if known is None else known


async def read_afresh(key: Key, parts: Parts) -> Manifest | None:
    """Return the object as the API server has it now, and remember it; None when it is gone or being deleted."""
    fresh = await parts.cluster.get(KINDS[key.kind], key.namespace, key.name)
    if fresh is None:
        return None
    parts.learn(fresh)
    return None if fresh["metadata"].get("deletionTimestamp") else fresh


async def plan_for_training(manifest: Manifest, observer: Observer) -> Plan:
    """Return the plan of a TrainingJob."""
    return plan_training(await observer.observe_training(manifest))


async def plan_for_version(manifest: Manifest, observer: Observer) -> Plan:
    """Return the plan of a ModelVersion."""
    return plan_version(await observer.observe_version(manifest))


async def plan_for_deployment(manifest: Manifest, observer: Observer) -> Plan:
    """Return the plan of a ModelDeployment."""
    return plan_deployment(await observer.observe_deployment(manifest))


PLANNERS: Mapping[str, Planner] = {
    TRAINING_JOB.kind: plan_for_training,
    MODEL_VERSION.kind: plan_for_version,
    MODEL_DEPLOYMENT.kind: plan_for_deployment,
}
