"""Every command at every phase, and commands that nobody can obey."""

from __future__ import annotations

from tests.core.rollouts.happenings import command, edit, judged, lifted
from tests.core.rollouts.simulation import Story
from tests.core.rollouts.stories.base import (
    AT_STEP_1,
    NEXT,
    PHASES,
    SETTLED,
    STARTING,
    STEPS,
    TWO_STEPS,
    UNTIL,
    Stories,
    passing,
)

COMMANDS = ("promote", "abort", "retry", "pause", "resume", "rollback")
PAUSING = {
    "replicas": 4,
    "rollout": {"steps": [{"weight": 25, "pause": True}, {"weight": 50, "holdSeconds": 30}]},
}

STORIES: Stories = {
    f"{name} {told}": Story(
        f"The command {name} {told}.", TWO_STEPS, (*NEXT, *passing(), (second, command(name))), UNTIL
    )
    for name in COMMANDS
    for told, second in PHASES.items()
} | {
    "a pause and its end": Story(
        "Rollouts are paused at step 1 for three minutes; then the canary goes on.",
        TWO_STEPS,
        (
            *NEXT,
            (20, judged(400, DataDrift="Pass")),
            (AT_STEP_1, command("pause", "1")),
            (210, command("resume", "2")),
            (240, judged(4_000, DataDrift="Pass")),
        ),
        UNTIL,
    ),
    "a gate fails in a pause": Story(
        "A gate that rolls back does so while rollouts are paused.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, command("pause")), (60, judged(900, DataDrift="Fail"))),
        200,
    ),
    "a step that pauses": Story(
        "A step with pause ends at the command resume, which is good for this step alone.",
        PAUSING,
        (*NEXT, (100, command("resume"))),
        240,
    ),
    "retry after an abort": Story(
        "An aborted canary is started anew by the command retry.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, command("abort", "1")), (120, command("retry", "2"))),
        200,
    ),
    "retry after a gate's Fail": Story(
        "A gate took the canary back, and its version is quarantined: the command retry alone starts nothing.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, judged(900, DataDrift="Fail")), (120, command("retry"))),
        UNTIL,
    ),
    "retry after the quarantine was lifted": Story(
        "With its quarantine lifted the version is started anew by the command retry, and judged anew.",
        TWO_STEPS,
        (
            *NEXT,
            (AT_STEP_1, judged(900, DataDrift="Fail")),
            (110, lifted("v2")),
            (120, command("retry")),
            (150, judged(400, DataDrift="Pass")),
            (220, judged(900, DataDrift="Pass")),
        ),
        UNTIL,
    ),
    "back and forth": Story(
        "After the command rollback the rejected version is started again by the command retry.",
        {"replicas": 2},
        (*NEXT, (100, command("rollback", "1")), (200, command("retry", "2"))),
        320,
    ),
    "promote is told before the pods are there": Story(
        "The command promote came too early and is not kept: another token is needed.",
        {**TWO_STEPS, "rollout": STEPS},
        (*NEXT, (STARTING, command("promote", "1")), (40, command("promote", "2"))),
        200,
    ),
    "one token is obeyed once": Story(
        "A token that was used is not obeyed again, whatever the command is now.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, command("pause", "1")), (60, command("abort", "1"))),
        200,
    ),
    "an unknown command": Story(
        "A command that there is none of is said, and changes nothing.",
        TWO_STEPS,
        ((10, command("destroy")),),
        60,
    ),
    "a command without a token": Story(
        "A command without a token is said once, and obeyed when it has one.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, command("abort", "")), (60, command("abort", "1"))),
        200,
    ),
    "a token without a command": Story(
        "A token without a command is said once; the command that follows is obeyed.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, command("", "1")), (60, command("abort", "1"))),
        200,
    ),
    "a command stays in the manifest": Story(
        "A command that GitOps keeps in the manifest is obeyed once: the next rollout is not promoted by it.",
        TWO_STEPS,
        (*NEXT, (AT_STEP_1, command("promote")), (SETTLED, edit(modelVersionName="v3"))),
        UNTIL,
    ),
}
