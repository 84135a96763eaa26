"""What a trainer or verifier pod reports, and how it fits the termination message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

LIMIT_BYTES = 4096  # what the kubelet keeps of a termination message
INPUT_REFUSED_EXIT = 65  # sysexits EX_DATAERR: retrying cannot help
TRY_AGAIN_EXIT = 75  # sysexits EX_TEMPFAIL: the Job may retry


class InputRefused(Exception):  # noqa: N818  a name of the contract
    """Data, spec or artifact is bad and a retry cannot help; the message names the field or file."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class TryAgain(Exception):  # noqa: N818  tells what to do
    """Something outside is not there at the moment; a retry may help."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Reported(Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """A part of an outcome; what is not known is left out."""


class WrittenFile(Reported, frozen=True):
    """A file in the output directory, by its path relative to it."""

    path: str
    digest: str
    size_bytes: int | None = None


class GateResult(Reported, frozen=True):
    """A metric against its bounds; an undefined metric has an empty value and has not passed."""

    name: str
    metric: str
    value: str
    threshold: str
    passed: bool
    message: str = ""


class ExpectationResult(Reported, frozen=True):
    """One check on the rows, with its numbers."""

    name: str
    passed: bool
    message: str


class Dataset(Reported, frozen=True):
    """Which rows were read and how they were divided."""

    digest: str
    rows: int
    train_rows: int
    test_rows: int
    rows_read: int = 0
    dropped: dict[str, int] = {}
    overlapping_rows: int = 0


class Outcome(Reported, frozen=True):
    """The envelope of trainer and verifier.

    `files` go by their names in a ModelVersion; `signature_file` takes the place of `signature` where that is too long.
    """

    outcome: Literal["Succeeded", "GateFailed", "Failed"]
    reason: str
    message: str
    files: dict[str, WrittenFile] = {}
    signature: dict[str, Any] | None = None
    signature_file: WrittenFile | None = None
    metrics: dict[str, str] = {}
    baseline: dict[str, str] = {}
    positive_class: str = ""
    warnings: tuple[str, ...] = ()
    gates: tuple[GateResult, ...] = ()
    expectations: tuple[ExpectationResult, ...] = ()
    dataset: Dataset | None = None
    seed: int | None = None
    packages: dict[str, str] = {}
    golden_rows: int | None = None


def write_outcome(path: Path, outcome: Outcome) -> None:
    """Write the outcome as compact JSON of at most 4096 bytes, or raise OSError."""
    path.write_bytes(to_message(outcome))


def to_message(outcome: Outcome) -> bytes:
    """Return the outcome as compact JSON, cut in the order of CUTS until it has at most 4096 bytes."""
    message = to_json(outcome)
    for cut in CUTS:
        if len(message) <= LIMIT_BYTES:
            break
        outcome = cut(outcome)
        message = to_json(outcome)
    return message


def to_json(outcome: Outcome) -> bytes:
    """Return the whole outcome as compact JSON."""
    fields = msgspec.to_builtins(replace(outcome, signature_file=None))
    return msgspec.json.encode({"schemaVersion": "1", **fields})


def shortened(text: str, size: int) -> str:
    """Return at most `size` bytes of the text, ending in an ellipsis where it was cut."""
    raw = text.encode()
    return text if len(raw) <= size else raw[: size - 3].decode(errors="ignore") + "…"


def refer_to_signature(outcome: Outcome) -> Outcome:
    """Give the signature by its file, when there is one."""
    if outcome.signature is None or outcome.signature_file is None:
        return outcome
    return replace(outcome, signature=None, files={**outcome.files, "signature": outcome.signature_file})


def shorten_sentences(outcome: Outcome) -> Outcome:
    """Sentences keep 600 bytes, those of expectations 200."""
    kept = tuple(replace(one, message=shortened(one.message, 200)) for one in outcome.expectations)
    return replace(outcome, message=shortened(outcome.message, 600), expectations=kept)


def keep_first_warnings(outcome: Outcome) -> Outcome:
    """Five warnings of 200 bytes are kept; report.json has them all."""
    return replace(outcome, warnings=tuple(shortened(one, 200) for one in outcome.warnings[:5]))


def keep_first_expectations(outcome: Outcome) -> Outcome:
    """Five failed expectations are enough to act on; report.json has them all."""
    return replace(outcome, expectations=outcome.expectations[:5])


def keep_main_packages(outcome: Outcome) -> Outcome:
    """Only the versions that decide whether a model loads are kept."""
    kept = {name: outcome.packages[name] for name in ("python", "scikit-learn") if name in outcome.packages}
    return replace(outcome, packages=kept)


def keep_failed_gates(outcome: Outcome) -> Outcome:
    """At most eight gates are kept, failed ones first."""
    return replace(outcome, gates=tuple(sorted(outcome.gates, key=lambda gate: gate.passed)[:8]))


def keep_the_verdict(outcome: Outcome) -> Outcome:
    """Files, digests and a short sentence remain: what the next step cannot do without."""
    return replace(
        outcome,
        message=shortened(outcome.message, 300),
        expectations=(),
        gates=(),
        metrics={},
        baseline={},
        warnings=(),
        signature=None,
    )


CUTS: tuple[Callable[[Outcome], Outcome], ...] = (
    refer_to_signature,
    keep_first_warnings,
    shorten_sentences,
    keep_first_expectations,
    keep_main_packages,
    keep_failed_gates,
    keep_the_verdict,
)
