"""One frame of the live view: a ModelDeployment as text, drawn from the object alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

from leeway.api.condition import READY, RECONCILING, SERVING, STALLED, Condition
from leeway.api.deployment.record import Decision
from leeway.api.gates import Verdict, VerdictState
from leeway.api.kinds import Manifest
from leeway.api.model_deployment import ModelDeployment, ModelDeploymentStatus
from leeway.cli.live.revisions import draw_revisions
from leeway.cli.live.words import clipped, duration, in_columns
from leeway.core.codec import read_status

_HEADINGS = ("GATE", "STATE", "EFFECT", "BOUNDS", "THRESHOLD", "ROWS", "ON FAIL")
_DECISIONS = 4
_MESSAGE_LINES = 3
_TOLD_ELSEWHERE = (SERVING, RECONCILING, STALLED)  # Ready has the message of these


def render(manifest: Manifest, now: datetime, width: int) -> str:
    """Return the ModelDeployment as lines of at most `width` characters: revisions, weight, gates, decisions.

    The frame depends on nothing but the arguments. A field of the status that cannot be read counts as absent.
    """
    status = read_status(ModelDeploymentStatus, manifest)
    deployment = ModelDeployment.model_validate({**manifest, "status": status})
    blocks = (
        [_title(deployment, now)],
        draw_revisions(deployment, now),
        list(_verdicts(status, width)),
        list(_decisions(status.decisions, now, width)),
        list(_conditions(status.conditions, width)),
    )
    lines = "\n\n".join("\n".join(block) for block in blocks if block).splitlines()
    return "\n".join(clipped(line, width) for line in lines)


def _title(deployment: ModelDeployment, now: datetime) -> str:
    metadata = deployment.metadata
    ready = next((one for one in deployment.status.conditions if one.type == READY), None)
    state = f"{READY} {ready.status} {ready.reason}" if ready else "no status yet: is the operator running?"
    return f"{metadata.namespace}/{metadata.name}  {now:%H:%M:%S}  {state}"


def _verdicts(status: ModelDeploymentStatus, width: int) -> Iterator[str]:
    """Yield a table of the canary's gates, or of what the guard asks of stable, each with what it lacks."""
    verdicts = status.verdicts or (status.guard.verdicts if status.guard else ())
    if not verdicts:
        return
    heading = "GATE" if status.verdicts else "GUARD"
    rows = in_columns([(heading, *_HEADINGS[1:]), *map(_verdict, verdicts)])
    yield rows[0]
    for row, verdict in zip(rows[1:], verdicts, strict=True):
        yield row
        if verdict.state is not VerdictState.PASS:
            yield from _message(verdict.message, width)


def _verdict(verdict: Verdict) -> Sequence[str]:
    rows = f"{verdict.canary_rows:,}"
    planned = f" of {verdict.planned_rows:,}" if verdict.planned_rows is not None else ""
    return (
        verdict.name,
        verdict.state,
        _short(verdict.effect),
        _bounds(verdict),
        _short(verdict.threshold),
        rows + planned,
        verdict.on_fail,
    )


def _bounds(verdict: Verdict) -> str:
    if verdict.lower is None and verdict.upper is None:
        return ""
    return f"{_short(verdict.lower)} .. {_short(verdict.upper) or 'none'}"


def _short(decimal: str | None) -> str:
    return "" if decimal is None else f"{float(decimal):.3g}"


def _decisions(decisions: Sequence[Decision], now: datetime, width: int) -> Iterator[str]:
    if decisions:
        yield "DECISIONS"
    for decision in decisions[-_DECISIONS:]:
        yield f"{duration(now - decision.time):>6} ago  {decision.action} ({decision.reason})"
        yield from _message(decision.message, width)


def _conditions(conditions: Sequence[Condition], width: int) -> Iterator[str]:
    if conditions:
        yield "CONDITIONS"
    for condition in conditions:
        yield f"  {condition.type} {condition.status} {condition.reason}"
        if condition.type not in _TOLD_ELSEWHERE:
            yield from _message(condition.message, width)


def _message(message: str, width: int) -> Iterator[str]:
    """Yield a sentence in a few indented lines."""
    indent = " " * 4
    yield from textwrap.wrap(
        message, max(20, width), initial_indent=indent, subsequent_indent=indent,
        max_lines=_MESSAGE_LINES, placeholder=" ...",
    )  # fmt: skip
