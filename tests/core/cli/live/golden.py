"""Where the golden frames are, and how they are drawn."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from leeway.cli.live.frame import render
from tests.core.cli.live.scenes import NOW, SCENES

GOLDEN = Path(__file__).parents[3] / "golden" / "frames"
WIDTH = 100


def path_of(sentence: str) -> Path:
    return GOLDEN / f"{sentence.replace(' ', '-')}.txt"


def draw(sentence: str) -> str:
    return render(SCENES[sentence], datetime.fromisoformat(NOW), WIDTH) + "\n"
