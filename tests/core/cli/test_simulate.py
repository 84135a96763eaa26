"""`kubectl leeway simulate` as people run it: files in, figures out, no cluster."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from leeway.cli.__main__ import app
from tests.core.cli.manifests import deployment
from tests.core.cli.profiles import profile_bytes

EXAMPLE = Path(__file__).parents[3] / "examples" / "simulate"
RECORDED = EXAMPLE / "recorded"  # kubectl applies every JSON of a folder, but of no folder in it
# Few and short rollouts in this process.
SHORT = ("--rollouts", "12", "--minutes", "3", "--looks", "4", "--processes", "1")
ROWS = "income,town,owner,score\n" + "10,york,true,0.1\n30,7,false,0.6\n" * 300


def run(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], input=stdin)


def simulated(*arguments: object) -> dict[str, Any]:
    """The figures of short rollouts, as JSON has them."""
    result = run("simulate", *SHORT, "--output", "json", *arguments)
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "modeldeployment.yaml"
    path.write_text(deployment(), encoding="utf-8")
    return path


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.json"
    path.write_bytes(profile_bytes())
    return path


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_a_good_canary_stays_and_a_bad_one_is_rolled_back(policy: Path) -> None:
    document = simulated("-f", policy, "--error-rate", "1%", "--worse", "errors=60x")
    good, bad = document["scenarios"]
    assert (good["name"], good["rolledBack"], good["failedGates"]) == ("nothing (A/A)", 0, {})
    assert good["secondsUntilRollback"] == {"median": None, "p90": None}
    assert (bad["name"], bad["rolledBack"], bad["failedGates"]) == ("errors=60x", 12, {"errors": 12})
    assert 0 < bad["secondsUntilRollback"]["median"] <= 180
    assert 0 < bad["canaryRequestsUntilRollback"]["median"] <= 180 * 50 * 0.3
    assert document["falseRollbackRate"] == 0


def test_a_canary_is_promoted_when_every_gate_passes(policy: Path) -> None:
    (good, _) = simulated(
        "-f", policy, "--error-rate", "0%", "--requests-per-second", "2000", "--broken", "column-1"
    )["scenarios"]
    assert (good["promoted"], good["held"]) == (12, 0)


def test_each_effect_is_simulated_by_itself(policy: Path, profile: Path) -> None:
    effects = ("--worse", "errors=2", "--worse", "latency=2", "--drift", "psi=0.3", "--broken", "income")
    document = simulated("-f", policy, "--profile", profile, *effects)
    names = [one["name"] for one in document["scenarios"]]
    assert names == ["nothing (A/A)", "errors=2", "latency=2", "town at PSI 0.3", "income in other units"]


FOUND = {
    "errors": ("ErrorRate", ("--worse", "errors=60x"), "gate"),
    "latency": ("Latency", ("--worse", "latency=15x"), "gate"),
    "labels": ("Quality", ("--worse", "quality=8x", "--label-rate", "1", "--label-delay", "10"), "gate"),
    "a column in other units": ("DataDrift", ("--broken", "column-4"), "gate"),
    "a column of another world": ("DataDrift", ("--drift", "psi=5"), "gate"),
    "scores of a new version": ("PredictionDrift", ("--drift", "score=3"), "gate"),
    "scores of the same model": ("Divergence", ("--drift", "score=3"), "gate"),
    "refused rows": ("ErrorRate", ("--worse", "invalid=40x", "--invalid-rate", "2%"), "invalid-input"),
}


@pytest.mark.parametrize(("metric", "effect", "gate"), FOUND.values(), ids=FOUND)
def test_each_gate_finds_its_fault_and_spares_the_twin(
    metric: str, effect: tuple[str, ...], gate: str
) -> None:
    text = deployment(gates=[{"name": "gate", "metric": metric, "onFail": "Rollback"}])
    result = run("simulate", *SHORT, "-f", "-", "-o", "json", *effect, stdin=text)
    good, bad = json.loads(result.stdout)["scenarios"]
    assert good["rolledBack"] == 0
    assert bad["rolledBack"] == 12
    assert gate in bad["failedGates"]


NOTHING_GIVEN = {
    "a gate that looks at errors": ("ErrorRate", ["nothing (A/A)", "errors=2x"]),
    "no gate that looks at errors": ("Latency", ["nothing (A/A)"]),
}


@pytest.mark.parametrize(("metric", "want"), NOTHING_GIVEN.values(), ids=NOTHING_GIVEN)
def test_twice_the_errors_if_nothing_is_given(metric: str, want: list[str]) -> None:
    text = deployment(gates=[{"name": "gate", "metric": metric}])
    result = run("simulate", *SHORT, "-f", "-", "-o", "json", stdin=text)
    assert [one["name"] for one in json.loads(result.stdout)["scenarios"]] == want


def test_the_table_says_what_was_simulated_and_what_it_means(policy: Path) -> None:
    result = run("simulate", *SHORT, "-f", policy, "--worse", "errors=60x")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "loan: gates errors (ErrorRate); false-alarm rate 5 %; canary weight 20 %"
    assert lines[1].endswith("250 requests every 5 s for 3m; 12 rollouts each, seed 1")
    assert lines[3].split("  ")[0] == "WRONG WITH THE CANARY"
    assert (
        "False-rollback rate: 0.0 % (95 % interval 0.0 % to 24.2 %); spec.falseAlarmRate allows 5 %." in lines
    )
    assert "errors=60x: rolled back by errors 12." in lines
    # Fewer looks than the operator's are said, and so is what a good canary waits for.
    assert any(line.startswith("Looked at 4 times in 36 rounds.") for line in lines)
    assert any(line.startswith("A good canary was held 12 times for errors, e.g.: ") for line in lines)


def test_the_bar_is_not_in_the_output(policy: Path) -> None:
    result = run("simulate", *SHORT, "-f", policy, "-o", "json")
    assert json.loads(result.stdout)["seed"] == 1
    assert "simulating" not in result.stdout


def test_the_same_seed_gives_the_same_figures_on_any_number_of_processes(policy: Path) -> None:
    arguments = ("simulate", *SHORT, "-f", policy, "-o", "json", "--worse", "errors=8x")
    one, two = run(*arguments), run(*arguments, "--processes", "2")
    assert one.exit_code == two.exit_code == 0
    assert one.stdout == two.stdout
    assert run(*arguments, "--seed", "2").stdout != one.stdout


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_the_command(policy: Path, how: signal.Signals) -> None:
    endless = ("-f", str(policy), "--rollouts", "100000", "--processes", "2")
    command = subprocess.Popen(
        [sys.executable, "-m", "leeway.cli", "simulate", *endless], stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        wait_until(lambda: len(children_of(command.pid)) >= 2)
        workers = children_of(command.pid)
        command.send_signal(how)
        assert command.wait(60) != 0
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    finally:
        command.kill()
        command.wait()


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]


def wait_until(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_a_manifest_is_read_from_stdin() -> None:
    result = run("simulate", *SHORT, "-f", "-", "-o", "json", stdin=deployment())
    assert json.loads(result.stdout)["policy"]["name"] == "loan"


def test_recorded_rows_end_the_rollout(policy: Path, profile: Path, stream: Path) -> None:
    recorded = ("--profile", profile, "--stream", stream, "--time-ordered", "--requests-per-second", "10")
    document = simulated("-f", policy, *recorded, "--worse", "errors=2")
    assert document["traffic"] == f"600 rows of {stream}"
    # 600 rows are twelve rounds of fifty.
    assert document["looksAfterRounds"][-1] == 12


def test_the_example_finds_its_broken_canary_by_recorded_answers() -> None:
    recorded = (
        *("--profile", RECORDED / "profile.json", "--stream", RECORDED / "rows.csv", "--time-ordered"),
        *("--canary-stream", RECORDED / "canary.csv", "--requests-per-second", "10", "--minutes", "5"),
        *("--label-column", "repaid", "--prediction-column", "decision", "--error-rate", "0"),
    )
    good, bad = simulated("-f", EXAMPLE / "modeldeployment.yaml", *recorded)["scenarios"]
    assert (good["rolledBack"], bad["name"], bad["rolledBack"]) == (0, "recorded answers", 12)
    assert set(bad["failedGates"]) == {"scores"}


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "a share that is none": (("--error-rate", "some"), "--error-rate some: write a share such as 2% or 0.02."),
    "a share above all": (("--label-rate", "120%"), "--label-rate 120%: write a share"),
    "no requests": (("--requests-per-second", "0"), "--requests-per-second 0: give a number above 0, and"),
    "fewer than one request a round": (("--requests-per-second", "0.05"), "0 requests in a round of 5 s"),
    "no time": (("--minutes", "0"), "--minutes 0: give a number above 0"),
    "time without an end": (("--minutes", "inf"), "--minutes inf"),
    "requests without an end": (("--requests-per-second", "inf"), "--requests-per-second inf"),
    "a round without an end": (("--round-seconds", "nan"), "--round-seconds nan: give a number above 0"),
    "less than a round": (("--minutes", "0.01"), "--minutes 0.01: that is 0 rounds of 5 s"),
    "labels before their answers": (("--label-delay", "-1"), "--label-delay -1: give seconds from 0"),
    "a profile that is not there": (("--profile", "nowhere.json"), "nowhere.json cannot be read"),
    "a profile that is none": (("--profile", "{policy}"), "is no profile of a version: it is no JSON"),
    "rows without a profile": (("--stream", "{stream}"), "--stream: give --profile too"),
    "rows in no order": (
        ("--stream", "{stream}", "--profile", "{profile}"),
        "--stream: give --time-ordered to say that",
    ),
    "a canary's rows alone": (("--canary-stream", "{stream}"), "--canary-stream: give --stream too"),
    "labels without predictions": (("--label-column", "paid"), "--label-column and --prediction-column: give both"),
    "fewer rows than a round has": (
        ("--stream", "{stream}", "--profile", "{profile}", "--time-ordered", "--requests-per-second", "500"),
        "--stream has 600 rows, fewer than the 2,500 requests of one round",
    ),
    "a drift of recorded scores": (
        ("--stream", "{stream}", "--profile", "{profile}", "--time-ordered", "--drift", "score=0.3",
         "--requests-per-second", "10"),
        "recorded scores are not changed; give the canary's by --canary-stream",
    ),
    "an effect that is none": (("--worse", "errors"), "--worse errors: write it as errors=2x"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "want"), BAD.values(), ids=BAD)
def test_bad_input_ends_with_2_and_names_the_option(
    policy: Path, profile: Path, stream: Path, arguments: tuple[str, ...], want: str
) -> None:
    given = [one.format(policy=policy, profile=profile, stream=stream) for one in arguments]
    result = run("simulate", *SHORT, "-f", policy, *given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert want in result.stderr


def test_a_file_that_is_not_there_is_bad_input() -> None:
    result = run("simulate", "-f", "nowhere.yaml")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: nowhere.yaml cannot be read: ")


def test_a_manifest_must_be_named() -> None:
    result = run("simulate")
    assert result.exit_code == 2
    assert "--filename" in result.stderr


def test_the_version_is_that_of_the_package() -> None:
    assert run("version").stdout == f"kubectl-leeway {version('leeway')}\n"


def test_help_has_examples_that_work_as_written() -> None:
    text = run("simulate", "--help").stdout
    assert "  kubectl leeway simulate -f modeldeployment.yaml\n" in text
    for option in ("--profile", "--stream", "--canary-stream", "--worse", "--drift", "--broken", "--output"):
        assert option in text


def test_kubectl_finds_the_command_by_its_name() -> None:
    project = tomllib.loads((EXAMPLE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["kubectl-leeway"].partition(":")
    assert callable(getattr(import_module(module), function))
