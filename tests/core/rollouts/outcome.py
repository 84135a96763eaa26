"""What became of a rollout, without the times: the same in whatever order things were looked at."""

from __future__ import annotations

from dataclasses import dataclass

from leeway.core.conditions import find_condition
from tests.core.rollouts.picture import Size
from tests.core.rollouts.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decisions in their order, and what was left in the end."""

    decisions: tuple[str, ...]
    who: tuple[str | None, ...]
    rejected: frozenset[str]
    ready: tuple[str, str]
    command: tuple[str, bool]
    services: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, Size], ...]


def outcome_of(transcript: Transcript) -> Outcome:
    last = transcript.last
    ready = find_condition(last.status.conditions, "Ready")
    command = last.status.command
    return Outcome(
        decisions=tuple(
            f"{one.id} {one.action} {one.model_version_name} {one.step}" for one in last.status.decisions
        ),
        who=(last.stable, last.canary, last.former),
        rejected=last.rejected,
        ready=(ready.status, ready.reason) if ready else ("", ""),
        command=(command.name, command.is_done) if command else ("", False),
        services=tuple(last.services.items()),
        sizes=tuple(sorted(last.sizes.items())),
    )
