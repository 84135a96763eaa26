"""Proves that a version serves in this very image: what the operator runs before a version becomes Ready."""

import tempfile
from pathlib import Path

from model_server.contract import reasons
from model_server.contract.manifest import ModelVersion
from model_server.contract.outcome import INPUT_REFUSED_EXIT, TRY_AGAIN_EXIT, InputRefused, Outcome, TryAgain
from model_server.contract.termination import report
from model_server.version.files import Files
from model_server.version.load import credentials_of, load, read_manifest


def verify(path: Path, beside: Path | None = None) -> int:
    """Report the outcome for a ModelVersion's manifest and return the exit code."""
    try:
        manifest = read_manifest(path)
        loaded = load(manifest, beside)
        refuse_other_papers(manifest, beside)
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
        )
    )
    return 0


def refuse_other_papers(manifest: ModelVersion, beside: Path | None) -> None:
    """Raise `InputRefused` or `TryAgain` unless card and job, which no server reads, are those recorded."""
    spec = manifest.spec
    with tempfile.TemporaryDirectory(prefix="leeway-") as directory:
        files = Files(spec.files, Path(directory), beside, credentials_of(spec))
        for name in ("card", "job"):
            files.read(name)
