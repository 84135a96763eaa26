"""Play every story: `python -m tests.core.rollouts` names those whose transcript differs, and --write accepts them."""

from __future__ import annotations

import asyncio
import sys

from tests.core.rollouts.golden import GOLDEN, path_of
from tests.core.rollouts.simulation import play
from tests.core.rollouts.stories import STORIES


def main(*, is_written: bool) -> int:
    different = 0
    for sentence, story in STORIES.items():
        text, path = asyncio.run(play(story)).text(), path_of(sentence)
        if path.exists() and path.read_text() == text:
            continue
        different += 1
        print(sentence)
        if is_written:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for path in set(GOLDEN.rglob("*.txt")) - {path_of(sentence) for sentence in STORIES}:
        print(f"no story any more: {path.name}")
        if is_written:
            path.unlink()
    return 0 if is_written or not different else 1


if __name__ == "__main__":
    sys.exit(main(is_written="--write" in sys.argv[1:]))
