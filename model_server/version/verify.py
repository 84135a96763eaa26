"""Proves that a version serves in this very image: what the operator runs before a version becomes Ready."""

import time
from pathlib import Path

from model_server.contract import reasons
from model_server.contract.outcome import INPUT_REFUSED_EXIT, TRY_AGAIN_EXIT, InputRefused, Outcome, TryAgain
from model_server.contract.termination import report
from model_server.version.load import load, read_manifest


def verify(path: Path, beside: Path | None = None) -> int:
    """Report the outcome for a ModelVersion's manifest and return the exit code."""
    started = time.monotonic()
    try:
        loaded = load(read_manifest(path), beside)
    except InputRefused as refused:
        report(Outcome(outcome="Failed", reason=refused.reason, message=refused.message))
        return INPUT_REFUSED_EXIT
    except TryAgain as pause:
        report(Outcome(outcome="Failed", reason=pause.reason, message=pause.message))
        return TRY_AGAIN_EXIT
    rows = len(loaded.golden.rows) if loaded.golden else 0
    report(
        Outcome(
            outcome="Succeeded",
            reason=reasons.VERIFIED,
            message=f"the model loads in this image and answers {rows} golden rows as written",
            golden_rows=rows,
            seconds=round(time.monotonic() - started, 3),
            size_bytes=loaded.size_bytes,
        )
    )
    return 0
