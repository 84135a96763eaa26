"""How a pod that does one thing ends, and where it says so."""

import os
import signal
import sys
from pathlib import Path
from threading import Thread

from model_server.contract.outcome import Outcome, to_message, write_outcome

PATH = "/dev/termination-log"
TERMINATED_EXIT = 128 + signal.SIGTERM


def termination_log() -> Path | None:
    """Return the file that the kubelet reads when the container ends; None outside of pods."""
    path = Path(os.environ.get("LEEWAY_TERMINATION_LOG", PATH))
    return path if os.access(path, os.W_OK) else None


def report(outcome: Outcome) -> None:
    """Write the outcome to the termination log, where there is one, and as a line to standard output."""
    path = termination_log()
    if path:
        write_outcome(path, outcome)
    sys.stdout.write(to_message(outcome).decode() + "\n")
    sys.stdout.flush()


def exit_on_sigterm() -> None:
    """Let SIGTERM end the process at once with 143, also while compiled code runs.

    Process 1 of a container would ignore it, and a trainer that lives on writes into the folder of the next.
    """
    # A handler in Python runs between two instructions of Python, and one call of scikit-learn may take minutes.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(TERMINATED_EXIT))
    signal.set_wakeup_fd(writer)
    Thread(target=wait_for_sigterm, args=(reader,), daemon=True).start()


def wait_for_sigterm(reader: int) -> None:
    """Exit when the number of SIGTERM arrives; Python's own handler waits for compiled code to return."""
    while number := os.read(reader, 1):
        if number[0] == signal.SIGTERM:
            os._exit(TERMINATED_EXIT)
