"""The rollouts whose transcripts are kept, by folder and sentence."""

from __future__ import annotations

from tests.core.rollouts.simulation import Story
from tests.core.rollouts.stories import commands, edits, evidence, gates, good, pods

FOLDERS = {
    "good": good.STORIES,
    "gates": gates.STORIES,
    "evidence": evidence.STORIES,
    "pods": pods.STORIES,
    "commands": commands.STORIES,
    "edits": edits.STORIES,
}
# As "gates/DataDrift fails at step 1".
STORIES: dict[str, Story] = {
    f"{folder}/{sentence}": story
    for folder, stories in FOLDERS.items()
    for sentence, story in stories.items()
}
