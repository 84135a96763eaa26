"""A record names what was trained, whatever was done to the TrainingJob."""

from __future__ import annotations

import json

import pytest

from tests.cluster.kube import Kube, scale_operator
from tests.cluster.manifests import config_map, model_deployment, training_job

LINEAR, RIDGE = "sklearn.linear_model.LinearRegression", "sklearn.linear_model.Ridge"
OTHER = {"estimator": {"class": RIDGE}}


def edited(kube: Kube, name: str) -> bool:
    """Hold the run, edit it and let it go on; return whether the API server took the edit."""
    patches = ({"suspend": True}, OTHER, {"suspend": False})
    answers = [
        kube.run("patch", "tj", name, "--type=merge", "-p", json.dumps({"spec": patch})) for patch in patches
    ]
    return answers[1].returncode == 0


def test_a_run_that_has_ended_stays_as_it_was(ml: Kube) -> None:
    ml.apply(config_map(), training_job())
    ml.await_condition("tj", "line-1", "Succeeded", "True")
    assert not edited(ml, "line-1")
    assert ml.get("tj", "line-1")["spec"]["estimator"]["class"] == LINEAR


def test_a_run_edited_while_nobody_looked_is_recorded_as_it_was_trained(ml: Kube, stopped: Kube) -> None:
    ml.apply(config_map(), training_job())
    ml.await_condition("tj", "line-1", "Succeeded", "Unknown", "Training")
    scale_operator(stopped, 0)
    ml.do("wait", "job/line-1-train", "--for=condition=Complete", "--timeout=120s")
    edited(ml, "line-1")
    scale_operator(stopped, 1)
    ml.await_condition("tj", "line-1", "Succeeded", "True", patience=240)
    ml.apply(model_deployment())
    ml.await_condition("mdep", "line", "Ready", "True")
    recorded = ml.get("mver", "line-1")["spec"]["lineage"]["estimator"]
    assert recorded == ml.get("tj", "line-1")["spec"]["estimator"]["class"], "the run says what was trained"
    [answer] = ml.ask("line", "/v1/models/line:predict", {"instances": [[1]]})["predictions"]
    assert recorded == (LINEAR if answer == pytest.approx(2.0, abs=1e-6) else RIDGE), (
        "and so does its version"
    )
