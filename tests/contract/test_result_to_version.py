"""What the real trainer reports becomes, through the operator's planner, a ModelVersion that the CRD admits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from leeway.api.kinds import Manifest
from leeway.api.training.job import TrainingJob, TrainingJobStatus
from leeway.core.applied import is_applied
from leeway.core.codec import read_status
from leeway.core.training.job import make_train_job
from leeway.core.training.questions import plan_training
from leeway.core.training.state import TrainingSeen
from tests.contract.admission import admitted
from tests.core.plans import created
from tests.core.worlds import NOON, PLATFORM, ended_pod, job_of, metadata, with_status

EXAMPLES = Path(__file__).parents[2] / "examples"
CASES = {"s2": EXAMPLES / "s2-linear-regression", "s3": EXAMPLES / "s3-car-loan"}


def reported(example: Path, folder: Path) -> str:
    """The termination message of a training run on this machine."""
    log = folder / "termination-log"
    log.touch()
    command = [
        sys.executable, "-m", "model_server", "train", "--job", str(example / "trainingjob.yaml"),
        "--data", str(example / "configmap.yaml"), "--output", str(folder / "out"), "--termination-log", str(log),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return log.read_text()


def seen(manifest: Manifest, **world: Any) -> TrainingSeen:
    job = TrainingJob.model_validate({**manifest, "status": {}})
    child = job_of(make_train_job(job, manifest, PLATFORM), "Complete")
    return TrainingSeen(
        manifest=manifest,
        job=job,
        child=child,
        refusal="",
        leftovers=(),
        version=None,
        claim=None,
        policy=None,
        status=read_status(TrainingJobStatus, manifest),
        platform=PLATFORM,
        now=NOON,
        **world,
    )


@pytest.mark.parametrize("example", CASES.values(), ids=list(CASES))
def test_a_real_result_becomes_an_admitted_version(example: Path, tmp_path: Path) -> None:
    message = reported(example, tmp_path)
    manifest = admitted(yaml.safe_load((example / "trainingjob.yaml").read_text()))
    manifest["metadata"] = metadata(manifest["metadata"]["name"])
    recorded = plan_training(seen(manifest, pods=(ended_pod(message),))).status
    assert json.loads(message).items() >= recorded["result"].items()
    (version,) = created(plan_training(seen(with_status(manifest, recorded), pods=())))
    assert is_applied(version, admitted(version)), "the API server prunes a field"
