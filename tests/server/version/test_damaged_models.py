"""Damaged model files never bring the verifier down; `python -m tests.fuzz.models` tries many more."""

import subprocess
import sys

COUNT = 60


def test_each_of_some_damaged_files_is_refused_or_verified() -> None:
    # In a process of its own: a child of one that has fitted models with OpenMP would wait for ever.
    command = [sys.executable, "-m", "tests.fuzz.models", "--count", str(COUNT), "--seed", "7"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]
    assert f"{COUNT} in " in run.stdout.splitlines()[-1]
    for ending in ("Verified", "ArtifactUnreadable", "UnsafeArtifact"):
        assert f" {ending}: " in run.stdout
