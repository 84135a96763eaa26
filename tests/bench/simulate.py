"""`python -m tests.bench.simulate`: the policy of an example on car-loan, 50,000 loans that drift from row 25,000 on.

Each run is `kubectl leeway simulate` on its own files, as a user would run it. The model is the example's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from examples.simulate.make_stream import ANSWERS, LABEL, read_rows, score, write
from model_server.version.load import load, read_manifest
from tests.bench.judge.wheels import CAR_LOAN, fetch, get_cache

EXAMPLES = Path(__file__).parents[2] / "examples"
ROWS, DRIFTS_AT = 50_000, 25_000
# 24,000 rows: as many as are wanted on one side of the drift, and some to start anywhere.
PACE = ("--requests-per-second", "10", "--minutes", "40")

Lines = list[list[Any]]


def main() -> int:
    """Return 0 when every run could be simulated; further arguments are given to each, e.g. --rollouts 50."""
    with tempfile.TemporaryDirectory() as folder:
        version = train(Path(folder) / "version")
        header, lines = answer(version)
        calm, drifted = lines[:DRIFTS_AT], lines[DRIFTS_AT:]
        middle = lines[DRIFTS_AT // 2 :][:DRIFTS_AT]
        runs: dict[str, tuple[Lines, Lines | None]] = {
            "A/A, before the drift": (calm, None),
            "A/A, and after 12,500 rows all traffic drifts": (middle, None),
            "the canary alone gets rows from after the drift": (calm, drifted),
        }
        for title, (stable, canary) in runs.items():
            print(f"\n{title}", flush=True)
            simulate(version, Path(folder), header, stable, canary)
    return 0


def train(folder: Path) -> Path:
    """Return the folder of the example's version."""
    example = EXAMPLES / "s3-car-loan"
    job = ("--job", example / "trainingjob.yaml", "--data", example / "configmap.yaml", "--output", folder)
    command = [sys.executable, "-m", "model_server", "train", *map(str, job)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def answer(version: Path) -> tuple[list[str], Lines]:
    """Return header and rows of the loans in order of time, with the version's answers and what turned out."""
    rows, labels = read_rows(fetch(CAR_LOAN, get_cache()), ROWS)
    answers = score(load(read_manifest(version / "modelversion.json"), beside=version), rows)
    lines = [[*row.values(), *said, label] for row, said, label in zip(rows, answers, labels, strict=True)]
    return [*rows[0], *ANSWERS, LABEL], lines


def simulate(version: Path, folder: Path, header: list[str], stable: Lines, canary: Lines | None) -> None:
    """The figures are printed."""
    write(folder / "rows.csv", header, stable)
    files = ["--stream", folder / "rows.csv", "--time-ordered", "--profile", version / "profile.json"]
    if canary is not None:
        write(folder / "canary.csv", header, canary)
        files += ["--canary-stream", folder / "canary.csv"]
    labels = ("--label-column", LABEL, "--prediction-column", "decision")
    policy = EXAMPLES / "simulate" / "drift.yaml"
    command = [
        sys.executable,
        "-m",
        "leeway.cli",
        "simulate",
        "-f",
        policy,
        *files,
        *labels,
        *PACE,
        *sys.argv[1:],
    ]
    subprocess.run([str(part) for part in command], check=True)


if __name__ == "__main__":
    sys.exit(main())
