"""What happened in a rollout, frame by frame, and the text that people read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from leeway.core.conditions import find_condition
from tests.core.rollouts.picture import Names, Picture

WORLD, OPERATOR = "world", "operator"


@dataclass(frozen=True, slots=True)
class Frame:
    """One change, by the world or by the operator, the picture after it, and that before a write of the operator."""

    second: int
    by: str
    told: str
    picture: Picture
    before: Picture


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole rollout; the first frame is where it begins."""

    about: str
    frames: tuple[Frame, ...]
    names: Names

    @property
    def last(self) -> Picture:
        return self.frames[-1].picture

    def text(self) -> str:
        """Return the transcript as people read it."""
        lines = [self.about, "", _standing(self.frames[0].picture)]
        pairs = groupby(pairwise(self.frames), key=lambda pair: pair[1].second)
        for second, moment in pairs:
            lines += _moment(second, list(moment))
        return self.names.in_words("\n".join(lines)) + "\n"


def _moment(second: int, pairs: list[tuple[Frame, Frame]]) -> list[str]:
    lines = [line for before, after in pairs for line in _change(before, after)]
    before, after = pairs[0][0].picture, pairs[-1][1].picture
    # How things stand is told once a moment, as it is in the end.
    for told in (_summary, _standing):
        if told(after) != told(before):
            lines.append(told(after))
    return ["", f"{second // 60}:{second % 60:02}", *lines] if lines else []


def _change(before: Frame, after: Frame) -> Iterator[str]:
    if after.by == WORLD:
        yield f"  {after.told}"
        return
    if after.told == "status":
        yield from _recorded(before.picture, after.picture)
    else:
        yield f"      {after.told}"


def _recorded(before: Picture, after: Picture) -> Iterator[str]:
    """Yield what is new in the status; counts alone are not told."""
    known = {one.id for one in before.status.decisions}
    for decision in after.status.decisions:
        if decision.id not in known:
            at = f" at step {decision.step}" if decision.step else ""
            yield f"    decides {decision.action}{at} ({decision.reason}): {decision.message}"
    if (command := after.status.command) and command != before.status.command:
        yield f"    answers {command.name or '(none)'}: {'done' if command.is_done else 'not done'}: {command.message}"


def _summary(picture: Picture) -> str:
    ready = find_condition(picture.status.conditions, "Ready")
    stalled = find_condition(picture.status.conditions, "Stalled")
    if ready is None:
        return "    Ready is unknown"
    return f"    Ready {ready.status} {ready.reason}{' (stalled)' if stalled else ''}: {ready.message}"


def _standing(picture: Picture) -> str:
    """Return where requests go, and the pods of each revision."""
    status = picture.status
    roles = {"stable": picture.stable, "canary": picture.canary, "former": picture.former}
    step = f" step {status.step}" if status.step else ""
    weight = f" weight {status.weight.actual}/{status.weight.desired}" if status.weight else ""
    rejected = f"; rejected {', '.join(sorted(picture.rejected))}" if picture.rejected else ""
    who = ", ".join(f"{role} {version}" for role, version in roles.items() if version) or "nothing"
    pods = ", ".join(
        f"{name} {size.ready}/{size.asked}"
        for name, size in sorted(picture.sizes.items())
        if size.asked or size.pods
    )
    to = picture.services.get("iris", "nobody")
    return f"    = {who}{step}{weight}{rejected}; requests to {to}; pods {pods or 'none'}"
