"""The bridge: how the scores of a new version and of the one that it is to replace go together, on the same rows.

Where it cannot be made, the training goes on without it, and says why.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from model_server.contract.manifest import Feature, ModelVersion, TrainingJob
from model_server.contract.outcome import InputRefused, TryAgain, shortened
from model_server.contract.profile import Bridge, ReferenceProfile
from model_server.contract.signature import Signature
from model_server.counts.bins import score_bins
from model_server.engines.choose import MODEL
from model_server.train.fit.evaluation import Trained
from model_server.train.prepare.folds import MIN_ROWS
from model_server.train.profile import replaced
from model_server.train.profile.make import Made
from model_server.train.rows.columns import json_cell, typed
from model_server.version.files import Files
from model_server.version.load import credentials_of, get_signature, read_manifest

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 20_000
MAX_CELLS = 2_000_000
MOST_SECONDS = 600  # as the verifier's Job has them, fetching included
MANIFEST = "modelversion.json"
MAX_WHY_BYTES = 600
# Each thread takes addresses, of which the program may have few.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class NoBridge(Exception):  # noqa: N818  tells what is left out
    """The bridge cannot be made; the message says why."""


@dataclass(frozen=True)
class Other:
    """The version that is to be replaced: its manifest, where that is, and the directory that has its files, if one."""

    manifest: ModelVersion
    path: Path
    beside: Path | None
    signature: Signature


def with_bridge(
    made: Made, job: TrainingJob, trained: Trained, frame: "pd.DataFrame", given: Path | None
) -> Made:
    """Return the profile with a bridge to the version that `given` has, or with the warning that it has none.

    `given` is a manifest of a ModelVersion, or a directory that the trainer has written; `frame` has all rows as read.
    """
    named = job.spec.replaces_model_version_name
    if named is None and given is None:
        return made
    try:
        profile, other = require_both(made, job, given)
        found = bridge(profile, trained, frame, other)
    except (NoBridge, InputRefused, TryAgain, OSError) as error:
        why = shortened(str(error), MAX_WHY_BYTES)
        told = f'the profile has no bridge to ModelVersion "{named or given}": {why}'
        return replace(made, warnings=(*made.warnings, told))
    return replace(made, profile=msgspec.structs.replace(profile, bridge=found))


def require_both(made: Made, job: TrainingJob, given: Path | None) -> tuple[ReferenceProfile, Other]:
    """Return our profile and the other version; raise NoBridge, InputRefused or TryAgain without one of them."""
    if made.profile is None:
        raise NoBridge(f"this version has no reference profile: {made.why}")
    if given is None:
        raise NoBridge(
            "it was not given to this run; in a cluster it has to be Ready when the run begins, on a laptop it is "
            "given by --replaces"
        )
    other = read_other(given)
    named, name = job.spec.replaces_model_version_name, other.manifest.metadata.name
    if named not in (None, name):
        raise NoBridge(f"{other.path} is of ModelVersion {name}, not of spec.replacesModelVersionName")
    if other.manifest.spec.model_name != job.spec.model_name:
        raise NoBridge(f"it is a version of {other.manifest.spec.model_name}, not of {job.spec.model_name}")
    return made.profile, other


def read_other(given: Path) -> Other:
    """Return the version in a manifest or directory; raise InputRefused or TryAgain naming the field."""
    beside = given if given.is_dir() else None
    path = given / MANIFEST if beside else given
    manifest = read_manifest(path)
    with TemporaryDirectory(prefix="leeway-") as directory:
        files = Files(manifest.spec.files, Path(directory), beside, credentials_of(manifest.spec))
        return Other(manifest, path, beside, get_signature(manifest.spec.signature, files))


def bridge(profile: ReferenceProfile, trained: Trained, frame: "pd.DataFrame", other: Other) -> Bridge:
    """Return the joint counts on the held-out rows; raise NoBridge or InputRefused where there are none."""
    refuse_other_answers(trained, other.signature)
    places = chosen_rows(trained.prepared.held_out, len(other.signature.inputs))
    rows = cells(frame.loc[trained.prepared.held_out_index[places]], other.signature)
    told = ask(other, rows)
    ours = score_bins(profile.score, trained.answers.scores[places])
    counts = np.zeros((told.width, len(profile.score.counts)), dtype=np.int64)
    np.add.at(counts, (np.array(told.bins), ours), 1)
    return Bridge(
        against=other.manifest.metadata.name,
        against_digest=other.manifest.spec.files[MODEL].digest,
        against_profile=told.profile,
        counts=tuple(tuple(row) for row in counts.tolist()),
    )


def refuse_other_answers(trained: Trained, signature: Signature) -> None:
    """Raise NoBridge unless both models answer alike: with a number, or with one of the same classes."""
    ours = [str(one) for one in trained.answers.classes.tolist()]
    theirs = list(signature.classes)
    if sorted(ours) != sorted(theirs):
        raise NoBridge(f"it answers with {kind_of(theirs)}, and this version with {kind_of(ours)}")


def kind_of(classes: Sequence[str]) -> str:
    """Return what a model answers with."""
    return f"one of the classes {', '.join(classes)}"[:200] if classes else "a number"


def chosen_rows(held_out: int, width: int) -> NDArray[np.int64]:
    """Return the places of at most MAX_ROWS held-out rows, evenly spread; raise NoBridge when there are too few."""
    if held_out < MIN_ROWS:
        raise NoBridge(f"{held_out} rows are held out, {MIN_ROWS} are needed")
    most = max(MIN_ROWS, min(MAX_ROWS, MAX_CELLS // width, held_out))
    return np.unique(np.linspace(0, held_out - 1, most).astype(np.int64))


def cells(frame: "pd.DataFrame", signature: Signature) -> list[list[Any]]:
    """Return the rows as a client of the other version sends them; raise NoBridge or InputRefused for what it lacks."""
    lacking = [column.name for column in signature.inputs if column.name not in frame.columns]
    if lacking:
        raise NoBridge(f'it reads the column "{lacking[0]}", which these rows do not have')
    features = [Feature(name=column.name, type=column.type) for column in signature.inputs]
    table = typed(frame, features, "the data")
    columns = [
        [json_cell(column.type, value) for value in table[column.name].tolist()]
        for column in signature.inputs
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def ask(other: Other, rows: list[list[Any]]) -> replaced.Answer:
    """Return the score bins that the other version has for the rows; raise NoBridge when there is no answer."""
    with TemporaryDirectory(prefix="leeway-") as directory:
        asked, answer = Path(directory) / "rows.json", Path(directory) / "answer.json"
        asked.write_bytes(msgspec.json.encode(rows))
        options = {"version": other.path, "rows": asked, "answer": answer, "beside": other.beside}
        told = [f"--{name}={path}" for name, path in options.items() if path]
        try:
            # Not a fork: this process has used OpenMP, which a child would wait for without end.
            done = subprocess.run(
                [sys.executable, "-m", replaced.__name__, *told],
                check=False,
                timeout=MOST_SECONDS,
                stdout=subprocess.DEVNULL,
                env=os.environ | ONE_THREAD,
            )
        except subprocess.TimeoutExpired as error:
            raise NoBridge(f"it had no answer after {MOST_SECONDS} s") from error
        if done.returncode:
            raise NoBridge(f"asking it ended with {ending(done.returncode)}")
        found = msgspec.json.decode(answer.read_bytes(), type=replaced.Answer)
    if found.refused:
        raise NoBridge(found.refused)
    return found


def ending(code: int) -> str:
    """Return the signal or the exit code that ended a program."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
