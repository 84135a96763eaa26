"""Where the golden transcripts are."""

from __future__ import annotations

from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "golden" / "rollouts"


def path_of(sentence: str) -> Path:
    """Return the file of a story, as gates/datadrift-fails-at-step-1.txt."""
    return GOLDEN / f"{sentence.lower().replace(' ', '-').replace(chr(39), '')}.txt"
