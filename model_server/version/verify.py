"""Proves that a version serves in this very image: what the operator runs before a version becomes Ready."""

from functools import partial
from pathlib import Path

import msgspec

from model_server.contract import reasons
from model_server.contract.outcome import INPUT_REFUSED_EXIT, TRY_AGAIN_EXIT, Outcome
from model_server.contract.termination import report
from model_server.version.child import FAILED_EXIT, Ending, run_in_child

# What the verifier answers: its exit code and what it reports.
Verdict = tuple[int, Outcome]

TIMES = frozenset({"SIGXCPU", "SIGALRM"})
FROM_OUTSIDE = frozenset({"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"})


def verify(path: Path, beside: Path | None = None) -> int:
    """Report the outcome for a ModelVersion's manifest and return the exit code."""
    verdict = judge(path, beside)
    if verdict is None:
        return FAILED_EXIT
    code, outcome = verdict
    report(outcome)
    return code


def judge(path: Path, beside: Path | None = None) -> Verdict | None:
    """Return the verdict on a version, or None when the verifier itself is at fault, which its log tells.

    A child does the work: a model that crashes, takes all memory or never ends is refused like any other.
    """
    return conclude(run_in_child(partial(examine, path, beside)))


def examine(path: Path, beside: Path | None) -> bytes:
    """Return the verdict on a version as JSON; in the child, since it takes what a hostile model may take."""
    # Libraries of numbers start threads when they are imported, and fork copies no threads.
    from model_server.version.examine import examine as look  # noqa: PLC0415

    return msgspec.json.encode(look(path, beside))


def conclude(ending: Ending) -> Verdict | None:
    """Return the verdict of a child, or the one that its end is; None when the verifier itself is at fault."""
    if ending.signal:
        return conclude_from_signal(ending.signal)
    return msgspec.json.decode(ending.answer, type=Verdict) if ending.exit_code == 0 else None


def conclude_from_signal(name: str) -> Verdict:
    """Return what it means that the child was ended by a signal."""
    if name in FROM_OUTSIDE:
        return TRY_AGAIN_EXIT, failed(
            reasons.LOAD_FAILED,
            f"the verifier was stopped while it loaded the model ({name}), which happens when memory runs out; "
            "raise spec.pod.resources.limits.memory if it happens again",
        )
    if name in TIMES:
        return INPUT_REFUSED_EXIT, failed(
            reasons.LOAD_FAILED,
            f"loading the model and answering its golden rows took longer than a model of its size may ({name}); "
            "raise spec.pod.resources.limits.cpu, or train a smaller model",
        )
    return INPUT_REFUSED_EXIT, failed(
        reasons.UNSAFE_ARTIFACT,
        f"the model crashed the verifier ({name}) when it was loaded or asked; train it again and save it anew",
    )


def failed(reason: str, message: str) -> Outcome:
    """Return the outcome of a version that does not serve."""
    return Outcome(outcome="Failed", reason=reason, message=message)
