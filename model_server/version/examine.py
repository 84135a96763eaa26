"""The verdict on a version: everything that serving it needs, done once under limits."""

import tempfile
from pathlib import Path

from model_server.artifact.models.model_file import unpacked_bytes
from model_server.contract import reasons
from model_server.contract.manifest import ModelVersion
from model_server.contract.outcome import INPUT_REFUSED_EXIT, TRY_AGAIN_EXIT, InputRefused, Outcome, TryAgain
from model_server.version.files import Files
from model_server.version.limits import MIB, apply_limits, limits_for, memory_of_container
from model_server.version.load import Loaded, credentials_of, load, make_served, read_manifest


def examine(path: Path, beside: Path | None = None) -> tuple[int, Outcome]:
    """Return exit code and outcome for a ModelVersion's manifest; this process is limited from then on."""
    try:
        manifest = read_manifest(path)
        loaded = load(manifest, beside, limit_loading)
        make_served(loaded, "")
        refuse_other_papers(manifest, beside)
    except InputRefused as refused:
        return INPUT_REFUSED_EXIT, failed(refused.reason, refused.message)
    except TryAgain as pause:
        return TRY_AGAIN_EXIT, failed(pause.reason, pause.message)
    except MemoryError:
        return INPUT_REFUSED_EXIT, failed(reasons.LOAD_FAILED, out_of_memory())
    return 0, succeeded(loaded)


def limit_loading(content: bytes) -> None:
    """Limit this process to what a model of this size may take."""
    apply_limits(limits_for(unpacked_bytes(content), memory_of_container()))


def out_of_memory() -> str:
    """Return the sentence for a model that needs more memory than it may have."""
    return (
        "loading the model took more memory than a model of its size may, or than the "
        f"{memory_of_container() // MIB} MiB of this container; raise spec.pod.resources.limits.memory, "
        "or train a smaller model"
    )


def refuse_other_papers(manifest: ModelVersion, beside: Path | None) -> None:
    """Raise `InputRefused` or `TryAgain` unless card and job, which no server reads, are those recorded."""
    spec = manifest.spec
    with tempfile.TemporaryDirectory(prefix="leeway-") as directory:
        files = Files(spec.files, Path(directory), beside, credentials_of(spec))
        for name in ("card", "job"):
            files.read(name)


def succeeded(loaded: Loaded) -> Outcome:
    """Return the outcome of a version that serves."""
    rows = len(loaded.golden.rows) if loaded.golden else 0
    answers = f"answers {rows} golden rows as written"
    if not rows:
        answers = (
            "answers an ordinary row, but 0 golden rows; add files.golden to prove that its answers are right"
        )
    return Outcome(
        outcome="Succeeded",
        reason=reasons.VERIFIED,
        message=f"the model loads in this image and {answers}",
        golden_rows=rows,
    )


def failed(reason: str, message: str) -> Outcome:
    """Return the outcome of a version that does not serve."""
    return Outcome(outcome="Failed", reason=reason, message=message)
