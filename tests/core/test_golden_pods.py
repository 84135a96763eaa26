"""The pods we make, word for word: a change of the server's restarts models unless SHAPE says that it rolls out.

To accept a change on purpose: `python -m tests.core.test_golden_pods`, read the diff, and raise SHAPE in
core/deployment/revision.py if the server's pod is another one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion
from leeway.api.training.job import TrainingJob
from leeway.core.training.job import make_train_job
from leeway.core.versions.job import make_verify_job
from tests.core.test_deployment import SERVING, of_kind
from tests.core.worlds import PLATFORM, model_version, training_job

GOLDEN = Path(__file__).parents[1] / "golden"


def made() -> dict[str, Manifest]:
    """One of each."""
    job, version = training_job(), {**model_version(), "status": {}}
    (server,) = of_kind(SERVING, "Deployment")
    desired = {name: value for name, value in server.items() if name != "status"}
    desired["metadata"] = {k: v for k, v in server["metadata"].items() if k != "creationTimestamp"}
    return {
        "trainer": make_train_job(TrainingJob.model_validate(job), job, PLATFORM),
        "verifier": make_verify_job(ModelVersion.model_validate(version), version, PLATFORM),
        "server": desired,
    }


def text_of(manifest: Manifest) -> str:
    return yaml.safe_dump(manifest, sort_keys=True, width=110)


@pytest.mark.parametrize("name", ["trainer", "verifier", "server"])
def test_the_pod_is_the_golden_one(name: str) -> None:
    assert text_of(made()[name]) == (GOLDEN / f"{name}.yaml").read_text()


if __name__ == "__main__":
    for name, manifest in made().items():
        (GOLDEN / f"{name}.yaml").write_text(text_of(manifest))
