"""Obey the commands that people give by annotation: each token once, and whatever cannot be done is said.

A person sets both annotations at once: leeway.dev/command to the command, and leeway.dev/command-token to a text that
was not used before. The answer is in status.command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from leeway.api.condition import READY
from leeway.api.deployment.record import Command
from leeway.api.reasons import Reason
from leeway.core.conditions import is_true
from leeway.core.deployment.decision import Action, Decision, Move
from leeway.core.deployment.moves import grow, promote_now, return_to_former, roll_back_canary
from leeway.core.deployment.revision import Revision, Rollout
from leeway.core.deployment.steps import is_sharing
from leeway.core.deployment.world import World
from leeway.core.names import ANNOTATION_COMMAND, ANNOTATION_COMMAND_TOKEN

# As much as the status holds: two longer tokens could not be told apart.
LONGEST = 128

# A move, or why there is none.
Answer = Move | str


def obey(seen: World) -> Move | None:
    """Return the move that answers a command, None where none is given or the last one was answered."""
    name, token = (_given(seen, annotation) for annotation in (ANNOTATION_COMMAND, ANNOTATION_COMMAND_TOKEN))
    last = seen.rollout.command or Command()
    if (name, token) in (("", ""), (last.name, last.token)):
        return None
    answer = _complaint(name, token, last) or COMMANDS[name](seen)
    move = _told(seen, seen.rollout, answer) if isinstance(answer, str) else answer
    said = answer if isinstance(answer, str) else move.decision.message
    command = Command(
        name=name, token=token, time=seen.now, is_done=not isinstance(answer, str), message=said
    )
    return replace(move, rollout=replace(move.rollout, command=command))


def _given(seen: World, annotation: str) -> str:
    annotations = seen.manifest["metadata"].get("annotations") or {}
    return str(annotations.get(annotation, "")).strip()[:LONGEST]


def _complaint(name: str, token: str, last: Command) -> str:
    """Return what is wrong with the two annotations; empty if nothing is."""
    if not name:
        return f"the token {token} is without a command: set {ANNOTATION_COMMAND} to one of {_known()}"
    if not token:
        return f"the command {name} is without a token: set {ANNOTATION_COMMAND_TOKEN} to a text that you have not used"
    if name not in COMMANDS:
        return f"there is no command {name}: set {ANNOTATION_COMMAND} to one of {_known()}"
    if len(token) == LONGEST:
        return f"the token is too long: set {ANNOTATION_COMMAND_TOKEN} to fewer than {LONGEST} characters"
    # A token that was said to lack its command has been answered, and not used.
    if last.name and token == last.token:
        return (
            f"the token {token} was used for the command {last.name}: set another one with the command {name}"
        )
    return ""


def _known() -> str:
    return ", ".join(COMMANDS)


def _promote(seen: World) -> Answer:
    canary = seen.rollout.canary
    if canary is None:
        return "there is no canary to promote"
    if seen.spec.paused:
        return (
            f"spec.paused is true: set it to false, then promote version {canary.version} with another token"
        )
    recipe = seen.recipes.get(canary.hash)
    if recipe is not None and not recipe.is_ready:
        return f"ModelVersion {canary.version} is not ready, and may not be promoted: {recipe.message}"
    # One that answers already only has to grow.
    if not (seen.is_available(canary) or is_sharing(seen.rollout)):
        count = f"{seen.workload_of(canary).ready} of {seen.size_of(canary)} replicas are ready"
        return f"version {canary.version} is not available ({count}): command it again, with another token, when it is"
    going = replace(seen, rollout=replace(seen.rollout, paused_since=None))
    return promote_now(going) if _has_all_pods(going, canary) else grow(going, "by the command promote")


def _abort(seen: World) -> Answer:
    canary, stable = seen.rollout.canary, seen.rollout.stable
    if canary is None:
        return "there is no canary to take back"
    if stable is None:
        return f"version {canary.version} is the first one: name another in spec.modelVersionName instead"
    if not seen.workload_of(stable).ready:
        return f"no pod of stable {stable.version} is ready: without the canary nothing would answer"
    return roll_back_canary(seen, Reason.ABORTED, "by the command abort")


def _retry(seen: World) -> Answer:
    desired = seen.desired
    if desired is None or not seen.rollout.has_rejected(desired):
        return f"version {seen.spec.model_version_name} is not rejected: there is nothing to try again"
    left = tuple(one for one in seen.rollout.rejected if one.revision != desired.hash)
    return _told(
        seen,
        replace(seen.rollout, rejected=left),
        f"version {desired.version} may be started again: its rejection is lifted",
        desired,
    )


def _pause(seen: World) -> Answer:
    since = seen.rollout.paused_since
    if since is not None:
        return f"rollouts are paused already, since {since:%Y-%m-%d %H:%M:%S} UTC"
    paused = replace(seen.rollout, paused_since=seen.now)
    return _told(
        seen, paused, "rollouts are paused: none starts, goes on or ends until the command resume or promote"
    )


def _resume(seen: World) -> Answer:
    rollout, progress = seen.rollout, seen.rollout.progress
    at_pause = _paused_step(seen)
    if rollout.paused_since is None and not at_pause:
        also = "; spec.paused is true, set it to false" if seen.spec.paused else ""
        return f"neither are rollouts paused by a command, nor is a canary at a step with pause{also}"
    resumed = replace(progress, resumed_step=at_pause or progress.resumed_step)
    what = "the pause of the step is over" if at_pause else "rollouts go on"
    return _told(seen, replace(rollout, paused_since=None, progress=resumed), what)


def _rollback(seen: World) -> Answer:
    stable, canary = seen.rollout.stable, seen.rollout.canary
    if stable is None:
        return "there is no stable version yet"
    if canary is not None:
        return f"version {canary.version} is being rolled out: take it back first, by the command abort"
    move = return_to_former(seen, Reason.COMMANDED, "by the command rollback")
    return move or f"no revision from before {stable.version} is left to go back to (status.history)"


COMMANDS: Mapping[str, Callable[[World], Answer]] = MappingProxyType(
    {
        "promote": _promote,
        "abort": _abort,
        "retry": _retry,
        "pause": _pause,
        "resume": _resume,
        "rollback": _rollback,
    }
)


def _told(seen: World, rollout: Rollout, message: str, revision: Revision | None = None) -> Move:
    """Return the move that records an answer; the next look, at once, says what follows from it."""
    is_ready = is_true(seen.status.conditions, READY)
    decision = Decision(Action.OBEY, Reason.COMMANDED, message, revision, is_ready=is_ready)
    return Move(rollout, decision, look_again=0.0)


def _paused_step(seen: World) -> int:
    """Return the step at which the canary is, if it pauses and was not resumed; else 0."""
    at, steps = seen.rollout.progress.step, seen.spec.rollout.steps
    is_paused = 0 < at <= len(steps) and steps[at - 1].pause and seen.rollout.progress.resumed_step < at
    return at if is_paused else 0


def _has_all_pods(seen: World, canary: Revision) -> bool:
    # Promoted with the few pods of its step it would be given all requests.
    return not is_sharing(seen.rollout) or seen.workload_of(canary).available >= seen.spec.replicas
