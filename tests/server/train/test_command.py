"""The trainer as users and pods start it: exit codes, log lines, the termination message."""

import errno
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from model_server.contract.outcome import InputRefused, TryAgain
from model_server.train.describe.store import store_errors
from model_server.train.stages import STAGES
from tests.server.train.making import EXAMPLES, JOB, LINE, LINEAR, Call

ROOT = Path(__file__).parents[3]


def run(*arguments: Any, limit: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Return the finished command `train` with these arguments; `limit` is an option of ulimit."""
    command = [sys.executable, "-m", "model_server", "train", *map(str, arguments)]
    if limit:
        command = ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh", *command]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def lines(finished: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return the log lines of a run."""
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_a_laptop_trains_from_the_manifest_users_apply(tmp_path: Path) -> None:
    example = EXAMPLES / "s2-linear-regression"
    finished = run(
        "--job",
        example / "trainingjob.yaml",
        "--data",
        example / "configmap.yaml",
        "--output",
        tmp_path / "out",
    )
    assert finished.returncode == 0, finished.stderr
    told = lines(finished)
    assert [line["stage"] for line in told[:-1]] == list(STAGES)
    assert told[3] == {
        "stage": "fit",
        "step": 4,
        "of": 8,
        "job": "linear-regression-1",
        "message": f"fitting {LINEAR} on 3 rows",
    }
    assert told[-1]["outcome"] == "Succeeded"
    assert finished.stderr == ""
    assert (tmp_path / "out" / "model-card.md").is_file()


def test_a_pod_trains_from_its_mounts(tmp_path: Path) -> None:
    rows = tmp_path / "data/configmap/points/points.csv"
    rows.parent.mkdir(parents=True)
    rows.write_text(LINE)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(
        json.dumps(
            {
                "apiVersion": "leeway.dev/v1alpha1",
                "kind": "TrainingJob",
                "metadata": {"name": "line-1", "namespace": "ml", "uid": "1a2b3c4d"},
                "spec": {
                    "modelName": "line",
                    "data": {
                        "uri": "configmap://points/points.csv",
                        "target": "y",
                        "split": {"testPercent": 0},
                    },
                    "estimator": {"class": LINEAR, "params": {}},
                },
            }
        )
    )
    message = tmp_path / "termination-log"
    finished = run(
        *("--output-uri", "pvc://leeway-models/line/line-1-1a2b3c4d", "--termination-log", message),
        LEEWAY_JOB=str(manifest),
        LEEWAY_OUTPUT=str(tmp_path / "store/leeway-models/line/line-1-1a2b3c4d"),
        LEEWAY_DATA_ROOT=str(tmp_path / "data"),
        LEEWAY_STORE_ROOT=str(tmp_path / "store"),
    )
    assert finished.returncode == 0, finished.stderr
    told = json.loads(message.read_text())
    assert told["files"]["model"]["path"] == "model.skops"
    assert told["dataset"]["rows"] == 3
    written = tmp_path / "store/leeway-models/line/line-1-1a2b3c4d/modelversion.json"
    assert json.loads(written.read_text())["spec"]["files"]["model"]["uri"] == (
        "pvc://leeway-models/line/line-1-1a2b3c4d/model.skops"
    )


def test_parquet_instead_of_csv_gives_the_same_model(job: Path, tmp_path: Path, call: Call) -> None:
    pd.read_csv(tmp_path / "rows.csv").to_parquet(tmp_path / "rows.parquet")
    digests = set()
    for name in ("rows.csv", "rows.parquet"):
        code, _ = call("--job", job, "--data", tmp_path / name, "--output", tmp_path / name[-3:])
        assert code == 0
        report = json.loads((tmp_path / name[-3:] / "report.json").read_text())
        digests.add(report["files"]["model"]["digest"])
    assert len(digests) == 1


def test_a_bundled_set_needs_no_file(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "job.yaml"
    manifest = JOB % ("builtin://iris", "sklearn.tree.DecisionTreeClassifier")
    path.write_text(manifest.replace("target: y", "target: target"))
    code, told = call("--job", path, "--output", tmp_path / "out")
    assert code == 0
    assert told[-1]["metrics"]["accuracy"] == "1"


REFUSED = {
    "no such manifest": (["--job", "nowhere.yaml"], 65, "InvalidSpec", "nowhere.yaml"),
    "no such rows": (["--data", "nowhere.csv"], 65, "DataNotFound", "nowhere.csv"),
    "a host that is not there": (["--data", "http://127.0.0.1:1/rows.csv"], 65, "DataNotFound", "127.0.0.1"),
    "an output below a file": (["--output", "/etc/passwd/out"], 65, "StoreUnavailable", "may not be written"),
}


@pytest.mark.parametrize(("arguments", "code", "reason", "words"), REFUSED.values(), ids=REFUSED)
def test_refusals(
    arguments: list[str], code: int, reason: str, words: str, job: Path, tmp_path: Path, call: Call
) -> None:
    message = tmp_path / "message"
    given = ["--job", job, "--output", tmp_path / "out", "--termination-log", message, *arguments]
    assert call(*given)[0] == code
    told = json.loads(message.read_text())
    assert (told["outcome"], told["reason"]) == ("Failed", reason)
    assert words in told["message"]


def test_what_may_work_later_may_be_retried(job: Path, tmp_path: Path, call: Call) -> None:
    job.write_text(JOB % ("http://127.0.0.1:1/rows.csv", LINEAR))
    code, told = call("--job", job, "--output", tmp_path / "out")
    assert code == 75
    assert told[-1]["reason"] == "StoreUnavailable"


@pytest.mark.parametrize("path", ["svm.SVR", "ensemble.GradientBoostingRegressor"])
def test_a_trainer_told_to_stop_stops_even_within_compiled_code(path: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,y\n" + "".join(f"{n},{n * n % 97}\n" for n in range(2000)))
    endless = {
        "svm.SVR": "{C: '1e15', tol: '1e-300'}",
        "ensemble.GradientBoostingRegressor": "{n_estimators: '9999999'}",
    }
    manifest = JOB % (tmp_path / "rows.csv", f"sklearn.{path}, params: {endless[path]}")
    (tmp_path / "job.yaml").write_text(manifest)
    command = [
        sys.executable,
        "-m",
        "model_server",
        "train",
        "--job",
        str(tmp_path / "job.yaml"),
        "--output",
        str(tmp_path / "out"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        next(line for line in running.stdout if json.loads(line)["stage"] == "fit")
        running.terminate()
        assert running.wait(60) == 143
    assert not (tmp_path / "out" / "model.skops").exists()


STORE_ERRORS = {
    "a stale handle": (errno.ESTALE, TryAgain),
    "an error of the disk": (errno.EIO, TryAgain),
    "a file that went away": (errno.ENOENT, TryAgain),
    "no right to write": (errno.EACCES, InputRefused),
    "a volume that is only read": (errno.EROFS, InputRefused),
    "a full volume": (errno.ENOSPC, InputRefused),
}


@pytest.mark.parametrize(("number", "kind"), STORE_ERRORS.values(), ids=STORE_ERRORS)
def test_only_what_stays_wrong_with_a_store_is_final(
    number: int, kind: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(kind), store_errors(tmp_path):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("name", ["probe", "model.skops", "report.json"])
def test_a_full_store_is_named_and_nothing_half_written_stays(
    name: str, job: Path, tmp_path: Path, call: Call
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / f"{name}.part").symlink_to("/dev/full")
    code, told = call("--job", job, "--output", output)
    assert code == 65
    assert told[-1]["reason"] == "StoreFull"
    assert "No space left" in told[-1]["message"]
    assert not list(output.glob("*.part"))


def test_a_limit_of_file_size_is_a_full_store(job: Path, tmp_path: Path) -> None:
    finished = run("--job", job, "--output", tmp_path / "out", limit="-f 1")
    assert lines(finished)[-1]["reason"] == "StoreFull"


def test_a_terminal_shows_a_table(job: Path, tmp_path: Path) -> None:
    reader, writer = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "model_server",
        "train",
        "--job",
        str(job),
        "--output",
        str(tmp_path / "out"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=writer, stderr=writer) as running:
        os.close(writer)
        shown = b"".join(iter(lambda: read_some(reader), b"")).decode()
    os.close(reader)
    assert running.returncode == 0
    assert "metric" in shown
    assert "Completed" in shown
    assert '{"stage"' not in shown


def read_some(reader: int) -> bytes:
    """Return what the terminal shows next, nothing once the command has closed it."""
    try:
        return os.read(reader, 65536)
    except OSError:
        return b""


def test_help_names_every_option() -> None:
    finished = run("--help")
    assert finished.returncode == 0
    for option in ("--job", "--output", "--output-uri", "--data", "--termination-log"):
        assert option in finished.stdout
