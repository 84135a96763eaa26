"""How a run ends is told by exit code, report, log and files, and nothing of another run contradicts it."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from model_server.contract.outcome import InputRefused
from model_server.version.load import read_manifest
from tests.server.artifact.web_host import web_host
from tests.server.train.making import Call


def failing_gate(job: Path) -> None:
    """Let the job have a gate that its model fails."""
    job.write_text(
        job.read_text().replace("testPercent: 0", "testPercent: 34")
        + "  evaluation: {gates: [{name: bad, metric: rmse, min: '5'}]}\n"
    )


def test_a_failed_gate_ends_a_pipeline_on_a_laptop(job: Path, tmp_path: Path, call: Call) -> None:
    failing_gate(job)
    code, told = call("--job", job, "--output", tmp_path / "out")
    assert code == 3
    assert told[-1]["outcome"] == "GateFailed"


def test_a_failed_gate_is_a_result_where_the_operator_reads_it(job: Path, tmp_path: Path, call: Call) -> None:
    failing_gate(job)
    message = tmp_path / "message"
    code, _ = call("--job", job, "--output", tmp_path / "out", "--termination-log", message)
    assert code == 0
    assert json.loads(message.read_text())["outcome"] == "GateFailed"


ENDINGS: dict[str, tuple[str, str, str]] = {
    "a failed gate": (
        "  evaluation: {gates: [{name: bad, metric: rmse, min: '5'}]}",
        "GateFailed",
        "failed a gate",
    ),
    "a failed run": ("  cleaning: {clipOutliers: {lowerQuantile: '1'}}", "Failed", "since it failed"),
    "a manifest that is none": ("  seed: many", "Failed", "since it failed"),
}


@pytest.mark.parametrize(("line", "outcome", "words"), ENDINGS.values(), ids=ENDINGS)
def test_no_version_of_the_run_before_stands_for_a_run_that_failed(
    line: str, outcome: str, words: str, job: Path, tmp_path: Path, call: Call
) -> None:
    out = tmp_path / "out"
    job.write_text(job.read_text().replace("testPercent: 0", "testPercent: 34"))
    assert call("--job", job, "--output", out)[0] == 0
    assert read_manifest(out / "modelversion.json")
    job.write_text(f"{job.read_text()}{line}\n")
    code, told = call("--job", job, "--output", out)
    assert code in (3, 65)
    report = json.loads((out / "report.json").read_text())
    assert (report["outcome"], report["message"]) == (outcome, told[-1]["message"])
    with pytest.raises(InputRefused) as refused:
        read_manifest(out / "modelversion.json")
    assert words in refused.value.message
    assert told[-1]["message"] in refused.value.message


def test_warnings_are_lines_of_the_log(job: Path, tmp_path: Path, call: Call) -> None:
    job.write_text(job.read_text() + "  output: {uri: 's3://lake/models'}\n")
    _, told = call("--job", job, "--output", tmp_path / "out")
    assert told[-2]["level"] == "warning"
    assert told[-2]["job"] == "line-1"
    assert "spec.output.uri is used in a cluster only" in told[-2]["message"]


def test_only_files_of_the_run_are_uploaded_and_the_version_last(
    job: Path, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ".env").write_text("TOKEN=hush")
    (out / "profile.json").write_text("of a run before")
    with web_host(defaultdict(lambda: (200, {}, b""))) as (host, seen):
        for name, value in {
            "ENDPOINT_URL": f"http://{host}",
            "ACCESS_KEY_ID": "x",
            "SECRET_ACCESS_KEY": "x",
        }.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        code, _ = call("--job", job, "--output", out, "--output-uri", "s3://models/line")
    assert code == 0
    put = [asked.path.partition("?")[0].removeprefix("/models/line/") for asked in seen]
    assert put[-1] == "modelversion.json"
    assert sorted(put) == sorted({path.name for path in out.iterdir()} - {".env"})
    assert ".env" not in put
