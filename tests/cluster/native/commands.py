"""Run one command of the machine."""

import os
import subprocess
from collections.abc import Mapping, Sequence

from tests.cluster.native.refusal import RefusedError

MOST_SHOWN = 2000


def run(command: Sequence[str], given: str = "", environment: Mapping[str, str] | None = None) -> str:
    """Return what the command printed; a failure is refused with the end of what it said."""
    ended = subprocess.run(
        command,
        input=given,
        env=os.environ | dict(environment or {}),
        text=True,
        capture_output=True,
        check=False,
    )
    if ended.returncode:
        said = (ended.stdout + ended.stderr).strip()
        raise RefusedError(f"{' '.join(command)} failed:\n{said[-MOST_SHOWN:]}")
    return ended.stdout
