"""The workers that reconcile ready keys; one bad key never stops the others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from leeway.api.kinds import Key
from leeway.shell.cluster import ClusterError, Conflict
from leeway.shell.telemetry import Telemetry
from leeway.workqueue import WorkQueue

# A request may take `cluster.TOTAL_SECONDS`, and an ordinary reconcile sends one or two.
PASS_SECONDS = 30.0

Reconcile = Callable[[Key], Awaitable[float | None]]

logger = logging.getLogger(__name__)


async def work(queue: WorkQueue, reconcile: Reconcile, telemetry: Telemetry) -> None:
    """Reconcile the keys of the queue, one after the other, until it is closed."""
    while (key := await queue.get()) is not None:
        try:
            with telemetry.timed_pass(key.kind):
                result = await _look_at(key, queue, reconcile)
            telemetry.count_pass(key.kind, result)
        finally:
            queue.done(key)


async def _look_at(key: Key, queue: WorkQueue, reconcile: Reconcile) -> str:
    try:
        async with asyncio.timeout(PASS_SECONDS):
            wanted_in = await reconcile(key)
    except Conflict as conflict:
        # Somebody changed the object meanwhile, most often its user. Ordinary, so not a warning.
        logger.debug("Reconciling again: %s", conflict, extra={"key": str(key)})
        queue.add_rate_limited(key)
        return "conflict"
    except ClusterError as error:
        logger.warning("Reconciling failed: %s", error, extra={"key": str(key)})
        queue.add_rate_limited(key)
        return "error"
    except TimeoutError:
        logger.warning("Reconciling took longer than %.0f s", PASS_SECONDS, extra={"key": str(key)})
        queue.add_rate_limited(key)
        return "timeout"
    except Exception:
        # A mistake of ours in one object's case; the other objects still need this worker.
        logger.exception("Reconciling broke down", extra={"key": str(key)})
        queue.add_rate_limited(key)
        return "crash"
    queue.forget(key)
    if wanted_in is not None:
        queue.add_after(key, wanted_in)
    return "ok"
