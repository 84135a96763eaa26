"""spec.feedback: the key reaches the serving pods alone. The golden pod holds that others stay as they are."""

from __future__ import annotations

from typing import Any

from leeway.api.kinds import Manifest
from leeway.api.model_version import ModelVersion
from leeway.core.versions.job import make_verify_job
from tests.core.test_deployment import SERVING, changed, of_kind, revision_of, seen, settled
from tests.core.worlds import PLATFORM, model_deployment, model_version

LABELS = {"secretName": "labels"}
TAKING = settled(seen(model_deployment(feedback=LABELS)))


def pod_of(world: Any) -> Manifest:
    pod: Manifest = of_kind(world, "Deployment")[0]["spec"]["template"]["spec"]
    return pod


def test_the_pods_mount_two_keys_of_the_secret_and_no_other() -> None:
    pod = pod_of(TAKING)
    [volume] = [volume for volume in pod["volumes"] if volume["name"] == "feedback"]
    assert volume["secret"] == {
        "secretName": "labels",
        "optional": True,
        "defaultMode": 0o440,
        "items": [{"key": "key", "path": "key"}, {"key": "previous-key", "path": "previous-key"}],
    }
    container = pod["containers"][0]
    [mount] = [mount for mount in container["volumeMounts"] if mount["name"] == "feedback"]
    assert mount == {"name": "feedback", "mountPath": "/leeway/feedback", "readOnly": True}
    assert {"name": "LEEWAY_FEEDBACK_ROOT", "value": "/leeway/feedback"} in container["env"]


def test_nobody_else_has_them() -> None:
    assert "feedback" not in str(pod_of(SERVING)).lower()
    version = {**model_version(), "status": {}}
    verifier = make_verify_job(ModelVersion.model_validate(version), version, PLATFORM)
    assert "feedback" not in str(verifier)


def test_another_secret_is_another_revision() -> None:
    hashes = {
        revision_of(SERVING),
        revision_of(TAKING),
        revision_of(settled(seen(model_deployment(feedback={"secretName": "others"})))),
    }
    assert len(hashes) == 3


def test_the_field_rolls_out_like_any_revision_and_back() -> None:
    taking = settled(changed(SERVING, feedback=LABELS))
    stable = taking.manifest["status"]["stable"]["revision"]
    assert stable == revision_of(TAKING)
    back = settled(changed(taking, feedback=None))
    assert back.manifest["status"]["stable"]["revision"] == revision_of(SERVING)
