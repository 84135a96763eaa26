"""What must hold in every rollout, whatever happens: each check returns what is wrong, as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leeway.api.deployment.record import Decision
from leeway.api.deployment.rollout import OnInconclusive
from leeway.api.gates import Gate, OnFail
from leeway.core.gates.question import ON_FAIL
from tests.core.rollouts.picture import Picture
from tests.core.rollouts.transcript import OPERATOR, Frame, Transcript

Check = Callable[[Transcript], list[str]]


def enough_pods_answer(transcript: Transcript) -> list[str]:
    """No write of the operator leaves fewer ready pods to the requests than asked, or than there were."""
    wrong = []
    for frame in _writes(transcript):
        before, after = frame.before, frame.picture
        # What a rejected or superseded canary answered is given up; the pods of the others are counted on.
        shared = {after.stable, after.canary, after.former} - {None}
        there = sum(before.staying(name) for name in shared if before.selects(str(name)))
        if after.answering < min(after.spec.replicas, there):
            wrong.append(f"{_at(frame)}: {after.answering} ready pods answer, of {there} before it")
    return wrong


def stable_is_not_shrunk_first(transcript: Transcript) -> list[str]:
    """Stable gives pods up only for pods of the canary that are ready."""
    wrong = []
    for frame in _writes(transcript):
        after, stable = frame.picture, frame.picture.stable
        if stable is None or after.canary is None or not _is_shrunk(stable, frame):
            continue
        size, beside = after.sizes[stable], after.staying(after.canary)
        if size.ready and size.asked + beside < after.spec.replicas:
            wrong.append(
                f"{_at(frame)}: stable {stable} has {size.asked} pods beside {beside} ready ones of the canary"
            )
    return wrong


def sizes_do_not_waver(transcript: Transcript) -> list[str]:
    """No revision is grown and shrunk again in one moment."""
    changes: dict[tuple[int, str], set[bool]] = {}
    for frame in _writes(transcript):
        for name in frame.picture.sizes:
            before, after = _asked(frame.before, name), _asked(frame.picture, name)
            if before != after:
                changes.setdefault((frame.second, name), set()).add(after > before)
    return [
        f"{second} s: {name} is grown and shrunk" for (second, name), ways in changes.items() if len(ways) > 1
    ]


def nothing_is_promoted_unproven(transcript: Transcript) -> list[str]:
    """A step ends, and a canary is promoted, with every gate at Pass, by a command or as onInconclusive says."""
    return [
        f"{_at(frame)}: {decision.action} of {decision.model_version_name} with {', '.join(missing)}"
        for frame in _writes(transcript)
        for decision in _decided(frame)
        if decision.action == "Promote" or (decision.action == "EnterStep" and _is_later_step(frame.before))
        if not _needs_no_proof(frame.before, frame.picture)
        if (missing := list(_unproven(frame.before)))
    ]


def what_was_rejected_stays_out(transcript: Transcript) -> list[str]:
    """No pod of a rejected revision is started."""
    return [
        f"{_at(frame)}: {name} gets {frame.picture.sizes[name].asked} pods, though it is rejected"
        for frame in _writes(transcript)
        for name in _taken_back(transcript, frame)
        if name in frame.picture.sizes
        if _asked(frame.picture, name) > _asked(frame.before, name)
    ]


def requests_go_first(transcript: Transcript) -> list[str]:
    """A revision that is given up is scaled down only when no request reaches it any more."""
    return [
        f"{_at(frame)}: {name} is scaled down while requests go to it"
        for frame in _writes(transcript)
        for name in frame.before.sizes
        if name not in (frame.picture.stable, frame.picture.canary)
        if _is_shrunk(name, frame) and frame.before.selects(name)
        if frame.before.staying(name)
    ]


def requests_are_shared_by_two(transcript: Transcript) -> list[str]:
    """While the main Service selects all revisions, no other than stable and canary has pods."""
    return [
        f"{_at(frame)}: requests go to {name}, which is neither stable nor canary"
        for frame in _writes(transcript)
        if frame.picture.services.get("iris") == "*" and frame.before.services.get("iris") != "*"
        for name, size in frame.picture.sizes.items()
        if name not in (frame.picture.stable, frame.picture.canary) and size.pods
    ]


def each_canary_ends_once(transcript: Transcript) -> list[str]:
    """Between its start and the next one a canary is promoted, rolled back or ended once at most."""
    wrong, ended, ids = [], {}, set()
    for frame in _writes(transcript):
        for decision in _decided(frame):
            if decision.id in ids:
                wrong.append(f"{_at(frame)}: decision {decision.id} is made twice")
            ids.add(decision.id)
            if decision.action == "StartCanary":
                ended[decision.revision] = ""
            if decision.action in ("Promote", "EndCanary") or (
                decision.action == "RollBack"
                and decision.revision != (frame.before.status.stable or decision).revision
            ):
                if former := ended.get(decision.revision):
                    wrong.append(
                        f"{_at(frame)}: {decision.action} of {decision.model_version_name} after {former}"
                    )
                ended[decision.revision] = decision.action
    return wrong


CHECKS: tuple[Check, ...] = (
    enough_pods_answer, stable_is_not_shrunk_first, sizes_do_not_waver, nothing_is_promoted_unproven,
    what_was_rejected_stays_out, requests_go_first, requests_are_shared_by_two, each_canary_ends_once,
)  # fmt: skip


def _writes(transcript: Transcript) -> Iterator[Frame]:
    return (frame for frame in transcript.frames if frame.by == OPERATOR)


def _at(frame: Frame) -> str:
    return f"{frame.second} s, {frame.told}"


def _asked(picture: Picture, name: str) -> int:
    size = picture.sizes.get(name)
    return size.asked if size else 0


def _is_shrunk(name: str, frame: Frame) -> bool:
    return _asked(frame.picture, name) < _asked(frame.before, name)


def _decided(frame: Frame) -> list[Decision]:
    known = {decision.id for decision in frame.before.status.decisions}
    return [decision for decision in frame.picture.status.decisions if decision.id not in known]


def _is_later_step(picture: Picture) -> bool:
    canary = picture.status.canary
    return canary is not None and canary.step > 0 and canary.step_time is not None


def _needs_no_proof(before: Picture, after: Picture) -> bool:
    canary, stable, command = before.status.canary, before.status.stable, after.status.command
    is_just_commanded = command != before.status.command
    # Where its pods were too few it has grown since.
    is_grown = canary is not None and canary.step > 1 and canary.resumed_step == canary.step
    is_commanded = command is not None and command.name == "promote" and (is_just_commanded or is_grown)
    has_nobody = stable is None or stable.unready_time is not None
    return is_commanded or has_nobody or canary is None or canary.is_return


def _unproven(picture: Picture) -> Iterator[str]:
    """Yield the gates that stand against a promotion."""
    may_be_unknown = picture.spec.rollout.on_inconclusive is OnInconclusive.PROMOTE
    for gate in picture.spec.gates:
        state = picture.judged.get(gate.told_as, "Unknown")
        is_let_through = _only_tells(gate) if state == "Fail" else may_be_unknown
        if state != "Pass" and not gate.dry_run and not is_let_through:
            yield f"{gate.told_as} {state}"


def _only_tells(gate: Gate) -> bool:
    return (gate.on_fail or ON_FAIL[gate.metric]) is OnFail.NOTIFY


def _taken_back(transcript: Transcript, until: Frame) -> set[str]:
    """Return the versions that were rolled back before this frame, and not retried since."""
    out: set[str] = set()
    for frame in _writes(transcript):
        for decision in _decided(frame):
            command = frame.picture.status.command
            if decision.action == "RollBack" and (one := decision.model_version_name):
                out.add(one)
            if decision.action == "TakeBack" and frame.before.stable:
                out.add(frame.before.stable)
            if decision.action == "Obey" and command and command.name == "retry" and command.is_done:
                out.clear()
        if frame is until:
            return out
    return out
