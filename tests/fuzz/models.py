"""Damaged model files, each with its digest computed anew, shown to the verifier.

`python -m tests.fuzz.models --count 2000 --seed 1` must end with 0: each file is refused or verified, by a verifier
that lives on, and what was verified then answers odd rows without a crash.
"""

import os

# Read by the libraries when they are imported; a process that has started threads cannot be forked.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import json
import random
import re
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from model_server.artifact.stores.digest import digest_of
from model_server.engines.engine import ModelFailed
from model_server.rows.convert import matrix_of
from model_server.rows.refusal import Refusal
from model_server.rows.table import Table
from model_server.version.child import run_in_child
from model_server.version.examine import limit_loading
from model_server.version.load import load, read_manifest
from model_server.version.verify import judge
from tests.fuzz.mutations import MUTATIONS
from tests.fuzz.originals import Original, make_originals

PROGRESS = 100
VERIFIED = "Verified"
FAULT = "fault of the verifier"
CRASH = "crash after verification"
ODD = (0.0, 1.0, -1.0, 0.5, 1e9, -1e9, 1e30, 1e300, -1e300)


def main(argv: list[str]) -> int:
    """Try the files and return 0 when each ended as it must."""
    parser = ArgumentParser(prog="tests.fuzz.models", description="Show damaged model files to the verifier.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a directory for files that ended a child by a signal")
    options = parser.parse_args(argv)
    started = time.monotonic()
    originals = make_originals()
    endings: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as directory:
        for number in range(options.count):
            kind, model, ending = attempt(originals, options.seed, number, Path(directory))
            endings[kind, ending] += 1
            if is_odd(ending):
                tell(f"{number}: {model}, {kind}: {ending}")
                keep(options.keep, Path(directory), number)
            if (number + 1) % PROGRESS == 0:
                tell(f"{number + 1} of {options.count} in {time.monotonic() - started:.0f} s")
    report(endings, time.monotonic() - started)
    return int(any(ending in (FAULT, CRASH) or "SIGALRM" in ending for _, ending in endings))


def attempt(originals: list[Original], seed: int, number: int, directory: Path) -> tuple[str, str, str]:
    """Damage a model and show it to the verifier; return the kind of damage, the model's name and how it ended."""
    chance = random.Random(f"{seed}:{number}")
    original = chance.choice(originals)
    weights = [weight for _, weight, _ in MUTATIONS]
    [(kind, _, mutate)] = chance.choices(MUTATIONS, weights)
    path = write_version(directory, original, mutate(chance, original.content))
    return kind, original.name, ending_of(path, original)


def write_version(directory: Path, original: Original, content: bytes) -> Path:
    """Write a version of these bytes, with the digests of its files, and return the path of its manifest."""
    files = {}
    for name, file, stored in (("model", "model.skops", content), ("golden", "golden.json", original.golden)):
        (directory / file).write_bytes(stored)
        files[name] = {"uri": f"file://{directory / file}", "digest": digest_of(directory / file)}
    manifest = {
        "apiVersion": "leeway.dev/v1alpha1",
        "kind": "ModelVersion",
        "metadata": {"name": "damaged"},
        "spec": {
            "modelName": "damaged",
            "files": files,
            "signature": msgspec.to_builtins(original.signature),
        },
    }
    path = directory / "modelversion.json"
    path.write_text(json.dumps(manifest))
    return path


def ending_of(path: Path, original: Original) -> str:
    """Return how the verifier ended, and the server after it where the version was verified."""
    verdict = judge(path)
    if verdict is None:
        return FAULT
    code, outcome = verdict
    if code:
        signal = re.search(r"\(SIG[A-Z]+\)", outcome.message)
        return f"{outcome.reason} {signal[0]}" if signal else outcome.reason
    answered = run_in_child(partial(ask, path, original))
    if answered.signal:
        return CRASH
    return FAULT if answered.exit_code else VERIFIED


def ask(path: Path, original: Original) -> bytes:
    """Ask a verified version for odd rows, as a server would be asked; what it answers does not matter."""
    engine = load(read_manifest(path), None, limit_loading).engine
    for rows in requests(original):
        cells = [value for row in rows for value in row]
        try:
            engine.predict(matrix_of(original.signature, Table("rows", len(rows[0]), cells)))
        except (Refusal, ModelFailed):
            continue
    return b""


def requests(original: Original) -> list[list[list[Any]]]:
    """Return many ordinary rows in one request, and odd ones in several: a row that is refused hides the others."""
    if any(column.type == "categorical" for column in original.signature.inputs):
        return [[[number, number, text, True] for text in ("own", "?")] for number in ODD]
    chance = np.random.default_rng(0)
    ordinary = chance.normal(size=(200, len(original.signature.inputs))).tolist()
    return [ordinary, *([row] for row in chance.choice(ODD, size=(10, len(ordinary[0]))).tolist())]


def is_odd(ending: str) -> bool:
    """Return whether somebody should look at a file that ended so."""
    return ending in (FAULT, CRASH) or "SIG" in ending


def keep(kept: Path | None, directory: Path, number: int) -> None:
    """Keep a file for a closer look."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        (kept / f"{number}.skops").write_bytes((directory / "model.skops").read_bytes())


def report(endings: Counter[tuple[str, str]], seconds: float) -> None:
    """Tell how many files ended how, in all and by kind of damage."""
    totals: Counter[str] = Counter()
    for (_, ending), count in endings.items():
        totals[ending] += count
    for ending, count in totals.most_common():
        by_kind = ", ".join(
            f"{kind} {found}" for (kind, one), found in endings.most_common() if one == ending
        )
        tell(f"{count:6} {ending}: {by_kind}")
    tell(f"{totals.total():6} in {seconds:.0f} s, and the verifier lives")


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
