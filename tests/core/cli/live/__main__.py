"""Draw every scene: `python -m tests.core.cli.live` writes the golden frames."""

from __future__ import annotations

from tests.core.cli.live.golden import draw, path_of
from tests.core.cli.live.scenes import SCENES

for sentence in SCENES:
    path_of(sentence).write_text(draw(sentence))
