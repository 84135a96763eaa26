"""Where a pod says how it ended."""

import os
import sys
from pathlib import Path

from model_server.outcome import Outcome, to_message, write_outcome

PATH = "/dev/termination-log"


def report(outcome: Outcome) -> None:
    """Write the outcome to the termination log, where there is one, and as a line to standard output."""
    path = Path(os.environ.get("LEEWAY_TERMINATION_LOG", PATH))
    if path.exists():
        write_outcome(path, outcome)
    sys.stdout.write(to_message(outcome).decode() + "\n")
    sys.stdout.flush()
