"""How fast this machine is at this moment: other work on it makes every CPU second worth less."""

from __future__ import annotations

import json
import time

REPEATS = 7
DOCUMENTS = 300

DOCUMENT = {f"field-{number}": {"name": f"column_{number}", "rows": [number] * 8} for number in range(40)}


def measure_machine() -> float:
    """Return the CPU milliseconds of a fixed piece of work, writing and reading JSON: the median of a few."""
    return sorted(_time_once() for _ in range(REPEATS))[REPEATS // 2]


def _time_once() -> float:
    started = time.process_time()
    for _ in range(DOCUMENTS):
        json.loads(json.dumps(DOCUMENT))
    return 1000 * (time.process_time() - started)
