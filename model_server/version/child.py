"""Work that may crash, done in a child process: whatever ends the child, its parent lives to tell."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

FAILED_EXIT = 1


@dataclass(frozen=True)
class Ending:
    """How a child ended: what it answered, and the signal or exit code that ended it."""

    answer: bytes
    exit_code: int  # -11 for signal 11, as subprocess has it

    @property
    def signal(self) -> str:
        """Return the name of the signal that ended the child, such as SIGSEGV; empty when none did."""
        return signal.Signals(-self.exit_code).name if self.exit_code < 0 else ""


def run_in_child(work: Callable[[], bytes]) -> Ending:
    """Return how a forked child ended that did the work; SIGTERM ends this process and the child at once.

    A process that has used OpenMP must not call this: fork does not copy its threads.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        answer(work, writer)
    os.close(writer)
    with ended_together(child), os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
        _, status = os.waitpid(child, 0)
    return Ending(told, os.waitstatus_to_exitcode(status))


@contextmanager
def ended_together(child: int) -> Iterator[None]:
    """End this process and its child when SIGTERM comes, which process 1 of a container would ignore."""

    def end(number: int, _: object) -> NoReturn:
        os.kill(child, signal.SIGKILL)
        os._exit(128 + number)

    former = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def answer(work: Callable[[], bytes], writer: int) -> NoReturn:
    """Write what the work returns, and end without what the parent left to do at its own exit."""
    code = FAILED_EXIT
    try:
        # The parent may have handlers; the child is ended by whatever is sent to it.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(work())
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
