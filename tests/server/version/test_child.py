"""Whatever a child does, its parent learns how it ended."""

import faulthandler
import os
import signal
from collections.abc import Callable

import pytest

from model_server.version.child import run_in_child
from model_server.version.limits import Limits, apply_limits
from model_server.version.verify import conclude

MIB = 1 << 20
ROOMY = Limits(memory_bytes=1 << 30, cpu_seconds=60, seconds=60)


def raise_signal(number: int) -> Callable[[], bytes]:
    """Return work that is ended by a signal."""

    def work() -> bytes:
        faulthandler.disable()  # pytest's, which would tell of the crash
        os.kill(os.getpid(), number)
        return b"never"

    return work


def work_for_ever() -> bytes:
    """Compute without end."""
    apply_limits(Limits(1 << 30, cpu_seconds=1, seconds=60))
    while True:
        pass


def wait_for_ever() -> bytes:
    """Wait without end."""
    apply_limits(Limits(1 << 30, cpu_seconds=60, seconds=1))
    while True:
        signal.pause()


def take_all_memory() -> bytes:
    """Ask for more memory than there may be."""
    apply_limits(Limits(64 * MIB, 60, 60))
    try:
        return bytes(256 * MIB)
    except MemoryError:
        return b"refused"


def fail() -> bytes:
    """Raise what nobody expected."""
    raise RuntimeError


def take_a_little() -> bytes:
    """Stay within the limits."""
    apply_limits(ROOMY)
    return b"%d" % len(bytes(MIB))


ENDINGS: dict[str, tuple[Callable[[], bytes], bytes, int]] = {
    "work that is done": (lambda: b"done", b"done", 0),
    "work within its limits": (take_a_little, b"1048576", 0),
    "more memory than allowed": (take_all_memory, b"refused", 0),
    "a crash": (raise_signal(signal.SIGABRT), b"", -signal.SIGABRT),
    "no end, computing": (work_for_ever, b"", -signal.SIGXCPU),
    "no end, waiting": (wait_for_ever, b"", -signal.SIGALRM),
    "killed from outside": (raise_signal(signal.SIGKILL), b"", -signal.SIGKILL),
    "a fault in Python": (fail, b"", 1),
}


@pytest.mark.parametrize(("work", "answer", "code"), ENDINGS.values(), ids=ENDINGS)
def test_an_ending(work: Callable[[], bytes], answer: bytes, code: int) -> None:
    ending = run_in_child(work)
    assert (ending.answer, ending.exit_code) == (answer, code)


VERDICTS: dict[str, tuple[Callable[[], bytes], int, str, str]] = {
    "a model that crashes is refused": (
        raise_signal(signal.SIGABRT),
        65,
        "UnsafeArtifact",
        "crashed the verifier (SIGABRT)",
    ),
    "a model that never ends is refused": (
        raise_signal(signal.SIGXCPU),
        65,
        "LoadFailed",
        "raise spec.pod.resources.limits.cpu",
    ),
    "a model that waits is refused": (
        raise_signal(signal.SIGALRM),
        65,
        "LoadFailed",
        "took longer than a model of its size may",
    ),
    "a verifier that was killed is no verdict": (
        raise_signal(signal.SIGKILL),
        75,
        "LoadFailed",
        "raise spec.pod.resources.limits.memory",
    ),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_how_a_child_ends_is_a_verdict(case: str) -> None:
    work, code, reason, words = VERDICTS[case]
    verdict = conclude(run_in_child(work))
    assert verdict is not None
    assert (verdict[0], verdict[1].outcome, verdict[1].reason) == (code, "Failed", reason)
    assert words in verdict[1].message


def test_a_fault_of_the_verifier_is_no_verdict() -> None:
    assert conclude(run_in_child(fail)) is None
